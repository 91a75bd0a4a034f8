import { usageError } from '../core/errors.ts';
import { alreadyRunning, claim } from '../inspector/claim.ts';
import { findConfig } from '../runtime/config-file.ts';
import { defaultDataDir } from '../runtime/data-dir.ts';
import { defaultEmulatorPort, type EmulationConfig } from '../runtime/emulation.ts';
import { Runtime, type RuntimeConfig } from '../runtime/runtime.ts';
import { type GivenSettings, resolveSettings, settings } from '../runtime/settings.ts';
import { holdSignals } from './ending.ts';
import { printRuntime } from './output.ts';
import { takeOutput } from './stdout.ts';

const defaultKeep = 10_000;
const defaultKeepBytes = 256 * 1024 * 1024;
const defaultMaxBody = 10 * 1024 * 1024;
const defaultTimeoutMs = 30_000;

/** `listen`: runs until it is told to stop. */
export async function listen(flags: Record<string, unknown>): Promise<void> {
  const given = resolveSettings(flags, process.env, findConfig());
  refuseLoneFlags(flags, given);
  const config = toConfig(given);
  const claimed = await claim(config.dataDir);
  if ('owner' in claimed) throw alreadyRunning(claimed.owner, config.dataDir, config.emulator !== undefined);
  const { api, lock, warning } = claimed;
  const signals = holdSignals();
  // Whatever ends this process before it has closed: nobody is to find a lock without an owner.
  process.once('exit', lock.release);
  try {
    if (warning !== null) log(warning);
    const runtime = await Runtime.start(config, (movedTo, reason) =>
      log(`The history was damaged (${reason}): it was moved to ${movedTo}, and a fresh one begun.`),
    );
    lock.setPort(runtime.port);
    api.serve({
      status: () => runtime.status(),
      run: (id, args, signal) => runtime.run(id as never, args as never, signal),
    });
    if (runtime.emulatorPortMoved)
      log(
        `Port ${defaultEmulatorPort} is taken: the emulator uses ${new URL(runtime.status().emulator!.url).port}.`,
      );
    for (const line of runtime.status().banner) log(line);
    if (runtime.portMoved) log(`Port 4140 is taken: using ${runtime.port}.`);
    try {
      await untilStopped(runtime, given);
    } finally {
      signals.closing();
      await runtime.close();
    }
  } finally {
    await claimed.release();
    signals.release();
  }
}

/** A flag of the emulator that would do nothing is a mistake; in a file it may wait for its day. */
function refuseLoneFlags(flags: Record<string, unknown>, { emulate }: GivenSettings): void {
  if (emulate) return;
  const names = ['emulatorPort', 'emulatorFault', 'jobTime', 'jobTtl', 'emulator'] as const;
  const lone = names.find((name) => flags[name] !== undefined);
  if (lone)
    throw usageError('emulate', `${settings[lone].flag.split(' ')[0]} is for the emulator: add --emulate.`);
}

function toConfig(given: GivenSettings): RuntimeConfig {
  return {
    dataDir: given.data ?? defaultDataDir(),
    endpoints: given.endpoint ?? [],
    port: given.port ?? null,
    host: given.host ?? '127.0.0.1',
    tunnel: given.tunnel ?? 'localtunnel',
    tunnelHost: given.tunnelHost,
    subdomain: given.subdomain,
    ack: given.ack ?? 'app',
    allowHost: given.allowHost ?? [],
    secret: given.secret,
    svixSecret: given.svixSecret,
    rejectUnverified: given.rejectUnverified ?? false,
    fault: given.fault ?? '',
    seed: given.seed,
    keep: given.keep ?? defaultKeep,
    keepBytes: given.keepBytes ?? defaultKeepBytes,
    maxBody: given.maxBody ?? defaultMaxBody,
    timeout: given.timeout ?? defaultTimeoutMs,
    insecure: given.insecure,
    owed: given.owed,
    emulator: given.emulate ? emulation(given) : undefined,
  };
}

/** What the emulator is told; a setting's own flag goes before `--emulator`. */
function emulation({
  emulatorPort,
  emulatorFault,
  jobTime,
  jobTtl,
  emulator,
}: GivenSettings): EmulationConfig {
  const own = { fault: emulatorFault, jobTime, jobTtl };
  const given = Object.entries(own).filter(([, value]) => value !== undefined);
  return { port: emulatorPort ?? null, settings: { ...emulator, ...Object.fromEntries(given) } };
}

/** Shows the runtime in the wanted form; resolves when the user quits or a signal asks to stop. */
async function untilStopped(runtime: Runtime, given: GivenSettings): Promise<void> {
  const terminal = process.stdout.isTTY === true && process.stdin.isTTY === true;
  const output = given.output ?? (terminal ? 'tui' : 'plain');
  if (output === 'tui') {
    takeOutput(() => undefined); // the screen sees itself that its terminal is gone
    const { runTui } = await import('../tui/index.tsx');
    return runTui(runtime, { color: given.color ?? true });
  }
  // Before the "ready" line: whoever reads it may end us at once.
  const asked = new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => resolve());
  });
  printRuntime(runtime, output, given.showSecrets ?? false);
  await asked;
}

const log = (line: string): void => void process.stderr.write(`${line}\n`);
