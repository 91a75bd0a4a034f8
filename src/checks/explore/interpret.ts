import { retrySchedule } from '../../core/retry-schedule.ts';
import type { SentRecord } from '../options.ts';
import {
  type ApiFailure,
  type CrashMoment,
  describe,
  jobName,
  jobsOf,
  type Schedule,
  type Step,
} from './schedule.ts';

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
  /**
   * Delivers and goes away before the answer; resolves when the app may be through with it.
   * @param at the share of the usual time until the answer
   * @returns what the sender saw: an answer that was faster is one
   */
  hangUp(job: number, at: number): Promise<Outcome>;
  forge(job: number): Promise<Outcome>;
  failApi(job: number, answer: ApiFailure, times: number): Promise<void>;
  wait(ms: number): Promise<void>;
  restart(): Promise<void>;
  /** @returns what the sender saw of the delivery that was under way */
  crash(job: number, at: CrashMoment): Promise<Outcome>;
  /**
   * Waits until the app is quiet and looks at the effects.
   * @param jobs those that must have had theirs, once; no others may have
   * @returns what is wrong; null for nothing
   */
  judge(jobs: readonly number[]): Promise<Breach | null>;
  /** What is there to show of it, now. */
  evidence(): Evidence;
}

/** What a report shows of one run of a schedule. */
export interface Evidence {
  /** Ids of its jobs, by their numbers. */
  jobIds: ReadonlyMap<number, string>;
  sent: readonly SentRecord[];
  /** What the app printed meanwhile, where it was started here. */
  appOutput: readonly string[];
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
  what: MomentKind;
}

/** What a moment is, for a drawing. */
export type MomentKind =
  /** @property outcomes what the sender saw, in the order of the deliveries */
  | { kind: 'step'; step: Step; outcomes: readonly string[] }
  | { kind: 'retry'; job: number; outcome: string }
  | { kind: 'judged'; breach: boolean };

/** What became of a schedule. */
export interface Course {
  moments: readonly Moment[];
  /** Null when the invariant holds. */
  breach: Breach | null;
  /** Of this very run; null when the invariant holds. */
  evidence: Evidence | null;
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
  const course = await happening(schedule, world, now);
  return { ...course, evidence: course.breach && world.evidence() };
}

async function happening(
  schedule: Schedule,
  world: World,
  now: () => number,
): Promise<Omit<Course, 'evidence'>> {
  const began = now();
  const moments: Moment[] = [];
  const note = (text: string, what: MomentKind): void => void moments.push({ at: now() - began, text, what });
  const delivered = new Set<number>();
  const acknowledged = new Set<number>();
  let forged: string | null = null;

  const seen = (...outcomes: readonly Outcome[]) => outcomes.map(({ label }) => label);
  /** @returns what the sender saw, and what is said of it where that is not the same */
  const happen = async (step: Step): Promise<{ outcomes: string[]; said?: string }> => {
    switch (step.kind) {
      case 'deliver': {
        const outcomes = await world.deliver(step.jobs);
        for (const [i, job] of step.jobs.entries()) {
          delivered.add(job);
          if (outcomes[i]!.accepted) acknowledged.add(job);
        }
        return { outcomes: seen(...outcomes) };
      }
      case 'lose-ack': {
        const [outcome] = await world.deliver([step.job]);
        delivered.add(step.job);
        return { outcomes: seen(outcome!), said: `${outcome!.label}, which the sender never sees` };
      }
      case 'hang-up': {
        const outcome = await world.hangUp(step.job, step.at);
        delivered.add(step.job);
        if (outcome.accepted) acknowledged.add(step.job);
        return { outcomes: seen(outcome), said: outcome.accepted ? `${outcome.label}, before that` : '' };
      }
      case 'crash': {
        const outcome = await world.crash(step.job, step.at);
        delivered.add(step.job);
        if (outcome.accepted) acknowledged.add(step.job);
        return { outcomes: seen(outcome) };
      }
      case 'forge': {
        const outcome = await world.forge(step.job);
        if (outcome.accepted)
          forged = `the forged webhook for ${jobName(step.job)} was answered ${outcome.label}`;
        return { outcomes: seen(outcome) };
      }
      case 'fail-api':
        await world.failApi(step.job, step.answer, step.times);
        return { outcomes: [] };
      case 'wait':
        await world.wait(step.ms);
        return { outcomes: [] };
      case 'restart':
        await world.restart();
        return { outcomes: [] };
    }
  };

  for (const step of schedule) {
    const { outcomes, said = outcomes.join(', ') } = await happen(step);
    note(`${describe(step)}${said === '' ? '' : `: ${said}`}`, { kind: 'step', step, outcomes });
    if (forged !== null) return { moments, breach: { summary: forged, difference: null } };
  }
  for (const job of jobsOf(schedule).filter((each) => delivered.has(each) && !acknowledged.has(each))) {
    const refused = await retry(job, attemptsDue + failuresOf(schedule, job), world, note);
    if (refused !== null) return { moments, breach: { summary: refused, difference: null } };
  }
  const breach = await world.judge([...delivered]);
  note(breach?.summary ?? 'every effect is there once', { kind: 'judged', breach: breach !== null });
  return { moments, breach };
}

/** Delivers until a 2xx. @returns what is wrong when there is none */
async function retry(
  job: number,
  most: number,
  world: World,
  note: (text: string, what: MomentKind) => void,
): Promise<string | null> {
  let label = '';
  for (let tries = 1; tries <= most; tries++) {
    // The first retry is made at once: most that failed for a moment is taken then.
    if (tries > 1 && askForTime.has(label))
      await world.wait(pausesMs[Math.min(tries - 1, pausesMs.length) - 1]!);
    const [outcome] = await world.deliver([job]);
    label = outcome!.label;
    note(`the sender's retry of ${jobName(job)}: ${label}`, { kind: 'retry', job, outcome: label });
    if (outcome!.accepted) return null;
  }
  return `${jobName(job)} was never accepted: ${most} retries, the last answered ${label}`;
}

const failuresOf = (schedule: Schedule, job: number): number =>
  schedule.reduce((sum, step) => sum + (step.kind === 'fail-api' && step.job === job ? step.times : 0), 0);
