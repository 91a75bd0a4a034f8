import { setTimeout as delay } from 'node:timers/promises';
import { type Bench, blindness } from './bench.ts';
import { type Change, ofJob, withoutChanges } from './effects/changes.ts';
import { type Effect, effectLines, effectOf, isEmpty, noEffect } from './effects/effect.ts';
import type { Settled, SettleOptions, Snapshots } from './effects/observer.ts';
import {
  compareWithUnit,
  failureWord,
  type Mismatch,
  statusWord,
  tellsTheSame,
  timesTheUnit,
} from './effects/unit.ts';
import type { CheckJob } from './job.ts';
import type { JobSender } from './job-sender.ts';

/** ms that an effect is given to appear, unless the user says otherwise. */
export const defaultEffectMs = 5000;
/** ms between two looks at what was fetched. */
const fetchLookMs = 50;

/** ms without a change after an effect that is there and is not judged. */
const doneMs = 150;

/** ms without a change that count as quiet, by what the handler has shown so far. */
export function quietWindowMs({ options, baseline }: Pick<Bench, 'options' | 'baseline'>): number {
  if (options.quietMs !== undefined) return options.quietMs;
  // A second effect takes about as long as the first; a slow one must not fall behind the window.
  return baseline === null
    ? 400
    : Math.max(150, Math.min(baseline.effectMs * 2, baseline.effectMs + 2000) + 50);
}

/** How long the app is waited for; each is found out when absent. */
export interface Waiting extends Pick<SettleOptions, 'patienceMs' | 'limitMs'> {
  windowMs?: number;
}

/** What one check sees of the app through the probes. */
export class Watch {
  #before: Snapshots;
  /** The state when it was quiet last, as far as this check goes; where it is alone, that is the bench's. */
  #own: Snapshots | null;

  /**
   * @param id of the check, for notes
   * @param amongOthers whether other checks run at the same time: then only what names its own jobs is seen
   */
  constructor(
    private readonly bench: Bench,
    private readonly sender: JobSender,
    private readonly id: string,
    private readonly amongOthers: boolean,
  ) {
    this.#before = bench.quiet;
    this.#own = amongOthers ? bench.quiet : null;
  }

  /** Takes the present as the beginning: what follows is seen alone. */
  rebase(): void {
    this.#before = this.now;
    this.sender.forgetPrepared();
  }

  /** The state when it was quiet last. */
  get now(): Snapshots {
    return this.#own ?? this.bench.quiet;
  }

  /** Waits until the app is quiet. @param until what is hoped for; it is given the time that effects take */
  async quiet(
    until?: (effects: readonly (Effect | null)[]) => boolean,
    { patienceMs = this.patienceMs, windowMs = this.windowMs, limitMs }: Waiting = {},
  ): Promise<Settled> {
    const { bench } = this;
    const sender = this.amongOthers ? this.sender : bench.sender;
    const settled = await bench.observer.settle({
      windowMs,
      until: until && ((snapshots) => until(this.effectsAt(snapshots))),
      patienceMs,
      limitMs,
      busy: () => sender.underWay > 0 || bench.working(),
      differ: this.amongOthers ? (a, b) => this.ownChanges(a, b) : undefined,
    });
    if (this.amongOthers) this.#own = settled.snapshots;
    else bench.quiet = settled.snapshots;
    if (!settled.quiet && !this.amongOthers)
      bench.notes.add(`The app was not quiet after 30 s during ${this.id}.`);
    return settled;
  }

  /**
   * Waits until the app is through with a delivery that is not judged, so that its effect, however late, is not seen as
   * one of what follows. One that has its effect is waited for no longer.
   * @returns ms until the effect was seen; null where it was not
   */
  async through(job: CheckJob): Promise<number | null> {
    const done = (effects: readonly (Effect | null)[]): boolean => this.mismatch(effects, [job]) === null;
    const patienceMs = this.bench.options.effectMs ?? defaultEffectMs;
    const windowMs = Math.min(doneMs, this.windowMs);
    const seen = this.unjudged === null ? await this.quiet(done, { patienceMs, windowMs }) : null;
    if (seen !== null && done(this.effects)) return seen.changedAfterMs;
    await this.quiet();
    return null;
  }

  /** ms without a change that count as quiet, by what the handler has shown so far. */
  get windowMs(): number {
    return quietWindowMs(this.bench);
  }

  /** ms that an effect is given to appear. */
  get patienceMs(): number {
    const { options, baseline } = this.bench;
    const most = options.effectMs ?? defaultEffectMs;
    return baseline === null || this.amongOthers
      ? most
      : Math.min(most, Math.max(1000, baseline.effectMs * 5));
  }

  /** Waits until the handler has been answered a fetch of this job, or would have made one by now. */
  async fetched(job: CheckJob): Promise<void> {
    const until = performance.now() + 2 * this.bench.baseline!.effectMs + this.patienceMs;
    const { emulator } = this.bench;
    while (performance.now() < until && !emulator.fetches(job.id).some(({ status }) => status !== null))
      await delay(fetchLookMs);
    await delay(fetchLookMs); // for what it does on it
  }

  /** What has happened since the check began, as far as it was seen when the app was quiet last; by probe. */
  get effects(): (Effect | null)[] {
    return this.effectsAt(this.now);
  }

  /** What had happened when the probes showed this. */
  effectsAt(snapshots: Snapshots): (Effect | null)[] {
    const { observer, jobs } = this.bench;
    const ids = this.sender.jobs.map(({ id }) => id);
    return snapshots.map((after, i) => {
      if (observer.probes[i]!.kind === 'fetches') return null;
      const changes = (from: string, to: string): Change[] =>
        observer.changes(from, to, ids, (id) => jobs.has(id));
      const prepared = this.sender.prepared.flatMap(({ job, before, after }) =>
        ofJob(changes(before[i]!, after[i]!), job.number),
      );
      const effect = effectOf(withoutChanges(changes(this.#before[i]!, after), prepared));
      if (this.amongOthers) return { ...noEffect, byJob: effect.byJob };
      if (effect.late.some((line) => line.startsWith('+')))
        this.bench.notes.add(
          `An effect came late, after its check had ended (seen during ${this.id}): give a longer --quiet.`,
        );
      return effect;
    });
  }

  /** Whether anything that names a job of this check changed between two snapshots. */
  ownChanges(before: Snapshots, after: Snapshots): boolean {
    const ids = this.sender.jobs.map(({ id }) => id);
    const { observer, jobs } = this.bench;
    return before.some(
      (text, i) => effectOf(observer.changes(text, after[i]!, ids, (id) => jobs.has(id))).byJob.size > 0,
    );
  }

  /** How effects differ from one for each of these jobs; null when they do not, as far as can be seen. */
  mismatch(effects: readonly (Effect | null)[], jobs: readonly CheckJob[], loose = false): Mismatch | null {
    const numbers = jobs.map(({ number }) => number);
    for (const [i, effect] of effects.entries()) {
      const unit = this.bench.baseline!.units[i];
      if (!unit || !effect || !this.counts(i)) continue;
      const found = compareWithUnit(unit, effect, numbers, loose);
      if (found !== null) return found;
    }
    return null;
  }

  /** Why effects can't be judged; null when they can. */
  get unjudged(): string | null {
    return blindness(this.bench);
  }

  /** Whether a probe decides: clean deliveries have shown something in it that can be counted. */
  counts(index: number): boolean {
    return this.bench.baseline?.units[index]?.countable === true;
  }

  /** Those of these jobs that the handler has not fetched, where it fetches its jobs. */
  unfetched(jobs: readonly CheckJob[]): CheckJob[] {
    const { emulator, baseline } = this.bench;
    if (!baseline || baseline.fetches === 0) return [];
    return jobs.filter(({ id }) => !emulator.fetches(id).some(({ status }) => status === 200));
  }

  /** Whether what has happened since the beginning is exactly the effect of one clean delivery of this job. */
  isUnit({ number }: CheckJob): boolean {
    return this.effects.every((effect, i) => {
      const unit = this.bench.baseline?.units[i];
      return !unit || !effect || !this.counts(i) || compareWithUnit(unit, effect, [number]) === null;
    });
  }

  /** Whether what has happened tells that a job ended as a clean delivery's did, if with less beside it. */
  get tellsTheSame(): boolean {
    return this.effects.every((effect, i) => {
      const unit = this.bench.baseline?.units[i];
      return !unit || !effect || !this.counts(i) || tellsTheSame(unit, effect);
    });
  }

  /** How many times over this job has the effect of a clean delivery, where a probe names it; the most that any shows. */
  timesTheUnit({ number }: CheckJob): number {
    const times = this.effects.map((effect, i) => {
      const unit = this.bench.baseline?.units[i];
      const lines = effect?.byJob.get(number) ?? [];
      return unit && this.counts(i) && unit.job.length > 0 ? timesTheUnit(unit, lines) : 0;
    });
    return Math.max(0, ...times);
  }

  /** Whether the effect of a clean delivery has a word for how the job ended: only then its lack says something. */
  get showsStatus(): boolean {
    return (this.bench.baseline?.units ?? []).some(
      (unit, i) => unit && this.counts(i) && statusWord.test([...unit.job, ...unit.rows].join('\n')),
    );
  }

  /** Whether what has happened has a word for a failure, whatever clean deliveries show. */
  get tellsFailure(): boolean {
    return this.effectText.some((line) => failureWord.test(line));
  }

  /** Lines of what has happened, of all probes that decide. */
  get effectText(): string[] {
    return this.effects.flatMap((effect) => (effect ? effectLines(effect) : []));
  }

  /** Whether an effect probe moved that clean deliveries leave as it is: a table of failures, say. */
  get elsewhere(): boolean {
    const { probes } = this.bench.observer;
    return this.effects.some(
      (effect, i) => effect && probes[i]!.kind === 'effects' && !this.counts(i) && !isEmpty(effect),
    );
  }

  /** Whether any effect probe saw anything since the beginning. */
  get anyEffect(): boolean {
    return this.sawEffect(this.effects);
  }

  /** Whether any effect probe saw anything in these effects. */
  sawEffect(effects: readonly (Effect | null)[]): boolean {
    const { probes } = this.bench.observer;
    return effects.some((effect, i) => effect !== null && probes[i]!.kind === 'effects' && !isEmpty(effect));
  }

  /** Whether there is a probe for effects at all, however it does. */
  get hasProbe(): boolean {
    return this.bench.observer.probes.some(({ kind }) => kind === 'effects');
  }

  /** Lines of earlier jobs that were there when the check began and are not any more. */
  get lost(): string[] {
    return this.effects.flatMap((effect, i) =>
      effect && this.counts(i) && effect.late.every((line) => line.startsWith('-')) ? effect.late : [],
    );
  }
}
