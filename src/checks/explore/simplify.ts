import { type CrashMoment, hangUpShares, jobsOf, longWaitsMs, type Schedule, type Step } from './schedule.ts';

/**
 * Schedules that are a little simpler than this one, the shortest first: what is left to try when fast-check's own
 * shrinking, which changes one choice at a time, has come to its end.
 */
export function* simpler(schedule: Schedule): Generator<Schedule> {
  const replaced = (at: number, count: number, ...steps: Step[]): Schedule => [
    ...schedule.slice(0, at),
    ...steps,
    ...schedule.slice(at + count),
  ];
  for (const at of schedule.keys()) yield replaced(at, 1);
  // A delivery that comes again after something is one whose answer was lost: the sender's retry comes by itself.
  for (const [at, step] of schedule.entries()) {
    const job = onlyJob(step);
    for (let last = at + 1; job !== null && last < schedule.length; last++)
      if (onlyJob(schedule[last]!) === job)
        yield replaced(at, last - at + 1, { kind: 'lose-ack', job }, ...schedule.slice(at + 1, last));
  }
  for (const [at, step] of schedule.entries())
    for (const other of plainer(step)) yield replaced(at, 1, other);
  const order = jobsOf(schedule);
  if (order.some((job, i) => job !== i)) yield schedule.map((step) => renumbered(step, order));
}

/** Steps that say less than this one. */
function plainer(step: Step): Step[] {
  switch (step.kind) {
    case 'deliver':
      return step.jobs.length === 1
        ? []
        : step.jobs.map((_job, i) => ({ ...step, jobs: step.jobs.filter((_other, at) => at !== i) }));
    case 'lose-ack':
      return [{ kind: 'deliver', jobs: [step.job] }];
    case 'hang-up':
      return [
        { kind: 'deliver', jobs: [step.job] },
        { kind: 'lose-ack', job: step.job },
        ...hangUpShares.filter((at) => at < step.at).map((at) => ({ ...step, at })),
      ];
    case 'wait':
      return plainWaitsMs.filter((ms) => ms < step.ms).map((ms) => ({ ...step, ms }));
    case 'crash':
      return [
        { kind: 'restart' },
        { kind: 'deliver', jobs: [step.job] },
        { kind: 'lose-ack', job: step.job },
        ...plainerMoments(step.at).map((at) => ({ ...step, at })),
      ];
    case 'fail-api':
      return [
        ...(step.times > 1 ? [{ ...step, times: 1 }] : []),
        ...(step.answer === 500 ? [] : [{ ...step, answer: 500 as const }]),
      ];
    default:
      return [];
  }
}

/** Moments to be killed at, the plainest first. */
const plainMoments: readonly CrashMoment[] = ['fetch', 'answer', 0];

function plainerMoments(at: CrashMoment): readonly CrashMoment[] {
  const rank = plainMoments.indexOf(at);
  return rank === -1 ? plainMoments : plainMoments.slice(0, rank);
}

/** ms: what is waited, the shortest first. */
const plainWaitsMs: readonly number[] = [1, 50, 1100, ...longWaitsMs];

/** The job of a plain delivery; null for any other step. */
const onlyJob = (step: Step): number | null =>
  step.kind === 'deliver' && step.jobs.length === 1 ? step.jobs[0]! : null;

function renumbered(step: Step, order: readonly number[]): Step {
  const to = (job: number): number => order.indexOf(job);
  if ('jobs' in step) return { ...step, jobs: step.jobs.map(to) };
  return 'job' in step ? { ...step, job: to(step.job) } : step;
}
