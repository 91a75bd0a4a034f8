import { setTimeout as delay } from 'node:timers/promises';
import type { Attempt } from '../core/delivery.ts';
import type { CheckJob } from './job.ts';
import type { CheckRun } from './run.ts';
import type { Sent } from './sender.ts';

/** When a sender hangs up, and when it comes again. */
export interface HangUp {
  /**
   * As a share of the usual time until the answer, or when the app fetches the job: then it is at work for certain. Some
   * servers (Puma) drop a request whose sender is gone before they have taken it up.
   */
  at: number | 'fetch';
  retry: 'at once' | 'later';
}

/** What came of a sender that hung up. */
export interface HungUp {
  job: CheckJob;
  first: Attempt;
  /** The last attempt of the retry. */
  last: Attempt;
  /** Whether the app was seen to work on the first attempt. */
  atWork: boolean;
}

/** ms that an abandoned request is given to end, however long a clean one takes. */
const longestWork = 5000;
/** Jobs of which one has to be abandoned before its answer is there. */
const tries = 5;
const note = 'the sender goes away before the answer';

/**
 * Delivers, hangs up before the answer and retries.
 * @returns null when the app was faster than the sender
 */
export async function hangUp(run: CheckRun, { at, retry }: HangUp): Promise<HungUp | null> {
  for (let i = 0; i < (at === 'fetch' ? 1 : tries); i++) {
    run.watch.rebase();
    const job = await run.sender.job();
    const sent = await run.sender.delivery(job);
    run.doing(note);
    const first =
      at === 'fetch'
        ? await leaveAtFetch(run, sent, job)
        : await run.bench.sender.abandon(sent, { note }, run.baseline.leastAnswerMs * at);
    if (first.outcome.kind !== 'error') {
      await run.watch.through(job); // a plain delivery, then
      continue;
    }
    if (retry === 'later') {
      // It can't be seen when an answer is ready that nobody takes.
      await delay(Math.min(longestWork, run.baseline.answerMs * 1.5));
      await run.watch.quiet();
    }
    const atWork = run.watch.anyEffect || run.bench.emulator.fetches(job.id).length > 0;
    return { job, first, last: await run.sender.retry(sent), atWork };
  }
  return null;
}

/** Makes an attempt that ends when the app fetches the job, which is answered after that. */
async function leaveAtFetch(run: CheckRun, sent: Sent, job: CheckJob): Promise<Attempt> {
  const { emulator } = run.bench;
  const gone = new AbortController();
  const release = emulator.holdFetches(job.id);
  const end = emulator.subscribe((event) => {
    if (event.type === 'fetch' && event.fetch.jobId === job.id && !event.ended) gone.abort();
  });
  try {
    return await run.sender.attempt(sent, { note, signal: gone.signal });
  } finally {
    end();
    release();
  }
}
