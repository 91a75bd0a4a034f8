import { type Attempt, isSuccess } from '../core/delivery.ts';
import type { RetrySchedule } from '../core/retry-schedule.ts';
import type { Work } from './work.ts';

/** How a schedule is run. */
export interface RetryOptions {
  schedule: RetrySchedule;
  /** So many times faster than the schedule says. */
  timeScale: number;
  /** Whether the sender is made not to see the next attempt's success, so that it tries again (`lost-ack`). */
  loseAck(): boolean;
  now(): number;
  /** Where an earlier run was cut short: the try that is next, and when it is due. */
  from?: { retry: number; due: number } | undefined;
}

/** Whether the sender sees a success: any 2xx, and the one it is told when a fault drops the delivery. */
export const succeeded = ({ outcome }: Attempt): boolean =>
  outcome.kind === 'response'
    ? isSuccess(outcome.status)
    : outcome.kind === 'error' && outcome.code === 'dropped';

/**
 * Sends, and sends again after each pause of the schedule, until the sender sees a 2xx. Anything else is a
 * failure: another status, a time-out, a connection error.
 * @param send makes one attempt; gets its number (from 0), what the record should say of it, and whether the
 *   sender is going to miss the answer
 * @returns whether the sender saw a success in the end
 */
export async function runRetries(
  work: Work,
  { schedule, timeScale, loseAck, now, from }: RetryOptions,
  send: (retry: number, note: string, lost: boolean) => Promise<Attempt>,
): Promise<boolean> {
  const { length } = schedule.delays;
  const how = scheduleText(schedule, timeScale);
  const first = from?.retry ?? 0;
  for (let retry = first; retry <= length; retry++) {
    if (from && retry === first) await work.pause(from.due - now(), now, true);
    else if (retry > 0) await work.pause(schedule.delays[retry - 1]! / timeScale, now, true);
    if (work.signal.aborted) return false;
    const note = retry === 0 ? `first of ${length + 1} (${how})` : `retry ${retry} of ${length} (${how})`;
    const lost = loseAck();
    const success = succeeded(await send(retry, note, lost)) && !lost;
    work.count(success);
    if (success) return true;
  }
  return false;
}

/** A schedule and how fast it is run, as every line says it: `svix, 100 times faster`. */
export const scheduleText = ({ name }: RetrySchedule, timeScale: number): string =>
  timeScale === 1
    ? name
    : `${name}, ${timeScale > 1 ? `${timeScale} times faster` : `${Number((1 / timeScale).toPrecision(3))} times slower`}`;
