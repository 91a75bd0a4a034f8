import { usageError } from '../core/errors.ts';
import type { RuleKind } from '../core/rules/rule.ts';
import { type GivenSettings, resolveSettings, type SettingName } from '../runtime/settings.ts';
import type { EmulatorSetting } from './tables.ts';

/** Settings of the emulated API, by their names in docs/emulator.md; those left out have their defaults. */
export type EmulateOptions = { readonly [K in EmulatorSetting]?: string | number | boolean } & {
  /** Its port; any free one when absent. */
  readonly port?: number;
};

/** What is started. Each is a setting of `listen` (docs/settings.md), with its default unless stated. */
export interface StartOptions {
  /** Where deliveries go: a port or URL; several fan out, the first one answers the sender. None: they are kept only. */
  endpoint?: string | number | readonly (string | number)[];
  /** Runs the Reducto API here too, with these settings. */
  emulate?: boolean | EmulateOptions;
  /** `none` when absent; where there is one, the start waits until it is open. */
  tunnel?: string;
  /** A URL that leads to `port` already. */
  publicUrl?: string;
  /** URL of a relay to listen to, the name of an inbox there, its key. */
  relay?: string;
  inbox?: string;
  inboxKey?: string;
  /** The receiver's port; any free one when absent. */
  port?: number;
  /** What the sender gets: `app` (the app's own answer), `now`, or a status. */
  ack?: 'app' | 'now' | number;
  /** Expected `metadata.secret`. */
  secret?: string;
  /** The `whsec_…` that deliveries are signed and verified with. */
  svixSecret?: string;
  /** Answers 401 to what fails verification, and keeps it from the app. */
  rejectUnverified?: boolean;
  /** What goes wrong on purpose with what comes in, in the fault language. */
  fault?: string | readonly string[];
  /** What is done with what comes in, in this order (docs/rules.md): `[{ route: 'status:failed → 3001' }]`. */
  rules?: readonly { readonly [K in RuleKind]?: string }[];
  /** Repeats a run of faults. */
  seed?: number;
  /** Time that the app has for its answer: `30s`. */
  timeout?: string;
  /** Largest body that is taken: `10mb`. */
  maxBody?: string | number;
  /** Takes the app's certificate, whoever vouches for it. */
  insecure?: boolean;
  /** Hosts, besides this machine's own, that may call the receiver. */
  allowHost?: string | readonly string[];
  /** Folder of a history that stays; one of its own, which goes with `stop()`, when absent. */
  data?: string;
}

/** The settings that {@link StartOptions} has; those of screens and of the page are none of them. */
const settingNames = [
  ...(['endpoint', 'tunnel', 'publicUrl', 'relay', 'inbox', 'inboxKey', 'port', 'ack', 'secret'] as const),
  ...(['svixSecret', 'rejectUnverified', 'fault', 'seed', 'timeout', 'maxBody', 'insecure'] as const),
  ...(['allowHost', 'data', 'rules'] as const),
] satisfies readonly (SettingName & keyof StartOptions)[];

/** Options by the table of settings. @throws UserError that names the one which is wrong */
export function settingsOf({ emulate = false, ...options }: StartOptions): GivenSettings {
  const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
  const unknown = Object.keys(given).find((name) => !(settingNames as readonly string[]).includes(name));
  if (unknown !== undefined)
    throw usageError(
      'option',
      `start: there is no option "${unknown}": use ${settingNames.join(', ')}, emulate.`,
    );
  const { port: emulatorPort = 0, ...emulator } = typeof emulate === 'object' ? emulate : {};
  const tunnel = impliesTunnel(options) ? {} : { tunnel: 'none' };
  const content = {
    ...{ port: 0, ...tunnel, ...given },
    ...(emulate === false ? {} : { emulate: true, emulatorPort, emulator }),
  };
  // As of a config file, whose errors name the key.
  return resolveSettings({}, {}, { content, path: 'start' });
}

const impliesTunnel = ({ publicUrl, relay }: StartOptions): boolean => (publicUrl ?? relay) !== undefined;
