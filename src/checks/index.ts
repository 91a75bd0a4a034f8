import { UserError, usageError } from '../core/errors.ts';
import { seededRandom } from '../core/faults/fault-set.ts';
import { systemClock } from '../core/ids.ts';
import { signingKey } from '../core/signature.ts';
import { createVerifier } from '../core/verification.ts';
import { version } from '../core/version.ts';
import { createEmulator } from '../emulator/emulator.ts';
import { createWebhookSender } from '../emulator/sender.ts';
import { parseEmulatorSettings } from '../emulator/settings.ts';
import { openStore } from '../store/open.ts';
import type { Bench } from './bench.ts';
import { type Check, failed, notJudged, type Verdict } from './check.ts';
import { Observer } from './effects/observer.ts';
import { commandProbe, fetchProbe, type Probe, urlProbe } from './effects/probe.ts';
import type { CheckOptions, CheckResult, Report } from './options.ts';
import { isUp, knock, waitUntilUp } from './reach.ts';
import { CheckRun } from './run.ts';
import { Sender } from './sender.ts';
import { checks } from './table/index.ts';

export type { CheckOptions, CheckResult, Progress, Report } from './options.ts';

/** ms of two snapshots between which nothing may move. */
const stableMs = 300;

/**
 * Runs the checks against a handler and says what it found.
 * @throws UserError with exit code 2 for wrong options, 3 when the app can't be reached or a probe fails
 */
export async function runChecks(options: CheckOptions): Promise<Report> {
  const chosen = choose(options);
  const startedAt = systemClock.now();
  const began = performance.now();
  const seed = options.seed ?? Math.floor(Math.random() * 1e9);
  const { bench, close } = await open(options, seed);
  try {
    const problem = await knock(options.endpoint.origin);
    if (problem !== null)
      throw new UserError(
        'unreachable',
        `The app can't be reached at ${options.endpoint.origin} (${problem}): is it running?`,
        3,
      );
    bench.quiet = await bench.observer.requireStable(stableMs);
    const results = await runAll(bench, chosen, options);
    return {
      version,
      endpoint: options.endpoint.name,
      probes: bench.observer.probes.map(({ name }) => name),
      seed,
      startedAt,
      durationMs: performance.now() - began,
      results,
      notes: [...bench.notes],
      counts: countsOf(results),
      exitCode: results.some(isError) ? 1 : 0,
    };
  } finally {
    await close();
  }
}

/** Whether a result makes the run fail. */
export const isError = ({ verdict, severity }: CheckResult): boolean =>
  verdict.outcome === 'failed' && severity === 'error';

function countsOf(results: readonly CheckResult[]): Report['counts'] {
  const count = (test: (result: CheckResult) => boolean): number => results.filter(test).length;
  return {
    passed: count(({ verdict }) => verdict.outcome === 'passed'),
    failed: count(isError),
    warnings: count((result) => result.verdict.outcome === 'failed' && !isError(result)),
    notJudged: count(({ verdict }) => verdict.outcome === 'not judged'),
  };
}

/** The checks that were asked for. `once` is always among them: all others build on what it learns. */
function choose({ only = [], skip = [] }: CheckOptions): Check[] {
  for (const pattern of [...only, ...skip])
    if (!checks.some(({ id }) => matches(pattern, id)))
      throw usageError('check', `There is no check "${pattern}": see reducto-webhook-dev check --list.`);
  return checks.filter(
    ({ id }) =>
      id === 'once' ||
      ((only.length === 0 || only.some((pattern) => matches(pattern, id))) &&
        !skip.some((pattern) => matches(pattern, id))),
  );
}

const matches = (pattern: string, id: string): boolean =>
  pattern.endsWith('*') ? id.startsWith(pattern.slice(0, -1)) : pattern === id;

async function open(
  options: CheckOptions,
  seed: number,
): Promise<{ bench: Bench; close: () => Promise<void> }> {
  const { endpoint, dataDir, cwd = process.cwd(), svixSecret, timeoutMs = 15_000 } = options;
  const key = svixSecret === undefined ? null : signingKey(svixSecret);
  const store = openStore(dataDir);
  const clock = systemClock;
  const emulator = createEmulator({
    store,
    sender: createWebhookSender({ store, clock }),
    // Answers of "too many" and "try later" name a short time: it is not the handler's patience that is checked.
    settings: parseEmulatorSettings({ retryAfter: '100ms', seed: String(seed) }),
  });
  const sender = new Sender({
    store,
    endpoint,
    clock,
    timeoutMs,
    signingKey: key,
    verify: createVerifier(options),
  });
  const close = async (): Promise<void> => {
    await sender.close();
    await emulator.close();
    await store.close();
  };
  try {
    const url = await emulator.listen(options.emulatorPort ?? 0);
    options.onProgress?.({ type: 'emulator', url, appMustUseIt: options.start === undefined });
  } catch (error) {
    await close();
    throw error;
  }
  const probes: Probe[] = [
    ...(options.effects ?? []).map((command) => commandProbe(command, cwd)),
    ...(options.effectsUrls ?? []).map((each) => urlProbe(each)),
    fetchProbe(emulator),
  ];
  const fetching = (): boolean => emulator.fetches().some(({ status }) => status === null);
  const bench: Bench = {
    options,
    sender,
    emulator,
    observer: new Observer(probes, options.effectsIgnore ?? [], () => sender.underWay > 0 || fetching()),
    quiet: [],
    jobs: new Map(),
    baseline: null,
    notClean: null,
    waits: [],
    down: null,
    notes: new Set(),
    random: seededRandom(seed),
  };
  return { bench, close };
}

async function runAll(bench: Bench, chosen: readonly Check[], options: CheckOptions): Promise<CheckResult[]> {
  const results: CheckResult[] = [];
  for (const [index, check] of chosen.entries()) {
    if (options.signal?.aborted) break;
    const { id, title } = check;
    options.onProgress?.({ type: 'begin', id, title, index, total: chosen.length });
    const began = performance.now();
    const run = new CheckRun(bench, id, (text) => options.onProgress?.({ type: 'doing', text }));
    const verdict = await judge(check, bench, run);
    const result: CheckResult = {
      id,
      title,
      severity: (verdict.outcome === 'failed' ? verdict.severity : undefined) ?? check.severity,
      verdict,
      durationMs: performance.now() - began,
      sent: verdict.outcome === 'failed' ? run.records() : [],
    };
    results.push(result);
    options.onProgress?.({ type: 'result', result });
    if (options.bail && isError(result)) break;
  }
  return results;
}

/** Makes one check, and sees that the app outlives it. */
async function judge(check: Check, bench: Bench, run: CheckRun): Promise<Verdict> {
  const lacking = bench.down ?? lack(check, bench);
  if (lacking !== null) return notJudged(lacking);
  const verdict = await check.run(run);
  if (await isUp(bench.options.endpoint.origin)) return verdict;
  const down = await waitUntilUp(bench.options.endpoint.origin);
  if (!down) bench.down = `the app went down during ${check.id}`;
  return failed(
    `the app went down${down ? ', and came back' : ''}`,
    'the app to stay alive',
    'nothing listens there any more',
    { severity: 'error', ...(verdict.outcome === 'failed' ? { hint: verdict.summary } : {}) },
  );
}

/** What keeps a check from being made; null when nothing does. */
function lack({ needs }: Check, { options, baseline, notClean }: Bench): string | null {
  for (const need of needs) {
    if (need === 'secret' && options.secret === undefined) return 'no --secret was given';
    if (need === 'svix' && options.svixSecret === undefined) return 'no --svix-secret was given';
    if (need === 'start' && options.start === undefined) return 'the app was not started with --start';
    if (need === 'clean' && baseline === null) return `once did not pass (${notClean ?? 'it did not run'})`;
    if (need === 'effects' && !baseline?.units.some((unit) => unit?.countable))
      return 'there is no effect probe: give --effects or --effects-url';
    if (need === 'fetches' && baseline?.fetches === 0)
      return 'the handler does not fetch its jobs from the emulated API (REDUCTO_BASE_URL)';
  }
  return null;
}
