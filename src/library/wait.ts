import { setTimeout as delay } from 'node:timers/promises';
import { UserError, usageError } from '../core/errors.ts';
import type { DeliverySummary } from '../core/record.ts';
import { formatDuration, longestTimerMs, parseTimer } from '../core/units.ts';
import type { Runtime } from '../runtime/runtime.ts';
import { type Delivery, loadDelivery } from './delivery.ts';
import type { Matcher } from './match.ts';

/** How a delivery is waited for. */
export interface WaitOptions {
  /** `10s`, `500ms`, or a number of ms; 30 s when absent. */
  timeout?: string | number;
  /** Whether one will do that came before, since the start (as when absent), or only one that comes now. */
  since?: 'start' | 'now';
  /** Whether the sender must have been answered by then, for which the app is asked (as when absent). */
  until?: 'answered' | 'arrived';
}

/** What is waited for, and where. */
export interface Wait extends Required<Pick<WaitOptions, 'until'>> {
  runtime: Runtime;
  matcher: Matcher;
  /** The number of the last delivery that does not count. */
  after: number;
  timeoutMs: number;
  /** Aborted when the tool stops. */
  ended: AbortSignal;
}

const defaultTimeout = '30s';
const mostListed = 10_000;
/** Deliveries that the error of a wait names. */
const mostTold = 10;

/** A wait's time in ms. @throws UserError when it is none */
export function timeoutOf(timeout: string | number = defaultTimeout): number {
  const ms = typeof timeout === 'number' ? timeout : parseTimer(timeout);
  if (ms === null || !(ms >= 0 && ms <= longestTimerMs))
    throw usageError('timeout', `timeout: "${timeout}" is not a duration such as 10s, or a number of ms.`);
  return ms;
}

/**
 * Waits for the first delivery that matches, in the order in which they came.
 * @throws UserError that lists what did come, when the time is over; when the tool stops first
 */
export async function waitForDelivery(wait: Wait): Promise<Delivery> {
  const { runtime, ended } = wait;
  const over = new AbortController();
  const due = new Set<number>();
  let wake: () => void = () => undefined;
  const end = runtime.subscribe((event) => {
    if (!('seq' in event) || event.seq <= wait.after) return;
    due.add(event.seq);
    wake();
  });
  const stop = AbortSignal.any([ended, over.signal]);
  const timer = delay(wait.timeoutMs, 'over' as const, { signal: stop }).catch(() => 'stopped' as const);
  try {
    for (const { seq } of await list(wait)) due.add(seq);
    for (;;) {
      for (const seq of [...due].sort((a, b) => a - b)) {
        due.delete(seq);
        const found = await look(wait, seq);
        if (found !== null) return found;
      }
      if (due.size > 0) continue;
      const news = new Promise<'news'>((resolve) => {
        wake = () => resolve('news');
      });
      const what = await Promise.race([news, timer]);
      if (what === 'over') throw await tooLate(wait);
      if (what === 'stopped') throw stopped();
    }
  } catch (error) {
    // A command that the end of the tool has met says so in other words.
    throw ended.aborted ? stopped() : error;
  } finally {
    end();
    over.abort();
  }
}

const stopped = (): UserError => new UserError('stopped', 'The tool was stopped before a delivery matched.');

/** Those that match by the filter, oldest first; only the one of a number, where it is given. */
async function list(
  { runtime, matcher: { filter }, after }: Wait,
  only?: number,
): Promise<DeliverySummary[]> {
  const range = only === undefined ? { after, limit: mostListed } : { after: only - 1, before: only + 1 };
  const { deliveries } = await runtime.run('list', { filter, from: 'oldest', ...range });
  return deliveries.reverse();
}

/** The delivery of a number when it is what is waited for. */
async function look(wait: Wait, seq: number): Promise<Delivery | null> {
  const [summary] = await list(wait, seq);
  if (summary === undefined || (wait.until === 'answered' && summary.acknowledgement === null)) return null;
  const delivery = await loadDelivery(wait.runtime, seq);
  return wait.matcher.fits(delivery) ? delivery : null;
}

async function tooLate(wait: Wait): Promise<UserError> {
  const { matcher, timeoutMs } = wait;
  const came = await list({ ...wait, matcher: { ...matcher, filter: '' } });
  const lines = came.slice(-mostTold).map(lineOf);
  const more = came.length - lines.length;
  const head = `No delivery that matches ${matcher.name} came in ${formatDuration(timeoutMs)}.`;
  const told =
    came.length === 0 ? ' Nothing came at all.' : ` This did come${more > 0 ? ` (and ${more} before)` : ''}:`;
  return new UserError('timeout', head + told, 1, { lines });
}

/** One delivery in a line: `#3 POST /webhook Completed job 204a… {"user_id":"1"}, answered 200`. */
function lineOf(summary: DeliverySummary): string {
  const { seq, method, target, status, jobId, metadata, note, acknowledgement } = summary;
  const what =
    status === null ? (note ?? 'no webhook of Reducto') : `${status} job ${jobId} ${metadata ?? ''}`;
  const answer =
    acknowledgement === null ? 'not answered yet' : `answered ${acknowledgement.status ?? 'nobody'}`;
  return `#${seq} ${method} ${target} ${what.slice(0, 300)}, ${answer}`;
}
