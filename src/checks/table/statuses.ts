import { outcomeLabel } from '../../core/delivery.ts';
import { type Check, sources } from '../check.ts';
import type { CheckJob } from '../job.ts';
import type { CheckRun } from '../run.ts';
import { failed, notJudged, passed, type Verdict } from '../verdict.ts';

const onlyCounts =
  'the probes show no word for how a job ended (done, Completed, …): add the status to the snapshot to have this judged';

export const failedStatus: Check = {
  id: 'failed-status',
  cause: 'status',
  title: 'a job that has failed',
  proves: 'A failed job is answered 2xx, and the app comes to know that it failed.',
  why: {
    text: 'status is "Completed" or "Failed"; a handler that only looks for the first leaves documents "processing" for ever.',
    url: sources.direct,
  },
  fix: 'Handle "Failed" (title case): mark the document as failed; the reason is in client.job.get(job_id).',
  severity: 'error',
  needs: ['clean'],
  overlaps: true,
  async run(run) {
    const job = await run.sender.job({ status: 'Failed' });
    const { attempt } = await run.sender.deliver(job, { status: 'Failed' });
    const refused = run.refusal([attempt], 'a failed job');
    await run.watch.quiet((effects) => run.watch.sawEffect(effects));
    if (refused !== null) return refused;
    if (run.watch.unjudged !== null) return notJudged(run.watch.unjudged);
    // A probe that only failures move tells of them, whatever it shows; so does a word for a failure.
    if (!run.watch.showsStatus && !run.watch.elsewhere && !run.watch.tellsFailure)
      return notJudged(onlyCounts);
    if (!run.watch.anyEffect)
      return failed(
        'a failed job is answered 2xx and has no effect',
        'the failure to be recorded',
        'no effect',
        {
          hint: 'If the probe shows completed documents only, let it show the failed ones too; if the effect only comes later than that, give it time: --effect-time 30s.',
        },
      );
    if (run.watch.isUnit(job) && !run.watch.elsewhere)
      return failed('a failed job has the effect of a completed one', 'another effect', 'the same');
    if (run.watch.showsStatus && run.watch.tellsTheSame && !run.watch.elsewhere)
      return failed(
        'a failed job is recorded with the words of a completed one',
        'a record that says that it failed',
        run.watch.effectText.slice(0, 2).join(', '),
      );
    return passed(`recorded: ${run.watch.effectText.slice(0, 2).join(', ')}`);
  },
};

export const statusCase: Check = {
  id: 'status-case',
  cause: 'status',
  title: '"completed" and "failed" in lower case',
  proves: 'The handler compares with the words that Reducto sends, not with their lower case.',
  why: {
    text: 'Reducto sends "Completed" and "Failed"; copied examples compare with "completed" and "failed", and never match.',
    url: sources.direct,
  },
  fix: 'Compare with "Completed" and "Failed" exactly, or without regard to case.',
  severity: 'error',
  needs: [],
  overlaps: true,
  waits: 3,
  async run(run) {
    const { bench } = run;
    const lower = await observe(run, 'Completed', 'completed');
    if (lower.verdict) return lower.verdict;
    if (!run.watch.hasProbe) return notJudged('there is no effect probe: give --effects or --effects-url');
    if (bench.baseline === null) {
      if (lower.any) return mismatched('completed', 'Completed');
      return notJudged(`once did not pass (${bench.notClean})`);
    }
    const title = await observe(run, 'Failed', 'Failed');
    const lowerFailed = await observe(run, 'Failed', 'failed');
    if (title.verdict ?? lowerFailed.verdict) return (title.verdict ?? lowerFailed.verdict)!;
    if (lowerFailed.any && !title.any) return mismatched('failed', 'Failed');
    if (title.unit && lowerFailed.any && !lowerFailed.unit && run.watch.showsStatus)
      return mismatched('failed', 'Failed');
    if (run.watch.unjudged !== null) return notJudged(run.watch.unjudged);
    return title.any
      ? passed('"Completed" and "Failed" are known as Reducto writes them')
      : notJudged('the probes show no effect of a failed job, in whatever case: see failed-status');
  },
};

const mismatched = (lower: string, title: string): Verdict =>
  failed(
    `the handler knows "${lower}", which Reducto never sends, and does not know "${title}"`,
    `an effect of "${title}"`,
    `an effect of "${lower}" only`,
  );

interface Seen {
  /** A failure that ends the check. */
  verdict: Verdict | null;
  any: boolean;
  unit: boolean;
}

/** Sends a status word, and sees what comes of it. */
async function observe(run: CheckRun, real: 'Completed' | 'Failed', word: string): Promise<Seen> {
  run.watch.rebase();
  run.doing(`status "${word}"`);
  const job = await run.sender.job({ status: real });
  const { attempt } = await run.sender.deliver(job, { status: word });
  // What Reducto sends is waited for; of other words nothing is expected.
  const patienceMs = real === word ? undefined : 300;
  await run.watch.quiet((effects) => run.watch.sawEffect(effects), { patienceMs });
  const { outcome } = attempt;
  const broken = outcome.kind === 'error' || (outcome.kind === 'response' && outcome.status >= 500);
  const verdict =
    broken && run.bench.baseline !== null
      ? failed(
          `status "${word}" is answered ${outcomeLabel(outcome)}`,
          'an answer below 500',
          outcomeLabel(outcome),
        )
      : null;
  return { verdict, any: run.watch.anyEffect, unit: run.watch.anyEffect && run.watch.isUnit(job) };
}

export const unknownStatus: Check = {
  id: 'unknown-status',
  cause: 'status',
  title: 'a status that is neither Completed nor Failed',
  proves: 'An unknown status does not break the handler and is not taken for Completed.',
  why: {
    text: "Reducto's own pages name more statuses (InProgress, Completing, Idle, Cancelled) than its webhooks send today.",
    url: sources.async,
  },
  fix: 'Compare with each known status, and in the last branch log the unknown one and answer 2xx.',
  severity: 'error',
  needs: ['clean'],
  overlaps: true,
  async run(run) {
    const job: CheckJob = await run.sender.job({ status: 'InProgress' });
    const { attempt } = await run.sender.deliver(job, { status: 'InProgress' });
    await run.watch.quiet();
    run.bench.emulator.endJob(job.id, 'Cancelled'); // so that nobody goes on polling it
    const { outcome } = attempt;
    if (outcome.kind !== 'response' || outcome.status >= 500)
      return failed(
        `status "InProgress" is answered ${outcomeLabel(outcome)}`,
        'an answer below 500',
        outcomeLabel(outcome),
      );
    if (run.watch.unjudged !== null) return notJudged(run.watch.unjudged);
    if (!run.watch.anyEffect) return passed(`answered ${outcome.status}, no effect`);
    if (!run.watch.isUnit(job))
      return passed(`answered ${outcome.status}: ${run.watch.effectText.slice(0, 2).join(', ')}`);
    if (!run.watch.showsStatus) return notJudged(onlyCounts);
    return failed(
      'a job that is in progress has the effect of a completed one',
      'no such effect',
      'the full effect',
    );
  },
};
