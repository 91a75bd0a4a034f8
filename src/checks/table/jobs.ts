import { outcomeLabel } from '../../core/delivery.ts';
import { asksWithoutEnd } from '../asking.ts';
import { type Check, sources } from '../check.ts';
import { asksForTime } from '../job-sender.ts';
import { outcomes } from '../outcomes.ts';
import { failed, notJudged, passed } from '../verdict.ts';

export const unknownJob: Check = {
  id: 'unknown-job',
  cause: null,
  title: 'a job id that nobody has heard of',
  proves:
    'A job that neither the app nor Reducto knows does not break the handler and is not taken for a completed one.',
  why: {
    text: 'The URL is public and direct webhooks are not signed: "job-ID verification" is one of the documented guards.',
    url: sources.direct,
  },
  fix: 'When job.get answers 404, record that and answer 404 (or 2xx once you have given it up); do not let the exception become a 500.',
  severity: 'error',
  needs: ['clean'],
  overlaps: true,
  async run(run) {
    const job = await run.sender.job({}, 'nowhere');
    const { attempt } = await run.sender.deliver(job);
    const { outcome } = attempt;
    await run.watch.quiet();
    if (outcome.kind !== 'response')
      return failed('an unknown job id gets no answer', 'an answer below 500', outcomeLabel(outcome));
    const { fetches } = run.baseline;
    const { unjudged } = run.watch;
    if (fetches > 0 && unjudged === null && run.watch.isUnit(job))
      return failed('an unknown job has the effect of a completed one', 'no such effect', 'the full effect');
    if (outcome.status >= 500)
      return failed(
        `an unknown job id is answered ${outcome.status}: it is sent again, and fails again`,
        'an answer below 500',
        String(outcome.status),
        { severity: 'warning' },
      );
    if (fetches === 0)
      return notJudged('the handler asks nobody whether a job exists: it does not fetch its jobs');
    return unjudged === null
      ? passed(`answered ${outcome.status}`)
      : notJudged(
          `answered ${outcome.status}, as it should; whether it had an effect can't be told: ${unjudged}`,
        );
  },
};

export const jobExpired: Check = {
  id: 'job-expired',
  cause: null,
  title: 'job.get answers 404: the result has expired',
  proves: 'A result that is gone neither breaks the handler nor is asked for without end.',
  why: {
    text: '"Job IDs expire after 12 hours": a late retry finds no result any more.',
    url: sources.direct,
  },
  fix: 'Treat 404 from job.get as final: record the job as expired and answer 2xx, so that it is not sent again.',
  severity: 'error',
  needs: ['clean', 'fetches'],
  overlaps: true,
  async run(run) {
    const { emulator } = run.bench;
    const job = await run.sender.job();
    await emulator.expireJob(job.id);
    const sent = await run.sender.delivery(job);
    const last = await run.sender.retry(sent);
    await run.watch.fetched(job);
    await run.watch.quiet();
    if (emulator.fetches(job.id).length === 0)
      return notJudged('the handler did not fetch this job: it could not see that it has expired');
    run.doing('watching whether the job is asked for without end');
    const endless = await asksWithoutEnd(emulator, job.id, run.bench.options.signal);
    if (endless !== null)
      return failed('an expired job is fetched again and again', 'an end, or pauses that grow', endless);
    const { outcome } = last;
    if (outcome.kind !== 'response')
      return failed('an expired job gets no answer', 'an answer', `${outcomeLabel(outcome)}`);
    if (run.watch.unjudged === null && run.watch.isUnit(job) && run.watch.showsStatus)
      return failed('an expired job has the effect of a completed one', 'no such effect', 'the full effect');
    // A 4xx is as final as a 2xx: the few retries that it brings do no harm.
    if (outcome.status >= 500 || asksForTime(last))
      return failed(
        `an expired job is answered ${outcomes(sent.attempts)}: every retry fails like the first`,
        'a 2xx or 4xx: there is nothing to be tried again',
        outcomes(sent.attempts),
        { severity: 'warning' },
      );
    return passed(`answered ${outcomes(sent.attempts)}`);
  },
};

/** ms that a handler has for what it tries again by itself. */
const ownRetriesMs = 6000;

export const getJobFlaky: Check = {
  id: 'get-job-flaky',
  cause: 'lost',
  title: 'job.get answers 429, then 503, then works',
  proves: 'When the API fails for a moment the work is done in the end, once.',
  why: {
    text: 'Rate limits and 5xx are documented answers; an event that was answered 200 is never sent again.',
    url: 'https://docs.reducto.ai/reference/error-codes',
  },
  fix: 'Try job.get again (the SDK does, twice), and when that is in vain answer 5xx so that the webhook comes again; after an early 200 keep the event in a queue that survives failures.',
  severity: 'error',
  needs: ['clean', 'fetches'],
  overlaps: true,
  async run(run) {
    const { emulator } = run.bench;
    const job = await run.sender.job();
    emulator.nextFetches(job.id, 429);
    emulator.nextFetches(job.id, 503);
    const sent = await run.sender.delivery(job);
    const last = await run.sender.retry(sent);
    const refused = run.refusal([last], `while job.get failed twice (${outcomes(sent.attempts)})`);
    if (refused !== null) return refused;
    const patienceMs = Math.max(run.watch.patienceMs, ownRetriesMs);
    const context = `job.get failed twice (${outcomes(sent.attempts)})`;
    const verdict = await run.judgeOnce([job], context, { patienceMs });
    const failures = emulator.fetches(job.id).filter(({ status }) => status === 429 || status === 503).length;
    if (verdict.outcome !== 'passed') return verdict;
    return failures === 0
      ? notJudged('the handler did not fetch this job: nothing could fail')
      : passed(`job.get failed ${failures === 1 ? 'once' : 'twice'} (${outcomes(sent.attempts)})`);
  },
};
