import { retrySchedule } from '../../core/retry-schedule.ts';
import type { SentRecord } from '../options.ts';
import {
  type ApiFailure,
  type CrashMoment,
  describe,
  jobName,
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
  /**
   * Delivers webhooks at the same instant; resolves with their outcomes, in order, once all have one.
   * @param faults that strike these requests, in the fault language
   */
  deliver(jobs: readonly number[], faults?: string): Promise<Outcome[]>;
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
  const play = new Play(world, now);
  const breach = await whole(schedule, play);
  return { moments: play.moments, breach, evidence: breach && world.evidence() };
}

async function whole(schedule: Schedule, play: Play): Promise<Breach | null> {
  for (const step of schedule) {
    const { breach } = await play.step(step);
    if (breach !== null) return breach;
  }
  return (await play.retry()) ?? play.judge(play.delivered);
}

/** Steps as they happen, and what their sender knows by then. */
export class Play {
  readonly moments: Moment[] = [];
  readonly #delivered = new Set<number>();
  readonly #acknowledged = new Set<number>();
  /** Failures of the API that were asked for, by job. */
  readonly #failures = new Map<number, number>();
  readonly #began: number;

  /**
   * @param now ms, from any point on
   * @param name how a job is called
   */
  constructor(
    private readonly world: World,
    private readonly now: () => number,
    private readonly name: (job: number) => string = jobName,
  ) {
    this.#began = now();
  }

  /** Jobs whose webhooks have been sent, in that order. */
  get delivered(): readonly number[] {
    return [...this.#delivered];
  }

  /** Makes a step happen. @returns what the sender saw, and what is wrong with that by itself; null for nothing */
  async step(step: Step): Promise<{ outcomes: readonly Outcome[]; breach: Breach | null }> {
    const { outcomes, said } = await this.#happen(step);
    const labels = outcomes.map(({ label }) => label);
    const told = said ?? labels.join(', ');
    const text = `${describe(step, this.name)}${told === '' ? '' : `: ${told}`}`;
    this.#note(text, { kind: 'step', step, outcomes: labels });
    const taken = step.kind === 'forge' ? outcomes.find(({ accepted }) => accepted) : undefined;
    if (!taken || step.kind !== 'forge') return { outcomes, breach: null };
    const summary = `the forged webhook for ${this.name(step.job)} was answered ${taken.label}`;
    return { outcomes, breach: { summary, difference: null } };
  }

  /** Makes the retries that are due: of each delivery that no 2xx was seen of. @returns what is wrong when one is never taken */
  async retry(): Promise<Breach | null> {
    for (const job of this.delivered.filter((each) => !this.#acknowledged.has(each))) {
      const refused = await this.#retry(job, attemptsDue + (this.#failures.get(job) ?? 0));
      if (refused !== null) return { summary: refused, difference: null };
    }
    return null;
  }

  /** Waits until the app is quiet. @param jobs that must have had their effect, once; and no others @returns what is wrong */
  async judge(jobs: readonly number[]): Promise<Breach | null> {
    const breach = await this.world.judge(jobs);
    const well = jobs.length === 0 ? 'there is no effect' : 'every effect is there once';
    this.#note(breach?.summary ?? well, { kind: 'judged', breach: breach !== null });
    return breach;
  }

  #note(text: string, what: MomentKind): void {
    this.moments.push({ at: this.now() - this.#began, text, what });
  }

  /** @returns what the sender saw, and what is said of it where that is not the same */
  async #happen(step: Step): Promise<{ outcomes: readonly Outcome[]; said?: string }> {
    const { world } = this;
    switch (step.kind) {
      case 'deliver': {
        const outcomes = await world.deliver(step.jobs, step.faults);
        for (const [i, job] of step.jobs.entries()) this.#sent(job, step.lost ? null : outcomes[i]!);
        return { outcomes };
      }
      case 'lose-ack': {
        const outcomes = await world.deliver([step.job]);
        this.#sent(step.job, null);
        return { outcomes, said: `${outcomes[0]!.label}, which the sender never sees` };
      }
      case 'hang-up': {
        const outcome = this.#sent(step.job, await world.hangUp(step.job, step.at));
        return { outcomes: [outcome], said: outcome.accepted ? `${outcome.label}, before that` : '' };
      }
      case 'crash':
        return { outcomes: [this.#sent(step.job, await world.crash(step.job, step.at))] };
      case 'forge':
        return { outcomes: [await world.forge(step.job)] };
      case 'fail-api':
        await world.failApi(step.job, step.answer, step.times);
        this.#failures.set(step.job, (this.#failures.get(step.job) ?? 0) + step.times);
        return { outcomes: [] };
      case 'wait':
        await world.wait(step.ms);
        return { outcomes: [] };
      case 'restart':
        await world.restart();
        return { outcomes: [] };
    }
  }

  /** @param seen by the sender; null when it saw nothing */
  #sent<Seen extends Outcome | null>(job: number, seen: Seen): Seen {
    this.#delivered.add(job);
    if (seen?.accepted) this.#acknowledged.add(job);
    return seen;
  }

  /** Delivers until a 2xx. @returns what is wrong when there is none */
  async #retry(job: number, most: number): Promise<string | null> {
    const { world, name } = this;
    let label = '';
    for (let tries = 1; tries <= most; tries++) {
      // The first retry is made at once: most that failed for a moment is taken then.
      if (tries > 1 && askForTime.has(label))
        await world.wait(pausesMs[Math.min(tries - 1, pausesMs.length) - 1]!);
      const [outcome] = await world.deliver([job]);
      label = this.#sent(job, outcome!).label;
      this.#note(`the sender's retry of ${name(job)}: ${label}`, { kind: 'retry', job, outcome: label });
      if (outcome!.accepted) return null;
    }
    return `${name(job)} was never accepted: ${most} retries, the last answered ${label}`;
  }
}
