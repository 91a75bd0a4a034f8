import { type Attempt, isSuccess } from '../core/delivery.ts';
import type { RetrySchedule } from '../core/retry-schedule.ts';
import type { Job } from './job.ts';

/** How a schedule is run. */
export interface RetryOptions {
  schedule: RetrySchedule;
  /** So many times faster than the schedule says. */
  timeScale: number;
  /** Whether the sender is made not to see the next success, so that it tries again (`lost-ack`). */
  loseAck(): boolean;
  now(): number;
}

/** Whether the app took it, as the sender sees it: any 2xx. */
export const succeeded = ({ outcome }: Attempt): boolean =>
  outcome.kind === 'response' && isSuccess(outcome.status);

/**
 * Sends, and sends again after each pause of the schedule, until the sender sees a 2xx. Anything else is a
 * failure: another status, a time-out, a connection error.
 * @param send makes one attempt; gets its number (from 0) and what the record should say of it
 * @returns whether the sender saw a success in the end
 */
export async function runRetries(
  job: Job,
  { schedule, timeScale, loseAck, now }: RetryOptions,
  send: (retry: number, note: string | null) => Promise<Attempt>,
): Promise<boolean> {
  const faster = timeScale === 1 ? '' : `, ${timeScale} times faster`;
  for (let retry = 0; retry <= schedule.delays.length; retry++) {
    if (retry > 0) await job.pause(schedule.delays[retry - 1]! / timeScale, now, true);
    if (job.signal.aborted) return false;
    const note =
      retry === 0 ? null : `retry ${retry} of ${schedule.delays.length} (${schedule.name}${faster})`;
    const attempt = await send(retry, note);
    const success = succeeded(attempt) && !loseAck();
    job.count(success);
    if (success) return true;
  }
  return false;
}
