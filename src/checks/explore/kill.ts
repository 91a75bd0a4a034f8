import type { Attempt } from '../../core/delivery.ts';
import type { LastByteGate } from '../../dispatch/exchange.ts';
import { exactly } from '../exactly.ts';
import type { CheckJob } from '../job.ts';
import { killAtFetch } from '../kill-at-fetch.ts';
import type { CheckRun } from '../run.ts';
import type { AttemptOptions, Sent } from '../sender.ts';
import type { CrashMoment } from './schedule.ts';

/** What is killed in the middle of. */
export interface Victim {
  job: CheckJob;
  sent: Sent;
}

/** An attempt during or after which the app was killed. */
export interface Killed {
  attempt: Attempt;
  /** Whether the moment came: an app that knows the job does not fetch it. */
  hit: boolean;
}

/** Makes an attempt and kills the app at a moment of it; resolves when both are over. */
export async function killDuring(
  run: CheckRun,
  victim: Victim,
  at: CrashMoment,
  options: AttemptOptions,
): Promise<Killed> {
  if (at === 'fetch')
    return killAtFetch(run, victim.job, { patienceMs: 2 * wholeMs(run) + 100 }, () =>
      run.bench.sender.attempt(victim.sent, options),
    );
  if (at !== 'answer') return killAfter(run, victim, wholeMs(run) * at, options);
  const attempt = await run.bench.sender.attempt(victim.sent, options);
  run.kill();
  return { attempt, hit: true };
}

/** ms that a clean delivery takes from its last byte to its effect. */
const wholeMs = ({ baseline: { answerMs, effectMs } }: CheckRun): number => answerMs + effectMs;

async function killAfter(
  run: CheckRun,
  { sent }: Victim,
  ms: number,
  options: AttemptOptions,
): Promise<Killed> {
  let killed: Promise<void> | null = null;
  const gate: LastByteGate = {
    arrived: () => undefined,
    opened: Promise.resolve(),
    sent: () => {
      killed = exactly(ms).then(() => run.kill());
    },
  };
  const attempt = await run.bench.sender.attempt(sent, { ...options, gate });
  await killed;
  return { attempt, hit: true };
}
