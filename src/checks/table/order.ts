import { setTimeout as delay } from 'node:timers/promises';
import type { Attempt } from '../../core/delivery.ts';
import { formatDuration } from '../../core/units.ts';
import { type Check, sources } from '../check.ts';
import type { CheckJob } from '../job.ts';
import { asksForTime } from '../job-sender.ts';
import { outcomes } from '../outcomes.ts';
import type { CheckRun } from '../run.ts';
import { accepted } from '../sender.ts';
import { notApplicable, notJudged, passed, type Verdict } from '../verdict.ts';
import { limitLifted, workedOffMs } from './load.ts';

/** Other deliveries that have to lie in between: that many at least, unless they take too long (ms). */
const others = 128;
const othersMs = 30_000;
/** ms that have to, unless the user says otherwise: those that Svix waits for an answer before its retry. */
export const defaultLateMs = 15_000;

export const lateDuplicate: Check = {
  id: 'late-duplicate',
  cause: 'again',
  title: 'a duplicate of the first delivery, after all others',
  proves:
    'A duplicate is known as one when time has passed and many others have come in between: ids are remembered for more than some seconds, and more than the last of them.',
  why: {
    text: "Svix's retries come up to 27 hours after the first attempt; hundreds of other deliveries lie in between.",
    url: sources.retries,
  },
  fix: 'Keep every processed id for longer than the sender retries (Svix: 28 h), in the database rather than in a short list.',
  severity: 'error',
  needs: ['clean'],
  waits: 2,
  async run(run) {
    const { bench } = run;
    const jobs: CheckJob[] = [];
    const attempts: Attempt[] = [];
    const until = bench.clock() + othersMs;
    while (bench.sender.taken.size <= others && bench.clock() < until) {
      const other = await run.sender.job();
      const { attempt } = await run.sender.deliver(other);
      if (asksForTime(attempt)) {
        await limitLifted(run, attempt); // how many it takes is for the burst to say
        break;
      }
      jobs.push(other);
      attempts.push(attempt);
      if (!accepted(attempt)) break;
    }
    await run.watch.quiet(undefined, { limitMs: workedOffMs });
    const { lateMs = defaultLateMs } = bench.options;
    const leftMs = bench.earliest!.at + lateMs - bench.clock();
    if (leftMs > 0) {
      run.doing(`waiting ${formatDuration(leftMs)}, so that the duplicate is late (--late)`);
      await delay(leftMs);
      await run.watch.quiet();
    }
    return run.refusal(attempts, 'other deliveries before a late duplicate') ?? duplicateOfFirst(run, jobs);
  },
};

/**
 * Sends a duplicate of the first delivery of the run, and judges that nothing comes of it.
 * @param jobs others that have been sent in this check
 */
export async function duplicateOfFirst(run: CheckRun, jobs: readonly CheckJob[] = []): Promise<Verdict> {
  const { bench } = run;
  const { sent, job, at } = bench.earliest!;
  const between = `${bench.sender.taken.size - 1} others and ${formatDuration(bench.clock() - at)}`;
  run.sender.adopt(job); // and nothing may happen to it
  const duplicate = await run.sender.attempt(sent, { fresh: true, note: 'a late duplicate' });
  const last = await run.sender.insist(sent, duplicate);
  const context = `a duplicate after ${between}`;
  const refused = run.refusal([last], context);
  if (refused !== null) return refused;
  const verdict = await run.judgeOnce(jobs, context);
  return verdict.outcome === 'passed' ? passed(`still known after ${between}`) : verdict;
}

/** ms between jobs whose order can be told from when they were made, also where that is known in seconds only. */
const apartMs = 1500;

export const outOfOrder: Check = {
  id: 'out-of-order',
  cause: 'lost',
  title: 'deliveries in another order than their jobs',
  proves: 'Every delivery counts, also when a later job has been reported before.',
  why: { text: 'Jobs end when they end, and a retry arrives after what came later.', url: sources.async },
  fix: 'Do not drop what looks older than the last one; treat every job id by itself.',
  severity: 'error',
  needs: ['clean'],
  overlaps: true,
  async run(run) {
    const jobs: CheckJob[] = [];
    for (let i = 0; i < 4; i++) jobs.push(await run.sender.job({ ageMs: (3 - i) * apartMs }));
    // Backwards, then turned by a drawn number: never the order of the jobs.
    const turn = Math.floor(run.random() * 3);
    const order = [3, 2, 1, 0].map((_at, i, all) => jobs[all[(i + turn) % 4]!]!);
    const attempts = [];
    for (const job of order) attempts.push((await run.sender.deliver(job)).attempt);
    const numbers = order.map(({ number }) => number).join(', ');
    const refused = run.refusal(attempts, `deliveries in the order ${numbers}`);
    return refused ?? run.judgeOnce(jobs, `four jobs delivered in the order ${numbers}`);
  },
};

export const earlyWebhook: Check = {
  id: 'early-webhook',
  cause: 'lost',
  title: 'the webhook comes before the app has stored the job id',
  proves: 'A webhook that arrives before the app has written down the job id is not lost.',
  why: {
    text: 'The job id is stored after runJob has returned; a small job ends before that, and its webhook overtakes the database.',
    url: sources.async,
  },
  fix: 'Insert the event when the job is not known yet (upsert), or answer 404 or 503 so that it is sent again; never 200 for what was dropped.',
  severity: 'error',
  needs: ['clean'],
  overlaps: true,
  async run(run) {
    if (run.bench.options.prepare === undefined)
      return run.watch.unjudged === null
        ? passed('the handler takes jobs that it has never heard of: all of this run were such')
        : notJudged(run.watch.unjudged);
    // Such an id was the app's own before it submitted the job: its webhook can't come before it.
    if (run.sender.hasOwnKeys)
      return notApplicable(
        'the handler knows documents by an id in the metadata, which the app has before the job',
      );
    const job = await run.sender.job({}, 'api');
    const sent = await run.sender.delivery(job);
    const first = await run.sender.attempt(sent, { note: 'the app does not know the job yet' });
    run.doing('the app comes to know the job');
    await run.sender.prepare(job);
    const last = accepted(first) ? first : await run.sender.retry(sent);
    const refused = run.refusal([last], 'a webhook that came early, retried after the app knew the job');
    const context = `the webhook came before the job id was stored (answered ${outcomes([first])}${last === first ? ', so it is not sent again' : `, then ${outcomes([last])}`})`;
    return refused ?? run.judgeOnce([job], context);
  },
};
