import * as fc from 'fast-check';
import { schedules } from './generate.ts';
import { type Course, interpret, type World } from './interpret.ts';
import type { Abilities, Schedule } from './schedule.ts';
import { simpler } from './simplify.ts';
import { smallSchedules } from './small.ts';

/** What an exploration needs. */
export interface ExploreOptions {
  abilities: Abilities;
  /** The same seed gives the same schedules in the same order. */
  seed: number;
  /** Schedules to try at the most; as many as there is time for when absent. */
  runs?: number | undefined;
  /** ms for the search; as long as the runs take when absent. Shrinking and confirming come on top. */
  timeMs?: number | undefined;
  /** ms after which a violation is not shrunk any further. */
  shrinkMs?: number;
  /** A world for one schedule. @param careful whether a violation has to be beyond doubt, however long that takes */
  world(careful: boolean): Promise<World>;
  /** ms, from any point on. */
  now(): number;
  onProgress?: (text: string) => void;
  signal?: AbortSignal | undefined;
}

/** A schedule that breaks the invariant. */
export interface Finding {
  /** The shortest one that was found, as it was run again. */
  schedule: Schedule;
  /** The one that was found first. */
  original: Schedule;
  /** How that one went when it broke the invariant last. */
  course: Course;
  /** How often it did so when it was run again; never: what was seen is not reproduced, and no proof. */
  again: { broken: number; of: number };
  /** With it the search begins where this was found. */
  seed: number;
}

/** What an exploration found. */
export interface Exploration {
  /** Schedules that were tried in the search. */
  runs: number;
  /** Schedules that were tried to make the violation shorter. */
  shrinkRuns: number;
  durationMs: number;
  /** One that was seen again; else the first that was not; else null. */
  finding: Finding | null;
}

/** Runs under one seed; the next ones are under the seed after it, so that a finding is never far from its seed. */
const runsPerSeed = 20;
/** How often a schedule that hangs on the instant is tried before it passes. */
const racyTries = 3;
/** The same, once a violation is known to be there. */
const racyShrinkTries = 5;
/** How often a violation is run again. */
export const confirmations = 5;

/**
 * Tries schedules, the small ones first, until one breaks the invariant; shrinks that one and runs it again. One that
 * does not show again is no proof: the search goes on. Ends when runs or time are used up.
 */
export async function explore(options: ExploreOptions): Promise<Exploration> {
  const { now, runs = Number.POSITIVE_INFINITY, timeMs = Number.POSITIVE_INFINITY } = options;
  const began = now();
  const search = new Search(options, { until: began + timeMs, runs });
  let finding: Finding | null = null;
  while (!search.over && (finding === null || finding.again.broken === 0)) {
    const broken = await search.next();
    const confirmed = broken && (await confirm(broken, options));
    if (confirmed && (finding === null || confirmed.again.broken > 0)) finding = confirmed;
  }
  return { runs: search.runs, shrinkRuns: search.shrinkRuns, durationMs: now() - began, finding };
}

/** A violation as it comes from the search. */
interface Broken extends Omit<Finding, 'again'> {
  /** How the one that was found first went. */
  originalCourse: Course;
}

class Search {
  runs = 0;
  shrinkRuns = 0;
  #broken: Broken | null = null;
  readonly #small: Schedule[];
  #batches = 0;
  /** Schedules that were tried while shrinking and are all right. */
  readonly #fine = new Set<string>();
  #shrinkUntil = Number.POSITIVE_INFINITY;
  /** Whether the violation did not show again when the very same schedule was run. */
  #fickle = false;

  constructor(
    private readonly options: ExploreOptions,
    private readonly limits: { until: number; runs: number },
  ) {
    this.#small = smallSchedules(options.abilities);
  }

  /** Whether runs or time are used up, or the user has had enough. */
  get over(): boolean {
    const { until, runs } = this.limits;
    return this.runs >= runs || this.options.now() >= until || this.options.signal?.aborted === true;
  }

  /** Tries the next small schedule, or a batch of drawn ones. @returns the violation, as short as it gets; null for none */
  async next(): Promise<Broken | null> {
    const { seed } = this.options;
    this.#broken = null;
    this.#fine.clear();
    const small = this.#small.shift();
    if (small) await this.#smallOne(small, seed);
    else await this.#batch(seed + this.#batches++);
    while (await this.#simplify());
    return this.#broken;
  }

  async #smallOne(schedule: Schedule, seed: number): Promise<void> {
    const tries = hasCopies(schedule) ? racyTries : 1;
    for (let i = 0; i < tries && this.#broken === null; i++) await this.#first(schedule, seed);
  }

  /** Tries the schedules of a seed. */
  async #batch(seed: number): Promise<void> {
    const property = fc.asyncProperty(schedules(this.options.abilities), (schedule) =>
      this.#try(schedule, seed),
    );
    await fc.check(property, { seed, numRuns: runsPerSeed });
  }

  /** Takes the first schedule that is simpler and still breaks the invariant. @returns whether there was one */
  async #simplify(): Promise<boolean> {
    if (this.#broken === null) return false;
    for (const schedule of simpler(this.#broken.schedule))
      if (!(await this.#shorter(schedule, this.#broken))) return true;
    return false;
  }

  /** @returns false for a violation; the last one that is reported so is the shortest */
  async #try(schedule: Schedule, seed: number): Promise<boolean> {
    return this.#broken === null ? this.#first(schedule, seed) : this.#shorter(schedule, this.#broken);
  }

  async #first(schedule: Schedule, seed: number): Promise<boolean> {
    const { now, shrinkMs = 60_000, onProgress } = this.options;
    if (this.over) return true; // the rest is not run
    this.runs += 1;
    onProgress?.(`schedule ${this.runs}: ${schedule.length} steps`);
    const course = await runOnce(schedule, this.options, true);
    if (course.breach === null) return true;
    this.#broken = { schedule, original: schedule, course, originalCourse: course, seed };
    this.#shrinkUntil = now() + shrinkMs;
    onProgress?.('a violation: is it there again?');
    const second = await runOnce(schedule, this.options, false);
    this.#fickle = second.breach === null;
    return false;
  }

  async #shorter(schedule: Schedule, broken: Broken): Promise<boolean> {
    const { now, onProgress, signal } = this.options;
    const key = JSON.stringify(schedule);
    if (this.#fine.has(key) || now() >= this.#shrinkUntil || signal?.aborted) return true;
    const most = this.#fickle || isRacy(schedule) ? racyShrinkTries : 1;
    for (let tries = 0; tries < most; tries++) {
      this.shrinkRuns += 1;
      onProgress?.(`a violation in ${broken.schedule.length} steps: is ${schedule.length} enough?`);
      const course = await runOnce(schedule, this.options, false);
      if (course.breach === null) continue;
      this.#broken = { ...broken, schedule, course };
      return false;
    }
    this.#fine.add(key);
    return true;
  }
}

/** Runs the shortest schedule again; when it breaks nothing any more, the one that was found first. */
async function confirm(broken: Broken, options: ExploreOptions): Promise<Finding> {
  const finding = await repeat(broken, options);
  if (finding.again.broken > 0 || broken.schedule === broken.original || options.signal?.aborted)
    return finding;
  return repeat({ ...broken, schedule: broken.original, course: broken.originalCourse }, options);
}

async function repeat(
  { schedule, original, seed, ...broken }: Broken,
  options: ExploreOptions,
): Promise<Finding> {
  let { course } = broken;
  let count = 0;
  let of = 0;
  while (of < confirmations && !options.signal?.aborted) {
    of += 1;
    options.onProgress?.(`running the shortest schedule again (${of} of ${confirmations})`);
    // Once it is beyond doubt, the others only count.
    const again = await runOnce(schedule, options, count === 0);
    if (again.breach === null) continue;
    count += 1;
    course = again;
  }
  return { schedule, original, seed, course, again: { broken: count, of } };
}

const runOnce = async (
  schedule: Schedule,
  { world, now }: ExploreOptions,
  careful: boolean,
): Promise<Course> => interpret(schedule, await world(careful), now);

const hasCopies = (schedule: Schedule): boolean =>
  schedule.some((step) => step.kind === 'deliver' && step.jobs.length > 1);

/** Whether it depends on the instant how a schedule goes: it passes only when it does so several times. */
export const isRacy = (schedule: Schedule): boolean =>
  hasCopies(schedule) || schedule.some(({ kind }) => kind === 'crash' || kind === 'hang-up');
