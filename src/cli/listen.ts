import { isLoopback } from '../core/endpoint.ts';
import { usageError } from '../core/errors.ts';
import { alreadyRunning, claim } from '../inspector/claim.ts';
import { type ApiOptions, defaultInspectorPort } from '../inspector/local-api.ts';
import { runtimeConfig } from '../runtime/config.ts';
import { findConfig } from '../runtime/config-file.ts';
import { defaultEmulatorPort } from '../runtime/emulation.ts';
import { Runtime } from '../runtime/runtime.ts';
import { type GivenSettings, resolveSettings, settings } from '../runtime/settings.ts';
import { chooseTunnels, refuseUselessTunnelFlags, type TunnelChoice } from '../runtime/tunnel-settings.ts';
import type { UserKeys } from '../view/keys/defaults.ts';
import { parseUserKeys } from '../view/keys/user-keys.ts';
import { holdSignals, onceTold } from './ending.ts';
import { type Alarm, createAlarm } from './failures.ts';
import { giveMemoryBack } from './memory.ts';
import { printRuntime } from './output.ts';
import { takeOutput } from './stdout.ts';
import { lookForUpdate, mayNotify } from './update-notice.ts';

/**
 * `listen`: runs until it is told to stop.
 * @param face stands in for the screen; the tool ends when it does
 */
export async function listen(
  flags: Record<string, unknown>,
  face?: (runtime: Runtime) => Promise<void>,
): Promise<void> {
  const file = findConfig();
  const given = resolveSettings(flags, process.env, file);
  const keys = parseUserKeys(given.keys ?? {}, `${file?.path}: keys`);
  // The programs of the default order are looked for: once is enough.
  const tunnel = chooseTunnels(given);
  refuseLoneFlags(flags, given, tunnel);
  const config = runtimeConfig(given, tunnel);
  const output = face ? 'json' : outputOf(given);
  const seen = process.stdout.isTTY && process.stderr.isTTY;
  const update = mayNotify(process.env, { ...given, output }, seen) ? lookForUpdate(process.env) : null;
  const claimed = await claim(config.dataDir, { api: inspector(given) });
  if ('owner' in claimed) throw alreadyRunning(claimed.owner, config.dataDir, config.emulator !== undefined);
  const { api, lock, warning } = claimed;
  const signals = holdSignals();
  // Whatever ends this process before it has closed: nobody is to find a lock without an owner.
  process.once('exit', lock.release);
  try {
    if (warning !== null) log(warning);
    const runtime = await Runtime.start({ ...config, inspectorUrl: () => api.link });
    try {
      lock.setPort(runtime.port);
      api.serve({
        status: () => runtime.status(),
        run: (id, args, caller) => runtime.run(id as never, args as never, caller),
        tell: (code, message) => runtime.tell(code, message),
        live: runtime,
        page: { keys },
      });
      api.onLinkUsed = () => runtime.refresh();
      if (api.portMoved)
        log(`Port ${defaultInspectorPort} is taken: the page uses ${new URL(api.url).port}.`);
      if (runtime.emulatorPortMoved)
        log(
          `Port ${defaultEmulatorPort} is taken: the emulator uses ${new URL(runtime.status().emulator!.url).port}.`,
        );
      for (const line of runtime.status().banner) log(line);
      if (runtime.portMoved) log(`Port 4140 is taken: using ${runtime.port}.`);
      const alarm = createAlarm(given, log);
      alarm?.watch(runtime);
      giveMemoryBack(runtime);
      if (face) await face(runtime);
      else await untilStopped(runtime, { ...given, output }, keys, alarm);
    } finally {
      signals.closing();
      await runtime.close();
    }
  } finally {
    await claimed.release();
    signals.release();
  }
  const news = update?.();
  if (news) log(news);
}

/** The wanted form of output: the full screen where there is a terminal. */
const outputOf = ({ output }: GivenSettings): 'tui' | 'plain' | 'json' =>
  output ?? (process.stdout.isTTY && process.stdin.isTTY ? 'tui' : 'plain');

/** Where the page is served. @throws UserError when others could reach it without a password */
function inspector({
  inspector = true,
  inspectorPort,
  inspectorHost: host,
  inspectorPassword,
}: GivenSettings): ApiOptions {
  if (!inspector) return {};
  if (host !== undefined && !isLoopback(host)) {
    if (inspectorPassword === undefined)
      throw usageError(
        'inspector-host',
        `--inspector-host ${host} lets other machines see the page: give a password with --inspector-password @FILE.`,
      );
    log(
      `Warning: the page is open to whoever reaches ${host} and knows the password, over unencrypted HTTP.`,
    );
  }
  return { page: true, port: inspectorPort ?? null, host, password: inspectorPassword };
}

/** A flag of the emulator that would do nothing is a mistake; in a file it may wait for its day. */
function refuseLoneFlags(flags: Record<string, unknown>, given: GivenSettings, tunnel: TunnelChoice): void {
  refuseUselessTunnelFlags(flags, tunnel);
  if (given.emulate) return;
  const names = ['emulatorPort', 'emulatorFault', 'jobTime', 'jobTtl', 'emulator'] as const;
  const lone = names.find((name) => flags[name] !== undefined);
  if (lone)
    throw usageError('emulate', `${settings[lone].flag.split(' ')[0]} is for the emulator: add --emulate.`);
}

/** Shows the runtime in the wanted form; resolves when the user quits or a signal asks to stop. */
async function untilStopped(
  runtime: Runtime,
  { output, color = true, showSecrets = false }: GivenSettings & { output: 'tui' | 'plain' | 'json' },
  keys: UserKeys,
  alarm: Alarm | null,
): Promise<void> {
  if (output === 'tui') {
    takeOutput(() => undefined); // the screen sees itself that its terminal is gone
    const { runTui } = await import('../tui/index.tsx');
    return runTui(runtime, { color, keys, ...(alarm && { onFocus: alarm.focus }) });
  }
  // Before the "ready" line: whoever reads it may end us at once.
  const asked = new Promise(onceTold);
  printRuntime(runtime, output, showSecrets);
  await asked;
}

const log = (line: string): void => void process.stderr.write(`${line}\n`);
