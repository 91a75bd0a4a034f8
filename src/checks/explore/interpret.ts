import { retrySchedule } from '../../core/retry-schedule.ts';
import { type ApiFailure, describe, jobName, jobsOf, type Schedule, type Step } from './schedule.ts';

/** How an attempt ended for its sender. */
export interface Outcome {
  /** Whether it was answered 2xx. */
  accepted: boolean;
  /** `200`, `ECONNRESET`. */
  label: string;
}

/** What schedules happen to: a handler and what is around it. One for each schedule, with jobs of its own. */
export interface World {
  /** Delivers webhooks at the same instant; resolves with their outcomes, in order, once all have one. */
  deliver(jobs: readonly number[]): Promise<Outcome[]>;
  /** Delivers and goes away before the answer; resolves when the app may be through with it. */
  hangUp(job: number): Promise<void>;
  forge(job: number): Promise<Outcome>;
  failApi(job: number, answer: ApiFailure, times: number): Promise<void>;
  wait(ms: number): Promise<void>;
  restart(): Promise<void>;
  /** @returns what the sender saw of the delivery that was under way */
  crash(job: number): Promise<Outcome>;
  /**
   * Waits until the app is quiet and looks at the effects.
   * @param jobs those that must have had theirs, once; no others may have
   * @returns what is wrong; null for nothing
   */
  judge(jobs: readonly number[]): Promise<Breach | null>;
}

/** What breaks the invariant. */
export interface Breach {
  summary: string;
  /** Lines of the effects that were expected and seen; null when it is not about effects. */
  difference: { expected: readonly string[]; observed: readonly string[] } | null;
}

/** Something that happened. */
export interface Moment {
  /** ms since the schedule began. */
  at: number;
  text: string;
}

/** What became of a schedule. */
export interface Course {
  moments: readonly Moment[];
  /** Null when the invariant holds. */
  breach: Breach | null;
}

/** Answers that ask for another try later, and the pauses that are assumed of Reducto. */
const askForTime: ReadonlySet<string> = new Set(['409', '425', '429', '503']);
const pausesMs = retrySchedule('reducto-direct').delays;

/** Attempts that Reducto makes of a delivery in all; the API's failures that a schedule asks for come on top. */
const attemptsDue = 4;

/**
 * Makes a schedule happen, then the retries that are due, and judges: each delivered job's effect exactly once in
 * the end, and no effect of what was refused.
 * @param now ms, from any point on
 */
export async function interpret(schedule: Schedule, world: World, now: () => number): Promise<Course> {
  const began = now();
  const moments: Moment[] = [];
  const note = (text: string): void => void moments.push({ at: now() - began, text });
  const delivered = new Set<number>();
  const acknowledged = new Set<number>();
  let forged: string | null = null;

  const happen = async (step: Step): Promise<string> => {
    switch (step.kind) {
      case 'deliver': {
        const outcomes = await world.deliver(step.jobs);
        for (const [i, job] of step.jobs.entries()) {
          delivered.add(job);
          if (outcomes[i]!.accepted) acknowledged.add(job);
        }
        return outcomes.map(({ label }) => label).join(', ');
      }
      case 'lose-ack': {
        const [outcome] = await world.deliver([step.job]);
        delivered.add(step.job);
        return `${outcome!.label}, which the sender never sees`;
      }
      case 'hang-up':
        await world.hangUp(step.job);
        delivered.add(step.job);
        return '';
      case 'crash': {
        const outcome = await world.crash(step.job);
        delivered.add(step.job);
        if (outcome.accepted) acknowledged.add(step.job);
        return outcome.label;
      }
      case 'forge': {
        const outcome = await world.forge(step.job);
        if (outcome.accepted)
          forged = `the forged webhook for ${jobName(step.job)} was answered ${outcome.label}`;
        return outcome.label;
      }
      case 'fail-api':
        await world.failApi(step.job, step.answer, step.times);
        return '';
      case 'wait':
        await world.wait(step.ms);
        return '';
      case 'restart':
        await world.restart();
        return '';
    }
  };

  for (const step of schedule) {
    const result = await happen(step);
    note(`${describe(step)}${result === '' ? '' : `: ${result}`}`);
    if (forged !== null) return { moments, breach: { summary: forged, difference: null } };
  }
  for (const job of jobsOf(schedule).filter((each) => delivered.has(each) && !acknowledged.has(each))) {
    const refused = await retry(job, attemptsDue + failuresOf(schedule, job), world, note);
    if (refused !== null) return { moments, breach: { summary: refused, difference: null } };
  }
  const breach = await world.judge([...delivered]);
  note(breach?.summary ?? 'every effect is there once');
  return { moments, breach };
}

/** Delivers until a 2xx. @returns what is wrong when there is none */
async function retry(
  job: number,
  most: number,
  world: World,
  note: (text: string) => void,
): Promise<string | null> {
  let label = '';
  for (let tries = 1; tries <= most; tries++) {
    // The first retry is made at once: most that failed for a moment is taken then.
    if (tries > 1 && askForTime.has(label))
      await world.wait(pausesMs[Math.min(tries - 1, pausesMs.length) - 1]!);
    const [outcome] = await world.deliver([job]);
    label = outcome!.label;
    note(`the sender's retry of ${jobName(job)}: ${label}`);
    if (outcome!.accepted) return null;
  }
  return `${jobName(job)} was never accepted: ${most} retries, the last answered ${label}`;
}

const failuresOf = (schedule: Schedule, job: number): number =>
  schedule.reduce((sum, step) => sum + (step.kind === 'fail-api' && step.job === job ? step.times : 0), 0);
