import { closeAll } from '../core/close.ts';
import { UserError } from '../core/errors.ts';
import { systemClock } from '../core/ids.ts';
import { signingKey } from '../core/signature.ts';
import { createVerifier } from '../core/verification.ts';
import { knock } from '../dispatch/connect.ts';
import { createEmulator, type Emulator } from '../emulator/emulator.ts';
import { createWebhookSender } from '../emulator/sender.ts';
import { parseEmulatorSettings } from '../emulator/settings.ts';
import { MemoryJobs } from '../store/memory-jobs.ts';
import { openStore } from '../store/sqlite-store.ts';
import { App } from './app.ts';
import type { Bench } from './bench.ts';
import { type Egress, startEgress } from './effects/egress.ts';
import { Observer } from './effects/observer.ts';
import {
  commandProbe,
  fetchProbe,
  functionProbe,
  type Probe,
  submissionProbe,
  urlProbe,
} from './effects/probe.ts';
import type { CheckOptions } from './options.ts';
import { patienceMs } from './reach.ts';
import { Sender } from './sender.ts';

/** The emulated API's port where the user starts the app: known beforehand, the same as that of `emulate`. */
const defaultEmulatorPort = 4142;
/** How many ports above it are tried. */
const portRange = 20;
/** ms during which no snapshot may change: more than a second, so that a clock that shows seconds is seen. */
const stableMs = 1100;

/**
 * Sets up what all checks share: store, emulated API, sender, probes, and the app where it is started here.
 * @throws UserError with exit code 3 when the app can't be reached or a probe fails or moves by itself
 */
export async function openBench(
  options: CheckOptions,
  seed: number,
): Promise<{ bench: Bench; close: () => Promise<void> }> {
  const {
    endpoint,
    dataDir,
    cwd = process.cwd(),
    svixSecret,
    timeoutMs = 15_000,
    insecure = false,
  } = options;
  const key = svixSecret === undefined ? null : signingKey(svixSecret);
  const verify = createVerifier(options);
  const clock = systemClock;
  const store = options.store ?? openStore(dataDir);
  const shared = options.emulator ?? null;
  const own = (): Emulator =>
    createEmulator({
      // Memory of its own: it must not take up what another emulator on this history has under way.
      store: { jobs: new MemoryJobs() },
      sender: createWebhookSender({ store, clock }),
      // Answers of "too many" and "try later" name a short time: it is not the handler's patience that is checked.
      settings: parseEmulatorSettings({ retryAfter: '100ms', seed: String(seed) }),
    });
  const emulator = shared ?? own();
  const sender = new Sender({ store, endpoint, clock, timeoutMs, signingKey: key, verify, insecure });
  let app: App | null = null;
  let egress: Egress | null = null;
  const fetching = watchFetches(emulator);
  const close = (): Promise<void> =>
    closeAll(
      () => fetching.close(),
      () => sender.close(),
      () => app?.stop(),
      () => egress?.close(),
      () => shared === null && emulator.close(),
      () => options.store === undefined && store.close(),
    );
  try {
    const url = shared?.url ?? (await listen(emulator, options));
    options.onProgress?.({
      type: 'emulator',
      url,
      appMustUseIt: options.start === undefined && shared === null,
    });
    if (options.egress) {
      egress = await startEgress(cwd, dataDir, url);
      const { url: proxyUrl, certificateFile } = egress;
      options.onProgress?.({ type: 'egress', url: proxyUrl, certificateFile });
    }
    if (options.start) {
      app = new App(options.start, {
        ...options.environment,
        ...appEnvironment(options, url),
        ...egress?.environment,
      });
      options.onProgress?.({ type: 'doing', text: `starting the app: ${options.start.command}` });
      await app.start();
    }
    await reach(options);
    const jobs = new Map<string, string>();
    const probes: Probe[] = [
      ...(options.effects ?? []).map((command) => commandProbe(command, cwd, options.environment)),
      ...(options.effectsUrls ?? []).map((each) => urlProbe(each)),
      ...(options.effectsFunctions ?? []).map((each) => functionProbe(each)),
      ...(egress === null ? [] : [egress.probe]),
      submissionProbe(emulator, (id) => jobs.has(id)),
      fetchProbe(emulator),
    ];
    const calling = egress?.busy ?? (() => false);
    const observer = new Observer(probes, options.effectsIgnore ?? []);
    const quiet = await observer.requireStable(stableMs);
    const bench: Bench = {
      options,
      sender,
      emulator,
      app,
      observer,
      quiet,
      first: quiet,
      earliest: null,
      judged: new Map(),
      jobs,
      baseline: null,
      notClean: null,
      waits: [],
      down: null,
      broken: null,
      notes: new Set(sharedNotes(shared)),
      seed,
      working: () => fetching.underWay > 0 || calling(),
      clock: () => performance.now(),
    };
    return { bench, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/**
 * Counts the fetches of jobs that are under way. One that was told that its job is gone does not count when it asks again:
 * nothing comes of it, and it may do so for ever.
 */
function watchFetches(emulator: Emulator): { readonly underWay: number; close(): void } {
  const gone = new Set<string>();
  const counts = new Map<string, number>();
  const close = emulator.subscribe((event) => {
    if (event.type !== 'fetch') return;
    const { jobId, status } = event.fetch;
    if (event.ended && status === 404) gone.add(jobId);
    const count = (counts.get(jobId) ?? 0) + (event.ended ? -1 : 1);
    if (count > 0) counts.set(jobId, count);
    else counts.delete(jobId);
  });
  return {
    get underWay() {
      return [...counts.keys()].filter((id) => !gone.has(id)).length;
    },
    close,
  };
}

/** What a reader should know of an emulated API that is not the run's own. */
const sharedNotes = (emulator: Emulator | null): string[] =>
  emulator === null || emulator.faults === ''
    ? []
    : [`The emulator's own faults were at work meanwhile: ${emulator.faults}.`];

/** @throws UserError when nothing listens there */
async function reach({ endpoint }: CheckOptions): Promise<void> {
  const problem = await knock(endpoint.origin, patienceMs);
  if (problem !== null)
    throw new UserError(
      'unreachable',
      `The app can't be reached at ${endpoint.origin} (${problem}): is it running?`,
      3,
    );
}

/** Opens the emulated API, on the next free port where none was asked for. */
async function listen(emulator: Emulator, { emulatorPort, start }: CheckOptions): Promise<string> {
  if (emulatorPort !== undefined || start !== undefined) return emulator.listen(emulatorPort ?? 0);
  for (let port = defaultEmulatorPort; ; port++) {
    try {
      return await emulator.listen(port);
    } catch (error) {
      const taken = error instanceof UserError && error.code === 'port-in-use';
      if (!taken || port === defaultEmulatorPort + portRange) throw error;
    }
  }
}

/** What an app that is started here is told. */
function appEnvironment(
  { secret, svixSecret, environment }: CheckOptions,
  emulatorUrl: string,
): Record<string, string> {
  return {
    REDUCTO_BASE_URL: emulatorUrl,
    REDUCTO_API_KEY: (environment ?? process.env).REDUCTO_API_KEY ?? 'emulated',
    ...(secret === undefined ? {} : { WEBHOOK_SECRET: secret }),
    ...(svixSecret === undefined ? {} : { SVIX_SECRET: svixSecret }),
  };
}
