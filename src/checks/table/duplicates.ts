import type { Attempt } from '../../core/delivery.ts';
import { type Check, sources } from '../check.ts';
import type { CheckJob } from '../job.ts';
import { outcomes } from '../outcomes.ts';
import { accepted } from '../sender.ts';

const atOnce = {
  text: '"Duplicate webhooks: make your handler idempotent by tracking processed job IDs."',
  url: sources.direct,
};

/** Copies that arrive at the same instant. */
const concurrentCopies = 8;
/** How often that is tried, each time with another job. */
const rounds = 3;

export const duplicateSequential: Check = {
  id: 'duplicate-sequential',
  cause: 'again',
  title: 'the same delivery three times, one after another',
  proves: 'A delivery that comes again has no second effect and is answered 2xx.',
  why: atOnce,
  fix: 'Remember the job id (with Svix: the svix-id) in the same transaction as the work, under a unique key; answer 2xx to what is known already.',
  severity: 'error',
  needs: ['clean'],
  overlaps: true,
  waits: 2,
  async run(run) {
    const job = await run.sender.job();
    const sent = await run.sender.delivery(job);
    const attempts = [];
    for (let i = 0; i < 3; i++) {
      run.doing(`delivery ${i + 1} of 3`);
      const attempt = await run.sender.attempt(sent, i === 0 ? {} : { note: 'the same bytes again' });
      attempts.push(await run.sender.insist(sent, attempt));
      if (i === 0) await run.watch.quiet();
    }
    const refused = run.refusal(attempts, 'the same delivery three times');
    return refused ?? run.judgeOnce([job], `delivered 3 times (${outcomes(attempts)})`);
  },
};

export const duplicateConcurrent: Check = {
  id: 'duplicate-concurrent',
  cause: 'again',
  title: `the same delivery ${concurrentCopies} times at the same instant`,
  proves: 'Copies that arrive together have one effect: looking first and writing later is not enough.',
  why: {
    text: 'A retry can overtake an attempt that is still being worked on. A handler that reads "not processed yet" and then writes lets both through; public handlers fail exactly here.',
    url: sources.direct,
  },
  fix: "Claim the job with one atomic statement (INSERT … ON CONFLICT DO NOTHING, or UPDATE … WHERE status = 'pending') and go on only if it changed a row.",
  severity: 'error',
  needs: ['clean'],
  async run(run) {
    const jobs: CheckJob[] = [];
    const all: Attempt[] = [];
    for (let round = 1; round <= rounds; round++) {
      run.doing(`${concurrentCopies} copies at once, round ${round} of ${rounds}`);
      const job = await run.sender.job();
      jobs.push(job);
      const sent = await run.sender.delivery(job);
      const copies = Array.from({ length: concurrentCopies }, () => sent);
      const attempts = await run.bench.sender.together(copies, 'at the same instant');
      all.push(...attempts);
      // Copies may well be turned away while the first is worked on, but their retry has to end it.
      if (attempts.every(accepted)) continue;
      const retry = await run.sender.attempt(sent, { fresh: true, note: 'retry 1' });
      const last = await run.sender.insist(sent, retry, 1);
      const refused = run.refusal([last], `${concurrentCopies} copies at the same instant, then a retry`);
      if (refused !== null) return refused;
    }
    const context = `${concurrentCopies} copies at the same instant, ${rounds} times over (${outcomes(all)})`;
    return run.judgeOnce(jobs, context);
  },
};
