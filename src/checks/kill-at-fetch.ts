import { setTimeout as delay } from 'node:timers/promises';
import type { Attempt } from '../core/delivery.ts';
import { exactly } from './exactly.ts';
import type { CheckJob } from './job.ts';
import type { CheckRun } from './run.ts';

/** When an app is killed that fetches a job. */
export interface FetchKill {
  /** ms that the fetch is waited for once the answer is there. */
  patienceMs: number;
  /** ms after the fetch was answered; as soon as it comes when absent. */
  afterMs?: number;
  /**
   * ms for which the fetch is held back until the delivery is answered, so that the kill comes behind the answer, however
   * fast a worker is. A handler that has not answered by then needs the fetch for its answer, and is not killed.
   */
  heldMs?: number;
}

/**
 * Makes an attempt and kills the app when it fetches the job, which may come long after the answer, from a worker: "202,
 * then a queue" is what Reducto advises.
 * @returns the attempt, and whether the app was killed
 */
export async function killAtFetch(
  run: CheckRun,
  job: CheckJob,
  { patienceMs, afterMs, heldMs }: FetchKill,
  make: () => Promise<Attempt>,
): Promise<{ attempt: Attempt; hit: boolean }> {
  const { emulator } = run.bench;
  let over = false; // by then it would be the next process that is killed
  let decide: (hit: boolean) => void = () => undefined;
  const decided = new Promise<boolean>((resolve) => {
    decide = resolve;
  });
  const kill = (): void => {
    if (over) return;
    run.kill();
    decide(true);
  };
  const release = heldMs === undefined ? () => undefined : emulator.holdFetches(job.id);
  let attempt: Promise<Attempt> | null = null;
  const came = async (): Promise<void> => {
    if (heldMs !== undefined) {
      const inTime = await Promise.race([attempt!.then(() => true), delay(heldMs, false, { ref: false })]);
      if (!inTime) {
        over = true;
        decide(false);
      }
    }
    if (afterMs === undefined) kill();
    release();
  };
  const end = emulator.subscribe((event) => {
    if (event.type !== 'fetch' || event.fetch.jobId !== job.id) return;
    if (!event.ended)
      came().catch(() => decide(false)); // the attempt's own failure, which is told below
    else if (afterMs !== undefined) exactly(afterMs).then(kill, kill); // a wait does not fail
  });
  try {
    attempt = make();
    const made = await attempt;
    return { attempt: made, hit: await Promise.race([decided, delay(patienceMs, false, { ref: false })]) };
  } finally {
    over = true;
    end();
    release();
  }
}
