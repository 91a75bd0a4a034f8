import { dirname, resolve } from 'node:path';
import * as z from 'zod';
import { type Endpoint, parseEndpoint } from '../core/endpoint.ts';
import { usageError } from '../core/errors.ts';
import { parseFaults } from '../core/faults/language.ts';
import { parseSize, parseTimer } from '../core/units.ts';
import { emulatorSettings, parseEmulatorSettings } from '../emulator/settings.ts';
import { owedModes } from './owed.ts';
import { expandHome } from './paths.ts';
import { ruleFlags, rulesIn } from './rule-settings.ts';
import { attempt, integer, readFlags, reading, readSetting, type Setting, secret, using } from './setting.ts';
import { tunnelSettings } from './tunnel-settings.ts';

const ack = reading<'app' | 'now' | number>((text) => {
  if (text === 'app' || text === 'now') return text;
  return /^[2-5]\d\d$/.test(text) ? Number(text) : null;
}, 'app, now or a status from 200 to 599');

/** Text for one setting of the emulator, once its own table has taken it. */
function emulatorSetting(name: keyof typeof emulatorSettings, text: string): string {
  const parsed = emulatorSettings[name].schema.safeParse(text);
  if (!parsed.success) throw usageError('setting', parsed.error.issues[0]!.message);
  return text;
}

function nameAndValue(pair: string): [string, string] {
  const [, name, value] = /^([^=]+)=(.*)$/s.exec(pair) ?? [];
  if (name === undefined)
    throw usageError('setting', `"${pair}" is not NAME=VALUE: write for example failRate=10%.`);
  return [name, value!];
}

/** The settings of `listen`, by the name they have in the config file. */
export const settings = {
  endpoint: {
    help: 'where deliveries go: a port or URL; several fan out, the first one answers the sender',
    schema: z.preprocess(
      (value) => (Array.isArray(value) ? value : [value]),
      z.array(using<Endpoint>(parseEndpoint)),
    ),
  },
  port: {
    flag: '--port <n>',
    help: 'port of the receiver (default: 4140, or the next free one)',
    schema: integer(0, 65535),
  },
  host: {
    flag: '--host <address>',
    help: 'address the receiver listens on (default: 127.0.0.1)',
    schema: z.string().min(1),
  },
  ...tunnelSettings,
  ack: {
    flag: '--ack <policy>',
    help: "what the sender gets: app (the app's own answer), now (200 at once) or a status (default: app)",
    schema: ack,
  },
  secret: {
    flag: '--secret <value>',
    env: 'WEBHOOK_SECRET',
    help: 'expected metadata.secret, or @FILE that holds it; shows whether each delivery has it',
    schema: secret,
  },
  svixSecret: {
    flag: '--svix-secret <whsec>',
    env: 'SVIX_SECRET',
    help: "the Svix endpoint's whsec_… secret, or @FILE that holds it; verifies each delivery's signature",
    schema: secret,
  },
  allowHost: {
    flag: '--allow-host <name>',
    repeats: true,
    help: "a host or web page, besides this machine's own, that may call the receiver's port; * for all (the tunnel's takes all)",
    schema: z.preprocess((value) => (Array.isArray(value) ? value : [value]), z.array(z.string().min(1))),
  },
  rejectUnverified: {
    flag: '--reject-unverified',
    help: 'answer 401 to what fails verification, and keep it from the app',
    schema: z.boolean(),
  },
  rules: {
    flags: ruleFlags,
    help: 'what is done with what comes in: the flags as a list, as in [{"route": "status:failed → 3001"}]; those of the command line come after it (see docs/rules.md)',
    schema: rulesIn('.'),
  },
  fault: {
    flag: '--fault <faults>',
    repeats: true,
    help: 'go wrong on purpose with what comes in, as in lost-ack:1 or duplicate=2:10% (see: faults)',
    schema: z.union([z.string(), z.array(z.string())]).transform((given, context) => {
      const text = Array.isArray(given) ? given.join(' ') : given;
      attempt(() => parseFaults(text), context);
      return text;
    }),
  },
  seed: {
    flag: '--seed <n>',
    help: 'repeat a run of faults: the same seed, the same faults',
    schema: integer(0, 2 ** 31),
  },
  output: {
    flag: '--output <format>',
    help: 'tui, plain or json (default: tui on a terminal, else plain)',
    schema: z.enum(['tui', 'plain', 'json']),
  },
  showSecrets: {
    flag: '--show-secrets',
    help: 'print secrets in plain and json output (they are masked)',
    schema: z.boolean(),
  },
  data: {
    flag: '--data <dir>',
    env: 'REDUCTO_WEBHOOK_DEV_HOME',
    help: "where the history is kept (default: the platform's data directory)",
    schema: z.string().min(1).transform(expandHome),
  },
  keep: {
    flag: '--keep <n>',
    help: 'deliveries to keep; older ones are removed (default: 10000)',
    schema: integer(1, 10_000_000),
  },
  keepBytes: {
    flag: '--keep-bytes <size>',
    help: 'bytes of bodies to keep; the oldest deliveries go first (default: 256mb)',
    schema: reading(parseSize, 'a size such as 256mb'),
  },
  maxBody: {
    flag: '--max-body <size>',
    help: 'largest body taken, more gets 413 (default: 10mb)',
    schema: reading(parseSize, 'a size such as 10mb'),
  },
  timeout: {
    flag: '--timeout <duration>',
    help: 'time the app has for its answer (default: 30s)',
    schema: reading((text) => parseTimer(text) || null, 'a duration such as 30s'),
  },
  owed: {
    flag: '--owed <what>',
    help: 'forward or hold: what was acknowledged and not forwarded when the last run was killed (default: forward)',
    schema: z.enum(owedModes),
  },
  insecure: {
    flag: '--insecure',
    help: "take your app's certificate, whoever vouches for it; on this machine it always is",
    schema: z.boolean(),
  },
  emulate: {
    flag: '--emulate',
    help: 'run the Reducto API here too, on loopback: set REDUCTO_BASE_URL to it (see: emulate --help)',
    schema: z.boolean(),
  },
  emulatorPort: {
    flag: '--emulator-port <n>',
    help: 'port of the emulator (default: 4142, or the next free one)',
    schema: integer(0, 65535),
  },
  emulatorFault: {
    flag: '--emulator-fault <faults>',
    repeats: true,
    help: 'what the emulated API does wrong on purpose, as in 429:20% or "GET /job:404:1"',
    schema: z
      .union([z.string(), z.array(z.string())])
      .transform((given) => (Array.isArray(given) ? given.join(' ') : given))
      .transform((text, context) => attempt(() => emulatorSetting('fault', text), context)),
  },
  jobTime: {
    flag: '--job-time <range>',
    help: `how long an emulated job takes, as in 2s or 200ms-3s (default: ${emulatorSettings.jobTime.default})`,
    schema: using((text) => emulatorSetting('jobTime', text)),
  },
  jobTtl: {
    flag: '--job-ttl <duration>',
    help: `how long an emulated job is known after its end (default: ${emulatorSettings.jobTtl.default})`,
    schema: using((text) => emulatorSetting('jobTtl', text)),
  },
  emulator: {
    flag: '--emulator <name=value>',
    repeats: true,
    help: 'any setting of the emulator, as in failRate=10% (see: emulate --help)',
    schema: z.union([z.record(z.string(), z.unknown()), z.array(z.string())]).transform((given, context) =>
      attempt(() => {
        const named = Array.isArray(given) ? Object.fromEntries(given.map(nameAndValue)) : given;
        parseEmulatorSettings(named);
        return named;
      }, context),
    ),
  },
  keys: {
    help: 'in the config file only: other keys for commands of the full screen, as in {"replay": "ctrl+r", "clear": []} (see docs/keys.md)',
    // Their names are the screen's, which stands above this room: it reads them (view/keys/user-keys.ts).
    schema: z.record(z.string(), z.unknown(), 'write commands with their keys, as in {"replay": "ctrl+r"}'),
  },
  inspector: {
    flag: '--no-inspector',
    help: 'no web page (for browsers on this machine only)',
    schema: z.boolean(),
  },
  inspectorPort: {
    flag: '--inspector-port <n>',
    help: 'port of the web page (default: 4141, or the next free one)',
    schema: integer(0, 65535),
  },
  inspectorHost: {
    flag: '--inspector-host <address>',
    help: 'another address that the web page is served on, which needs --inspector-password (default: 127.0.0.1)',
    schema: z.string().min(1),
  },
  inspectorPassword: {
    flag: '--inspector-password <password>',
    env: 'INSPECTOR_PASSWORD',
    help: 'the password that the web page asks for, or @FILE that holds it',
    schema: secret,
  },
  notify: {
    flag: '--notify',
    help: 'a notification on the desktop when a delivery fails (no 2xx, no answer, not verified) and the terminal is not looked at, once in some seconds at most; never in CI',
    schema: z.boolean(),
  },
  bell: {
    flag: '--bell',
    help: 'ring the terminal then',
    schema: z.boolean(),
  },
  updateNotice: {
    flag: '--no-update-notice',
    help: "don't look, once a day, whether npm has a newer version (also: NO_UPDATE_NOTIFIER)",
    schema: z.boolean(),
  },
  color: { flag: '--no-color', help: 'no colours (also: NO_COLOR)', schema: z.boolean() },
} as const satisfies Record<string, Setting>;

export type SettingName = keyof typeof settings;
/** What was given, parsed; absent where nothing was. */
export type GivenSettings = { [K in SettingName]?: z.output<(typeof settings)[K]['schema']> };

/**
 * Puts together what was given on the command line, in the environment and in the config file; the first wins.
 * @param file the config file's content and its path, where there is one
 * @throws UserError that names the flag, variable or key
 */
export function resolveSettings(
  flags: Readonly<Record<string, unknown>>,
  env: Readonly<Record<string, string | undefined>>,
  file: { content: unknown; path: string } | null,
): GivenSettings {
  const below = fromFile(file);
  const above: GivenSettings = readFlags(settings, flags);
  const given: GivenSettings = { ...below, ...fromEnv(env), ...above };
  if (below.rules && above.rules) given.rules = [...below.rules, ...above.rules];
  // Each of the emulator's settings is one of its own: a flag for one leaves those of the file.
  return given.emulator ? { ...given, emulator: { ...below.emulator, ...above.emulator } } : given;
}

function fromFile(file: { content: unknown; path: string } | null): GivenSettings {
  if (file === null) return {};
  const { content, path } = file;
  if (typeof content !== 'object' || content === null || Array.isArray(content))
    throw usageError('config', `${path}: the configuration must be a JSON object.`);
  const given: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(content)) {
    if (!Object.hasOwn(settings, key))
      throw usageError(
        'config',
        `${path}: there is no setting "${key}": use ${Object.keys(settings).join(', ')}.`,
      );
    const setting = key === 'rules' ? { schema: rulesIn(dirname(path)) } : settings[key as SettingName];
    given[key] = readSetting(setting, value, `${path}: ${key}`);
  }
  // Wherever the tool is started below the file, it is the same folder.
  if (typeof given.data === 'string') given.data = resolve(dirname(path), given.data);
  return given;
}

function fromEnv(env: Readonly<Record<string, string | undefined>>): GivenSettings {
  const given: Record<string, unknown> = env.NO_COLOR ? { color: false } : {};
  for (const [name, setting] of Object.entries(settings) as [SettingName, Setting][]) {
    const value = setting.env ? env[setting.env] : undefined;
    if (value) given[name] = readSetting(setting, value, setting.env!);
  }
  return given;
}
