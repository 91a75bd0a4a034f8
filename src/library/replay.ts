import type { CommandArgs } from '../runtime/commands/index.ts';
import type { Runtime } from '../runtime/runtime.ts';
import { type Attempt, toAttempt } from './attempt.ts';

/** How a delivery is sent again. */
export interface ReplayOptions {
  /** So often; once when absent. */
  times?: number;
  /** All at the same instant (at most 1000), or so many at a time; one after another when absent. */
  concurrent?: boolean | number;
  /** There instead: a port or URL. */
  to?: string | number;
  /** Values of the body to change, by their path: `{ 'metadata.user_id': 7 }`. */
  set?: Readonly<Record<string, unknown>>;
  /** Headers to set, or to remove with null. */
  headers?: Readonly<Record<string, string | null>>;
  /** What to do wrong on purpose, in the fault language: `duplicate=2,concurrent`. */
  fault?: string;
  /** Repeats what was drawn. */
  seed?: number;
  /** Time between two sends: `500ms`. */
  interval?: string;
  /** Keeps the old Svix signature and timestamp; else it is signed anew where the secret is known. */
  stale?: boolean;
  /** Tries failures again by a schedule: `reducto-direct`, `svix` or `1s,5s,30s`. */
  retry?: string;
  /** Runs that schedule so many times faster. */
  timeScale?: number;
}

/** What became of the requests that were sent. */
export interface Sending {
  /** Requests that were sent. */
  sent: number;
  /** How many of them were not answered 2xx. */
  failed: number;
  /** How often each status or error came, by its name: `{ 200: 4, timeout: 1 }`. */
  outcomes: Readonly<Record<string, number>>;
  /** At most the first thousand. Secrets in answers are masked here; in a delivery that is asked for again they are not. */
  attempts: readonly Attempt[];
}

const mostAtOnce = 1000;

/** The arguments of the command `replay` for a delivery. */
export function replayArgs(
  id: string,
  { concurrent = false, times = 1, to, set = {}, headers = {}, ...rest }: ReplayOptions,
): CommandArgs<'replay'> {
  const concurrency = concurrent === true ? Math.min(times, mostAtOnce) : concurrent || undefined;
  return {
    ...{ id, times, ...rest },
    ...(concurrency === undefined ? {} : { concurrency }),
    ...(to === undefined ? {} : { to: String(to) }),
    // JSON reads back as the value that was given, text included.
    set: Object.entries(set).map(([path, value]) => `${path}=${JSON.stringify(value)}`),
    header: Object.entries(headers).map(([name, value]) => `${name}:${value ?? ''}`),
  };
}

/** Runs a command that sends. @throws UserError when nothing could be sent, or it was cut short */
export async function sendingOf<K extends 'replay' | 'duplicate'>(
  runtime: Runtime,
  id: K,
  args: CommandArgs<K>,
): Promise<Sending> {
  const { sent, failed, outcomes, attempts } = await runtime.run<'replay' | 'duplicate'>(id, args);
  return { sent, failed, outcomes, attempts: attempts.map(toAttempt) };
}
