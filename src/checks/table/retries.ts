import { setTimeout as delay } from 'node:timers/promises';
import { type Check, notJudged, passed, sources } from '../check.ts';
import { outcomes } from '../outcomes.ts';
import { accepted } from '../sender.ts';

const retried = {
  text: '"Retries failed deliveries up to 3 times with exponential backoff": what the sender did not see succeed, comes again.',
  url: sources.direct,
};

export const retryAfterLostAck: Check = {
  id: 'retry-after-lost-ack',
  title: 'it worked, but the answer was lost: it comes again',
  proves: 'A retry of a delivery that was worked on has no second effect and is answered 2xx.',
  why: retried,
  fix: 'Remember the job id together with the work (one transaction), and answer 2xx when it is known already.',
  severity: 'error',
  needs: ['clean'],
  async run(run) {
    const job = await run.job();
    const sent = await run.delivery(job);
    const first = await run.attempt(sent, { note: 'its answer is lost on the way' });
    await run.quiet();
    const retry = await run.insist(sent, await run.attempt(sent, { fresh: true, note: 'retry 1' }), 1);
    const refused = run.refusal([first, retry], 'a delivery and its retry');
    return (
      refused ??
      run.judgeOnce([job], `delivered and, as the answer was lost, retried (${outcomes([first, retry])})`)
    );
  },
};

/** ms that an abandoned request is given to end, however long a clean one takes. */
const longestWork = 5000;

export const retryAfterTimeout: Check = {
  id: 'retry-after-timeout',
  title: 'the sender gives up before the answer, and sends it again',
  proves: 'Work that goes on after the sender has hung up is not done a second time, and not lost.',
  why: {
    text: 'Svix waits 15 s for an answer, then it is a failure and comes again; the work may be done by then, or not.',
    url: sources.retries,
  },
  fix: 'Tie the work to the job id, not to the request: claim the id atomically, finish the work even when the connection is gone, and let a retry find it done.',
  severity: 'error',
  needs: ['clean'],
  async run(run) {
    const job = await run.job();
    const sent = await run.delivery(job);
    run.doing('the sender goes away before the answer');
    const first = await run.bench.sender.abandon(sent, { note: 'the sender goes away before the answer' });
    await delay(Math.min(longestWork, run.baseline.answerMs * 1.5)); // it can't be seen when an answer is ready that nobody takes
    await run.quiet();
    const retry = await run.retry(sent);
    const refused = run.refusal([retry], 'the retry after a time-out');
    return refused ?? run.judgeOnce([job], `the sender gave up and retried (${outcomes([first, retry])})`);
  },
};

export const retryAfter5xx: Check = {
  id: 'retry-after-5xx',
  title: 'the handler fails once, the retry must work',
  proves: 'After a failure the retry does the work: it is not taken for a duplicate.',
  why: retried,
  fix: 'Write the dedup key in the same transaction as the work, or take it back when the work fails: a key that is written first turns the retry into "already processed", and the event is lost.',
  severity: 'error',
  needs: ['clean', 'fetches'],
  async run(run) {
    const { emulator } = run.bench;
    const job = await run.job();
    const sent = await run.delivery(job);
    run.doing('job.get answers 500');
    emulator.setFaults('GET /job:500');
    let first: Awaited<ReturnType<typeof run.attempt>>;
    try {
      first = await run.attempt(sent, { note: 'job.get answers 500 meanwhile' });
      if (accepted(first)) await run.fetched(job); // its background work is to see the failure
    } finally {
      emulator.setFaults('');
    }
    if (accepted(first)) {
      const verdict = await run.judgeOnce([job], 'job.get failed at first, behind an answer 2xx');
      return verdict.outcome === 'passed'
        ? passed('the handler answered 2xx, and tried again by itself')
        : notJudged('the handler did not fail: it answered 2xx although job.get failed (see get-job-flaky)');
    }
    await run.quiet();
    const last = await run.retry(sent);
    const context = `it failed once (${outcomes([first])}) and was retried (${outcomes([last])})`;
    return run.refusal([last], 'the retry after a failure') ?? run.judgeOnce([job], context);
  },
};
