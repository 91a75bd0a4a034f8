import { setTimeout as delay } from 'node:timers/promises';
import { formatDuration } from '../../core/units.ts';
import { type Check, notJudged, passed, sources } from '../check.ts';
import { outcomes } from '../outcomes.ts';
import type { CheckJob } from '../run.ts';
import { accepted } from '../sender.ts';

/** Other deliveries that have to lie in between at least. */
const others = 10;

export const lateDuplicate: Check = {
  id: 'late-duplicate',
  title: 'a duplicate of the first delivery, after all others',
  proves:
    'A duplicate is known as one when many others have come in between: more than the last ids are remembered.',
  why: {
    text: "Svix's retries come up to 27 hours after the first attempt; hundreds of other deliveries lie in between.",
    url: sources.retries,
  },
  fix: 'Keep every processed id for longer than the sender retries (Svix: 28 h), in the database rather than in a short list.',
  severity: 'error',
  needs: ['clean'],
  async run(run) {
    const { bench } = run;
    const { sent, job, at } = bench.earliest!;
    const jobs: CheckJob[] = [];
    const attempts = [];
    while (bench.jobs.size - job.serial < others) {
      const other = await run.job();
      jobs.push(other);
      attempts.push((await run.deliver(other)).attempt);
    }
    await run.quiet();
    const { lateMs = 0 } = bench.options;
    if (lateMs > 0) {
      run.doing(`waiting ${formatDuration(lateMs)} (--late)`);
      await delay(lateMs);
      await run.quiet();
    }
    const between = `${bench.jobs.size - job.serial} others and ${formatDuration(bench.clock() - at)}`;
    run.adopt(job); // and nothing may happen to it
    const duplicate = await run.attempt(sent, { fresh: true, note: 'a late duplicate' });
    attempts.push(await run.insist(sent, duplicate));
    const context = `a duplicate after ${between}`;
    const refused = run.refusal(attempts, context);
    if (refused !== null) return refused;
    const verdict = await run.judgeOnce(jobs, context);
    return verdict.outcome === 'passed' ? passed(`still known after ${between}`) : verdict;
  },
};

export const outOfOrder: Check = {
  id: 'out-of-order',
  title: 'deliveries in another order than their jobs',
  proves: 'Every delivery counts, also when a later job has been reported before.',
  why: { text: 'Jobs end when they end, and a retry arrives after what came later.', url: sources.async },
  fix: 'Do not drop what looks older than the last one; treat every job id by itself.',
  severity: 'error',
  needs: ['clean'],
  async run(run) {
    const jobs: CheckJob[] = [];
    for (let i = 0; i < 4; i++) jobs.push(await run.job());
    // Backwards, then turned by a drawn number: never the order of the jobs.
    const turn = Math.floor(run.bench.random() * 3);
    const order = [3, 2, 1, 0].map((_at, i, all) => jobs[all[(i + turn) % 4]!]!);
    const attempts = [];
    for (const job of order) attempts.push((await run.deliver(job)).attempt);
    const numbers = order.map(({ number }) => number).join(', ');
    const refused = run.refusal(attempts, `deliveries in the order ${numbers}`);
    return refused ?? run.judgeOnce(jobs, `four jobs delivered in the order ${numbers}`);
  },
};

export const earlyWebhook: Check = {
  id: 'early-webhook',
  title: 'the webhook comes before the app has stored the job id',
  proves: 'A webhook that arrives before the app has written down the job id is not lost.',
  why: {
    text: 'The job id is stored after runJob has returned; a small job ends before that, and its webhook overtakes the database.',
    url: sources.async,
  },
  fix: 'Insert the event when the job is not known yet (upsert), or answer 404 or 503 so that it is sent again; never 200 for what was dropped.',
  severity: 'error',
  needs: ['clean'],
  async run(run) {
    if (run.bench.options.prepare === undefined)
      return run.unjudged === null
        ? passed('the handler takes jobs that it has never heard of: all of this run were such')
        : notJudged(run.unjudged);
    // Such an id was the app's own before it submitted the job: its webhook can't come before it.
    if (run.hasOwnKeys)
      return notJudged(
        'the handler knows documents by an id in the metadata, which the app has before the job',
      );
    const job = await run.job({}, 'api');
    const sent = await run.delivery(job);
    const first = await run.attempt(sent, { note: 'the app does not know the job yet' });
    run.doing('the app comes to know the job');
    await run.prepare(job);
    const last = accepted(first) ? first : await run.retry(sent);
    const refused = run.refusal([last], 'a webhook that came early, retried after the app knew the job');
    const context = `the webhook came before the job id was stored (answered ${outcomes([first])}${last === first ? ', so it is not sent again' : `, then ${outcomes([last])}`})`;
    return refused ?? run.judgeOnce([job], context);
  },
};
