import * as fc from 'fast-check';
import { schedules } from './generate.ts';
import { type Course, interpret, type World } from './interpret.ts';
import type { Abilities, Schedule } from './schedule.ts';
import { simpler } from './simplify.ts';

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
  /** Told when the schedule that was run last has broken the invariant. */
  onBreach?: () => void;
  /** ms, from any point on. */
  now(): number;
  onProgress?: (text: string) => void;
  signal?: AbortSignal | undefined;
}

/** A schedule that breaks the invariant. */
export interface Finding {
  /** The shortest one that was found. */
  schedule: Schedule;
  /** The one that was found first. */
  original: Schedule;
  /** How the shortest one went when it broke the invariant last. */
  course: Course;
  /** How often it did so when it was run again. */
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
  finding: Finding | null;
}

/** Runs under one seed; the next ones are under the seed after it, so that a finding is never far from its seed. */
const runsPerSeed = 20;
/** How often a violation is run again. */
export const confirmations = 5;

/** Tries schedules until one breaks the invariant, and shrinks that one; ends when runs or time are used up. */
export async function explore(options: ExploreOptions): Promise<Exploration> {
  const { now, seed, runs = Number.POSITIVE_INFINITY, timeMs = Number.POSITIVE_INFINITY } = options;
  const began = now();
  const search = new Search(options, began + timeMs);
  while (search.runs < runs && !search.over && search.broken === null) {
    const batch = seed + Math.floor(search.runs / runsPerSeed);
    await search.batch(batch, Math.min(runsPerSeed, runs - search.runs));
  }
  const finding = search.broken && (await confirm(search.broken, options));
  return { runs: search.runs, shrinkRuns: search.shrinkRuns, durationMs: now() - began, finding };
}

/** A violation as it comes from the search. */
type Broken = Omit<Finding, 'again'>;

class Search {
  runs = 0;
  shrinkRuns = 0;
  broken: Broken | null = null;
  /** Schedules that were tried while shrinking and are all right. */
  readonly #fine = new Set<string>();
  #shrinkUntil = Number.POSITIVE_INFINITY;
  /** Whether the violation did not show again when the very same schedule was run. */
  #fickle = false;

  constructor(
    private readonly options: ExploreOptions,
    private readonly until: number,
  ) {}

  /** Whether time is up, or the user has had enough. */
  get over(): boolean {
    return this.options.now() >= this.until || this.options.signal?.aborted === true;
  }

  /** Tries `count` schedules of a seed. */
  async batch(seed: number, count: number): Promise<void> {
    const property = fc.asyncProperty(schedules(this.options.abilities), (schedule) =>
      this.#try(schedule, seed),
    );
    await fc.check(property, { seed, numRuns: count });
    while (await this.#simplify());
  }

  /** Takes the first schedule that is simpler and still breaks the invariant. @returns whether there was one */
  async #simplify(): Promise<boolean> {
    if (this.broken === null) return false;
    for (const schedule of simpler(this.broken.schedule))
      if (!(await this.#shorter(schedule, this.broken))) return true;
    return false;
  }

  /** @returns false for a violation; the last one that is reported so is the shortest */
  async #try(schedule: Schedule, seed: number): Promise<boolean> {
    return this.broken === null ? this.#first(schedule, seed) : this.#shorter(schedule, this.broken);
  }

  async #first(schedule: Schedule, seed: number): Promise<boolean> {
    const { now, shrinkMs = 60_000, onProgress } = this.options;
    if (this.over) return true; // the rest of the batch is not run
    this.runs += 1;
    onProgress?.(`schedule ${this.runs}: ${schedule.length} steps`);
    const course = await runOnce(schedule, this.options, true);
    if (course.breach === null) return true;
    this.broken = { schedule, original: schedule, course, seed };
    this.#shrinkUntil = now() + shrinkMs;
    onProgress?.('a violation: is it there again?');
    const second = await runOnce(schedule, this.options, false);
    this.#fickle = second.breach === null;
    return false;
  }

  async #shorter(schedule: Schedule, { original, seed }: Broken): Promise<boolean> {
    const { now, onProgress, signal } = this.options;
    const key = JSON.stringify(schedule);
    if (this.#fine.has(key) || now() >= this.#shrinkUntil || signal?.aborted) return true;
    const most = this.#fickle || isRacy(schedule) ? 3 : 1;
    for (let tries = 0; tries < most; tries++) {
      this.shrinkRuns += 1;
      onProgress?.(`a violation in ${this.broken!.schedule.length} steps: is ${schedule.length} enough?`);
      const course = await runOnce(schedule, this.options, false);
      if (course.breach === null) continue;
      this.broken = { schedule, original, course, seed };
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
  return repeat({ ...broken, schedule: broken.original }, options);
}

async function repeat(broken: Broken, options: ExploreOptions): Promise<Finding> {
  let { course } = broken;
  let count = 0;
  let of = 0;
  while (of < confirmations && !options.signal?.aborted) {
    of += 1;
    options.onProgress?.(`running the shortest schedule again (${of} of ${confirmations})`);
    // Once it is beyond doubt, the others only count.
    const again = await runOnce(broken.schedule, options, count === 0);
    if (again.breach === null) continue;
    count += 1;
    course = again;
  }
  return { ...broken, course, again: { broken: count, of } };
}

async function runOnce(
  schedule: Schedule,
  { world, now, onBreach }: ExploreOptions,
  careful: boolean,
): Promise<Course> {
  const course = await interpret(schedule, await world(careful), now);
  if (course.breach !== null) onBreach?.();
  return course;
}

/** Whether it depends on the instant how a schedule goes: it passes only when it does so several times. */
const isRacy = (schedule: Schedule): boolean =>
  schedule.some((step) => step.kind === 'crash' || (step.kind === 'deliver' && step.jobs.length > 1));
