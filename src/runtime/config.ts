import { limitsOf } from '../store/retention.ts';
import { defaultDataDir } from './data-dir.ts';
import type { EmulationConfig } from './emulation.ts';
import type { RuntimeConfig } from './runtime.ts';
import type { GivenSettings } from './settings.ts';
import type { TunnelChoice } from './tunnel-settings.ts';

const defaultMaxBody = 10 * 1024 * 1024;
const defaultTimeoutMs = 30_000;

/** What a tool is started with, from the settings that were given; the others have their defaults. */
export function runtimeConfig(given: GivenSettings, tunnel: TunnelChoice): RuntimeConfig {
  return {
    dataDir: given.data ?? defaultDataDir(),
    endpoints: given.endpoint ?? [],
    rules: given.rules,
    port: given.port ?? null,
    host: given.host ?? '127.0.0.1',
    tunnel,
    ack: given.ack ?? 'app',
    allowHost: given.allowHost ?? [],
    secret: given.secret,
    svixSecret: given.svixSecret,
    rejectUnverified: given.rejectUnverified ?? false,
    fault: given.fault ?? '',
    seed: given.seed,
    ...limitsOf(given),
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
