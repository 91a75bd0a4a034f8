import type { CheckRun } from './run.ts';

/** Plain deliveries at the most. */
const most = 2;
/** How many times as long as its fastest clean answer a warm app may take for one, and ms that are no difference. */
const warmFactor = 1.5;
const noiseMs = 5;

/** How a plain delivery of a warm app went. */
export interface Warm {
  /** ms until its answer. */
  answerMs: number;
  /** ms from the answer to its last fetch until its own; below 0 when it fetched behind its answer, null when it did not. */
  tailMs: number | null;
  /** ms from its last fetch until its effect was seen; null when it did not fetch, or the effect was not seen. */
  workMs: number | null;
}

/**
 * Makes plain deliveries until the app is as fast as it was with clean ones: one that was just started is slow (a pool
 * to fill, code to compile), and what is timed by clean deliveries would come before it has begun its work. Returns when
 * their effects are there.
 * @returns how the last of them went
 */
export async function warmUp(run: CheckRun): Promise<Warm> {
  for (let tries = 1; ; tries++) {
    run.doing('a plain delivery, so that the app is warm');
    // Its own effect alone is waited for: with those of the ones before it, it would never be what one delivery has.
    run.watch.rebase();
    const job = await run.sender.job();
    let fetchedAt: number | null = null;
    const end = run.bench.emulator.subscribe((event) => {
      if (event.type === 'fetch' && event.ended && event.fetch.jobId === job.id) fetchedAt = Date.now();
    });
    try {
      const { attempt } = await run.sender.deliver(job);
      const answeredAt = Date.now();
      const seenMs = await run.watch.through(job);
      const answerMs = attempt.durationMs ?? run.baseline.answerMs;
      if (tries < most && answerMs > run.baseline.leastAnswerMs * warmFactor + noiseMs) continue;
      run.bench.app?.warmed();
      const tailMs = fetchedAt === null ? null : attempt.startedAt + answerMs - fetchedAt;
      const workMs = fetchedAt === null || seenMs === null ? null : answeredAt + seenMs - fetchedAt;
      return { answerMs, tailMs, workMs };
    } finally {
      end();
    }
  }
}
