import { outcomeLabel } from '../../core/delivery.ts';
import { type Check, failed, notJudged, passed, sources, type Verdict } from '../check.ts';
import type { CheckJob, CheckRun } from '../run.ts';

const onlyCounts =
  'the probes show no word for how a job ended (done, Completed, …): add the status to the snapshot to have this judged';

export const failedStatus: Check = {
  id: 'failed-status',
  title: 'a job that has failed',
  proves: 'A failed job is answered 2xx, and the app comes to know that it failed.',
  why: {
    text: 'status is "Completed" or "Failed"; a handler that only looks for the first leaves documents "processing" for ever.',
    url: sources.direct,
  },
  fix: 'Handle "Failed" (title case): mark the document as failed; the reason is in client.job.get(job_id).',
  severity: 'error',
  needs: ['clean'],
  async run(run) {
    const job = await run.job({ status: 'Failed' });
    const { attempt } = await run.deliver(job, { status: 'Failed' });
    const refused = run.refusal([attempt], 'a failed job');
    await run.quiet((effects) => run.sawEffect(effects), 300);
    if (refused !== null) return refused;
    if (run.unjudged !== null || run.onlyFetches) return notJudged(run.unjudged ?? onlyCounts);
    // A probe that only failures move tells of them, whatever it shows.
    if (!run.showsStatus && !run.elsewhere) return notJudged(onlyCounts);
    if (!run.anyEffect)
      return failed(
        'a failed job is answered 2xx and has no effect',
        'the failure to be recorded',
        'no effect',
        {
          hint: 'If the probe shows completed documents only, let it show the failed ones too.',
        },
      );
    if (run.isUnit(job) && !run.elsewhere)
      return failed('a failed job has the effect of a completed one', 'another effect', 'the same');
    return passed(`recorded: ${run.effectText.slice(0, 2).join(', ')}`);
  },
};

export const statusCase: Check = {
  id: 'status-case',
  title: '"completed" and "failed" in lower case',
  proves: 'The handler compares with the words that Reducto sends, not with their lower case.',
  why: {
    text: 'Reducto sends "Completed" and "Failed"; copied examples compare with "completed" and "failed", and never match.',
    url: sources.direct,
  },
  fix: 'Compare with "Completed" and "Failed" exactly, or without regard to case.',
  severity: 'error',
  needs: [],
  async run(run) {
    const { bench } = run;
    const lower = await observe(run, 'Completed', 'completed');
    if (lower.verdict) return lower.verdict;
    if (!run.hasProbe) return notJudged('there is no effect probe: give --effects or --effects-url');
    if (bench.baseline === null) {
      if (lower.any) return mismatched('completed', 'Completed');
      return notJudged(`once did not pass (${bench.notClean})`);
    }
    const title = await observe(run, 'Failed', 'Failed');
    const lowerFailed = await observe(run, 'Failed', 'failed');
    if (title.verdict ?? lowerFailed.verdict) return (title.verdict ?? lowerFailed.verdict)!;
    if (lowerFailed.any && !title.any) return mismatched('failed', 'Failed');
    if (title.unit && lowerFailed.any && !lowerFailed.unit && run.showsStatus)
      return mismatched('failed', 'Failed');
    return passed();
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
  run.rebase();
  run.doing(`status "${word}"`);
  const job = await run.job({ status: real });
  const { attempt } = await run.deliver(job, { status: word });
  await run.quiet((effects) => run.sawEffect(effects), 300);
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
  return { verdict, any: run.anyEffect, unit: run.anyEffect && run.isUnit(job) };
}

export const unknownStatus: Check = {
  id: 'unknown-status',
  title: 'a status that is neither Completed nor Failed',
  proves: 'An unknown status does not break the handler and is not taken for Completed.',
  why: {
    text: "Reducto's own pages name more statuses (InProgress, Completing, Idle, Cancelled) than its webhooks send today.",
    url: sources.async,
  },
  fix: 'Compare with each known status, and in the last branch log the unknown one and answer 2xx.',
  severity: 'error',
  needs: ['clean'],
  async run(run) {
    const job: CheckJob = await run.job({ status: 'InProgress' });
    const { attempt } = await run.deliver(job, { status: 'InProgress' });
    await run.quiet();
    run.bench.emulator.endJob(job.id, 'Cancelled'); // so that nobody goes on polling it
    const { outcome } = attempt;
    if (outcome.kind !== 'response' || outcome.status >= 500)
      return failed(
        `status "InProgress" is answered ${outcomeLabel(outcome)}`,
        'an answer below 500',
        outcomeLabel(outcome),
      );
    if (run.unjudged !== null || run.onlyFetches) return notJudged(run.unjudged ?? onlyCounts);
    if (!run.anyEffect) return passed(`answered ${outcome.status}, no effect`);
    if (!run.isUnit(job))
      return passed(`answered ${outcome.status}: ${run.effectText.slice(0, 2).join(', ')}`);
    if (!run.showsStatus) return notJudged(onlyCounts);
    return failed(
      'a job that is in progress has the effect of a completed one',
      'no such effect',
      'the full effect',
    );
  },
};
