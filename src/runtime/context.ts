import type { Endpoint } from '../core/endpoint.ts';
import type { FaultSet } from '../core/faults/fault-set.ts';
import { systemClock } from '../core/ids.ts';
import type { Rule } from '../core/rules/rule.ts';
import { createVerifier, keyOrReason } from '../core/verification.ts';
import { Dispatcher } from '../dispatch/dispatcher.ts';
import { Rules } from '../dispatch/rules.ts';
import { WorkList } from '../dispatch/work.ts';
import type { SentJournal } from '../store/sent-journal.ts';
import type { Store } from '../store/store.ts';
import { Checking } from './checking.ts';
import { copyToClipboard } from './clipboard.ts';
import type { CommandContext } from './command.ts';

/** What commands are told of the user's app and secrets, whether a `listen` runs or not. */
export interface ContextSettings {
  dataDir: string;
  endpoints: readonly Endpoint[];
  /** Expected in the metadata of deliveries. */
  secret?: string | undefined;
  /** Signs and verifies; see {@link svixProblem} for one that is none. */
  svixSecret?: string | undefined;
  /** ms that an app has for its answer. */
  timeoutMs: number;
  /** Takes certificates of apps that nobody vouches for, from other machines too. */
  insecure?: boolean | undefined;
  /** At work on what comes in. */
  faults?: FaultSet;
  rules?: readonly Rule[] | undefined;
  /** Told in the instant in which something goes out that is not to go out twice. */
  journal?: Pick<SentJournal, 'note'> | null;
  /** Told when a fault has struck, something is held, or work has come further. */
  onChange?(): void;
  /** Told when a run of the checks began or ended. */
  onCheck?(): void;
}

/** What commands work on, for a running tool (`live`) as for a bare data directory (null). */
export function createContext(
  store: Store,
  settings: ContextSettings,
  live: CommandContext['live'],
): CommandContext {
  const { endpoints, timeoutMs, insecure = false, secret, svixSecret, faults, journal, dataDir } = settings;
  const onChange = (): void => settings.onChange?.();
  const key = svixSecret === undefined ? null : keyOrReason(svixSecret);
  return {
    store,
    dispatcher: new Dispatcher(
      {
        ...{ store, endpoints, timeoutMs, insecure, clock: systemClock },
        signingKey: typeof key === 'string' ? null : key,
        ...(faults ? { faults } : {}),
        rules: new Rules(settings.rules ?? [], onChange),
        onSend: (number, name, state) => journal?.note(number, name, state),
      },
      onChange,
    ),
    work: new WorkList(onChange, store.work),
    checks: new Checking(onChange, () => settings.onCheck?.()),
    dataDir,
    app: { secret, svixSecret, insecure },
    live,
    verify: createVerifier(settings),
    emulator: null,
    copy: copyToClipboard,
  };
}

/** Why nothing is signed or verified as Svix does although a secret was given; null when all is well. */
export function svixProblem(svixSecret: string | undefined): string | null {
  const key = svixSecret === undefined ? null : keyOrReason(svixSecret);
  return typeof key === 'string' ? `Svix signatures can be neither made nor verified: ${key}` : null;
}
