import { outcomeInWords, took } from '../core/outcome.ts';
import { isVerified } from '../core/verification.ts';
import { findNotifier, type Notifier, notify } from '../runtime/notify.ts';
import type { Runtime } from '../runtime/runtime.ts';
import type { RuntimeEvent } from '../runtime/session.ts';
import type { GivenSettings } from '../runtime/settings.ts';
import { inCi } from './update-notice.ts';

/** ms that failures are gathered before the first is told, and that lie between two tellings. */
const gatherMs = 300;
const pauseMs = 5000;

/** Tells of failures, outside of what is printed. */
export interface Alarm {
  /** Tells of the failures of a tool from now on. */
  watch(runtime: Pick<Runtime, 'watch' | 'status'>): void;
  /** Told whether the terminal is looked at, where it says so: while it is, nothing is told. */
  focus(looked: boolean): void;
}

/**
 * What `--bell` and `--notify` ask for; null for neither, and in CI, where nobody hears it.
 * @param warn told why nothing can be shown
 */
export function createAlarm(
  { bell = false, notify: wanted = false }: GivenSettings,
  warn: (line: string) => void,
): Alarm | null {
  if ((!bell && !wanted) || inCi(process.env)) return null;
  const notifier = wanted ? findNotifier(process.env) : null;
  if (wanted && notifier === null)
    warn(
      '--notify: nothing shows notifications here: this terminal is not known to, and the desktop has no notify-send (Debian: libnotify-bin). --bell rings the terminal.',
    );
  let looked = false;
  return {
    watch: (runtime) =>
      watchFailures(
        runtime,
        () => looked,
        (text) => sound(bell, notifier, text),
      ),
    focus(now) {
      looked = now;
    },
  };
}

function sound(bell: boolean, notifier: Notifier | null, text: string): void {
  // Standard output may be read by a program.
  const terminal = [process.stderr, process.stdout].find(({ isTTY }) => isTTY);
  if (bell) terminal?.write('\x07');
  if (notifier) notify(notifier, text, terminal ?? process.stderr);
}

/**
 * Gathers the failures of deliveries, of which there may be hundreds a second, and tells of them now and then.
 * @param tell told in a line, with the count where there are several
 */
export function watchFailures(
  runtime: Pick<Runtime, 'watch' | 'status'>,
  isLooked: () => boolean,
  tell: (text: string) => void,
): void {
  let waiting = false;
  let count = 0;
  let newest = '';
  const wait = (ms: number): void => {
    waiting = true;
    setTimeout(due, ms).unref();
  };
  const due = (): void => {
    waiting = false;
    if (count === 0) return;
    tell(count === 1 ? newest : `${count} failures, the newest: ${newest}`);
    count = 0;
    wait(pauseMs);
  };
  runtime.watch((event) => {
    const failure = failureOf(event);
    // The checks go wrong on purpose.
    if (failure === null || isLooked() || runtime.status().check !== null) return;
    count += 1;
    newest = failure;
    if (!waiting) wait(gatherMs);
  });
}

/** What has failed, in a line; null for nothing: what was cancelled, or left out on purpose, has not. */
function failureOf(event: RuntimeEvent): string | null {
  if (event.type === 'attempt') {
    const { outcome, durationMs } = event.attempt;
    if (outcome.kind === 'pending' || took(outcome)) return null;
    if (outcome.kind === 'error' && (outcome.code === 'cancelled' || outcome.code === 'dropped')) return null;
    return `#${event.seq}: ${outcomeInWords(outcome, durationMs)}`;
  }
  if (event.type !== 'delivery') return null;
  const { source, verification } = event.delivery;
  if (source === 'import' || isVerified(verification) !== false) return null;
  const bad = [verification.secret, verification.svix].find((verdict) => verdict && verdict.verdict !== 'ok');
  return `#${event.seq}: not verified: ${bad!.reason}`;
}
