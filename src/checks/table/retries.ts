import { type Check, sources } from '../check.ts';
import { type HangUp, hangUp } from '../hang-up.ts';
import { outcomes } from '../outcomes.ts';
import type { CheckRun } from '../run.ts';
import { accepted } from '../sender.ts';
import { notApplicable, notJudged, passed, type Verdict } from '../verdict.ts';

const retried = {
  text: '"Retries failed deliveries up to 3 times with exponential backoff": what the sender did not see succeed, comes again.',
  url: sources.direct,
};

export const retryAfterLostAck: Check = {
  id: 'retry-after-lost-ack',
  cause: 'again',
  title: 'it worked, but the answer was lost: it comes again',
  proves: 'A retry of a delivery that was worked on has no second effect and is answered 2xx.',
  why: retried,
  fix: 'Remember the job id together with the work (one transaction), and answer 2xx when it is known already.',
  severity: 'error',
  needs: ['clean'],
  overlaps: true,
  waits: 2,
  async run(run) {
    const job = await run.sender.job();
    const sent = await run.sender.delivery(job);
    const first = await run.sender.inTime(sent, { note: 'its answer is lost on the way' });
    await run.watch.quiet();
    const retry = await run.sender.insist(
      sent,
      await run.sender.attempt(sent, { fresh: true, note: 'retry 1' }),
      1,
    );
    const refused = run.refusal([first, retry], 'a delivery and its retry');
    return (
      refused ??
      run.judgeOnce([job], `delivered and, as the answer was lost, retried (${outcomes([first, retry])})`)
    );
  },
};

/** ms that an answer has to take for a retry to come while the first attempt is still at work. */
const leastWork = 60;

/** What is tried where the app was not seen at work before. */
const inTheMiddle: HangUp = { at: 0.5, retry: 'later' };

/** At a handler that answers fast there are few moments; a slow one can be met at its work. */
const hangUpsOf = ({ baseline }: CheckRun): HangUp[] => [
  { at: 0, retry: 'later' },
  ...(baseline.fetches === 0 ? [] : [{ at: 'fetch', retry: 'later' } as const]),
  ...(baseline.leastAnswerMs < leastWork
    ? []
    : ([
        { at: 0, retry: 'at once' },
        { at: 0.5, retry: 'later' },
        { at: 0.5, retry: 'at once' },
        { at: 0.9, retry: 'later' },
      ] as const)),
];

export const retryAfterTimeout: Check = {
  id: 'retry-after-timeout',
  cause: 'again',
  title: 'the sender gives up before the answer, and sends it again',
  proves: 'Work that goes on after the sender has hung up is not done a second time, and not lost.',
  why: {
    text: 'Svix waits 15 s for an answer, then it is a failure and comes again; the work may be done by then, or not.',
    url: sources.retries,
  },
  fix: 'Tie the work to the job id, not to the request: claim the id atomically, finish the work even when the connection is gone, and let a retry find it done.',
  severity: 'error',
  needs: ['clean'],
  overlaps: true,
  waits: 2,
  async run(run) {
    const verdicts: Verdict[] = [];
    let atWork = false;
    let answersFirst = false;
    const moments = hangUpsOf(run);
    for (const moment of moments) {
      const hung = await hangUp(run, moment);
      if (hung !== null) {
        const { job, first, last } = hung;
        const still = moment.retry === 'at once' ? ' while the first attempt was still at work' : '';
        const context = `the sender gave up and retried${still} (${outcomes([first, last])})`;
        const verdict = run.refusal([last], context) ?? (await run.judgeOnce([job], context));
        if (verdict.outcome === 'failed') return verdict;
        verdicts.push(verdict);
        atWork ||= hung.atWork;
      } else if (moment.at === 'fetch') answersFirst = true;
      const seen = atWork || answersFirst || moment === inTheMiddle;
      if (!seen && moment === moments.at(-1)) moments.push(inTheMiddle);
    }
    if (verdicts.length === 0) return notJudged('the app answered each time before the sender could hang up');
    const unjudged = verdicts.find(({ outcome }) => outcome === 'not judged');
    if (unjudged) return unjudged;
    if (!atWork)
      return answersFirst
        ? notApplicable('the app answers before it works: who does not wait for that has lost its answer')
        : notJudged('the app dropped what its sender had left, each time before it worked on it');
    const times = verdicts.length === 1 ? 'once' : `${verdicts.length} times, at several moments`;
    return passed(`hung up ${times}`);
  },
};

/** More than a handler makes while its one request is answered. */
const manyFetches = 1000;

export const retryAfter5xx: Check = {
  id: 'retry-after-5xx',
  cause: 'lost',
  title: 'the handler fails once, the retry must work',
  proves: 'After a failure the retry does the work: it is not taken for a duplicate.',
  why: retried,
  fix: 'Write the dedup key in the same transaction as the work, or take it back when the work fails: a key that is written first turns the retry into "already processed", and the event is lost.',
  severity: 'error',
  needs: ['clean', 'fetches'],
  overlaps: true,
  waits: 2,
  async run(run) {
    const { emulator } = run.bench;
    const job = await run.sender.job();
    const sent = await run.sender.delivery(job);
    run.doing('job.get answers 500');
    emulator.nextFetches(job.id, 500, manyFetches);
    const first = await run.sender.attempt(sent, { note: 'job.get answers 500 meanwhile' });
    if (accepted(first)) await run.watch.fetched(job); // its background work is to see the failure
    emulator.stopForcing(job.id);
    if (!emulator.fetches(job.id).some(({ status }) => status === 500)) {
      await run.watch.quiet();
      return notJudged('the handler did not fetch this job: there was nothing that could fail');
    }
    if (accepted(first)) {
      const verdict = await run.judgeOnce([job], 'job.get failed at first, behind an answer 2xx');
      return verdict.outcome === 'passed'
        ? passed('the handler answered 2xx, and tried again by itself')
        : notApplicable('the handler answers 2xx although job.get fails: see get-job-flaky');
    }
    await run.watch.quiet();
    const last = await run.sender.retry(sent);
    const context = `it failed once (${outcomes([first])}) and was retried (${outcomes([last])})`;
    return run.refusal([last], 'the retry after a failure') ?? run.judgeOnce([job], context);
  },
};
