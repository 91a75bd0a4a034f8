import { setTimeout as delay } from 'node:timers/promises';
import type { Baseline } from './bench.ts';
import { notJudged, passed, type Verdict } from './check.ts';
import { type Change, ofJob, withoutChanges } from './effects/changes.ts';
import { type Effect, effectLines, effectOf, isEmpty } from './effects/effect.ts';
import type { Settled } from './effects/observer.ts';
import { compareWithUnit, learnUnit, type Mismatch, statusWord, type Unit } from './effects/unit.ts';
import { type CheckJob, Sending } from './sending.ts';

export { answerText, type CheckJob, type DeliveryOptions } from './sending.ts';

/** ms that an effect is given to appear, unless the user says otherwise. */
const defaultEffectMs = 5000;
/** ms between two looks at what was fetched. */
const fetchLookMs = 50;
/** ms after which a clock that shows seconds has moved. */
const clockMs = 1100;
/** Clean deliveries that a failure which hangs on words is compared with. */
const controls = 3;

/** A unit that has learned from one more clean delivery; as it was when that one is of another shape. */
const extended = (unit: Unit | null, effect: Effect | null | undefined): Unit | null =>
  (unit && effect && learnUnit([...unit.samples, effect])) || unit;

/** How effects are judged. */
export interface JudgeOptions {
  /** ms that they are given to appear. */
  patienceMs?: number;
  /** Only whether there is an effect of the usual size counts, not what it says. */
  loose?: boolean;
  /** A failure is not looked at again: for what is repeated anyhow. */
  hasty?: boolean;
}

/** One check under way: what it can do to the app, and what it can see. */
export class CheckRun extends Sending {
  #before = this.bench.quiet;

  /** What `once` has learned; only for checks that need it. */
  get baseline(): Baseline {
    return this.bench.baseline!;
  }

  /** Waits until the app is quiet. @param until what is hoped for; it is given the time that effects take */
  async quiet(
    until?: (effects: readonly (Effect | null)[]) => boolean,
    patienceMs?: number,
  ): Promise<Settled> {
    const { bench } = this;
    this.doing('waiting until the app is quiet');
    const settled = await bench.observer.settle({
      windowMs: this.windowMs,
      until: until && ((snapshots) => until(this.#effects(snapshots))),
      patienceMs: patienceMs ?? this.patienceMs,
    });
    bench.quiet = settled.snapshots;
    if (!settled.quiet) bench.notes.add(`The app was not quiet after 30 s during ${this.id}.`);
    return settled;
  }

  /** ms without a change that count as quiet, by what the handler has shown so far. */
  get windowMs(): number {
    const { options, baseline } = this.bench;
    if (options.quietMs !== undefined) return options.quietMs;
    // A second effect takes about as long as the first; a slow one must not fall behind the window.
    return baseline === null
      ? 400
      : Math.max(150, Math.min(baseline.effectMs * 2, baseline.effectMs + 2000) + 50);
  }

  /** ms that an effect is given to appear. */
  get patienceMs(): number {
    const { options, baseline } = this.bench;
    const most = options.effectMs ?? defaultEffectMs;
    return baseline === null ? most : Math.min(most, Math.max(1000, baseline.effectMs * 5));
  }

  /** Waits until the handler has been answered a fetch of this job, or would have made one by now. */
  async fetched(job: CheckJob): Promise<void> {
    const until = performance.now() + 2 * this.baseline.effectMs + this.patienceMs;
    const { emulator } = this.bench;
    while (performance.now() < until && !emulator.fetches(job.id).some(({ status }) => status !== null))
      await delay(fetchLookMs);
    await delay(fetchLookMs); // for what it does on it
  }

  /** What has happened since the check began, as far as it was seen when the app was quiet last; by probe. */
  get effects(): (Effect | null)[] {
    return this.#effects(this.bench.quiet);
  }

  /** Takes the present as the beginning: what follows is seen alone. */
  rebase(): void {
    this.#before = this.bench.quiet;
    this.prepared = [];
  }

  /**
   * Waits, and judges whether each of these jobs had its effect once and nothing else has happened.
   * @param context what was done, for the failure's summary
   */
  async judgeOnce(
    jobs: readonly CheckJob[],
    context: string,
    { patienceMs, loose = false, hasty = false }: JudgeOptions = {},
  ): Promise<Verdict> {
    if (this.unjudged !== null) {
      await this.quiet();
      return notJudged(this.unjudged);
    }
    await this.quiet((effects) => this.#mismatch(effects, jobs, loose)?.surplus ?? true, patienceMs);
    const found = hasty ? this.#mismatch(this.effects, jobs, loose) : await this.#confirmed(jobs, loose);
    if (found === null) {
      if (!loose && !hasty) for (const { id } of jobs) this.bench.judged.set(id, this.id);
      return passed();
    }
    const each =
      jobs.length === 1 ? 'the effect of one delivery' : `one effect for each of ${jobs.length} jobs`;
    return this.#effectFailure(found, context, each);
  }

  /** Waits, and judges whether nothing has happened. */
  async judgeNothing(context: string): Promise<Verdict> {
    await this.quiet();
    if (this.unjudged !== null) return notJudged(this.unjudged);
    const found = await this.#confirmed([], false);
    return found === null ? passed() : this.#effectFailure(found, context, 'no effect');
  }

  /** Why effects can't be judged; null when they can. */
  get unjudged(): string | null {
    const { baseline, observer } = this.bench;
    if (baseline?.units.some((unit, i) => unit !== null && this.#counts(i))) return null;
    return observer.probes.some(({ kind }) => kind === 'effects')
      ? 'the probes show no effect that can be counted'
      : 'there is no effect probe: give --effects or --effects-url';
  }

  /** Whether a probe decides: job fetches do only where no other probe shows what can be counted. */
  #counts(index: number): boolean {
    const { baseline, observer } = this.bench;
    const countable = (i: number): boolean => baseline?.units[i]?.countable === true;
    if (observer.probes[index]!.kind !== 'fetches') return countable(index);
    return countable(index) && !observer.probes.some((probe, i) => probe.kind !== 'fetches' && countable(i));
  }

  /** Whether only job fetches tell of effects. */
  get onlyFetches(): boolean {
    return this.bench.observer.probes.every(({ kind }, i) => kind === 'fetches' || !this.#counts(i));
  }

  #effects(snapshots: readonly string[]): (Effect | null)[] {
    const { observer, jobs } = this.bench;
    const ids = this.jobs.map(({ id }) => id);
    return snapshots.map((after, i) => {
      if (this.bench.baseline !== null && observer.probes[i]!.kind === 'fetches' && !this.#counts(i))
        return null;
      const changes = (from: string, to: string): Change[] =>
        observer.changes(from, to, ids, (id) => jobs.has(id));
      const prepared = this.prepared.flatMap(({ job, before, after }) =>
        ofJob(changes(before[i]!, after[i]!), job.number),
      );
      const effect = effectOf(withoutChanges(changes(this.#before[i]!, after), prepared));
      if (effect.late.some((line) => line.startsWith('+')))
        this.bench.notes.add(
          `An effect came late, after its check had ended (seen during ${this.id}): give a longer --quiet.`,
        );
      return effect;
    });
  }

  #mismatch(effects: readonly (Effect | null)[], jobs: readonly CheckJob[], loose = false): Mismatch | null {
    const numbers = jobs.map(({ number }) => number);
    for (const [i, effect] of effects.entries()) {
      const unit = this.baseline.units[i];
      if (!unit || !effect || !this.#counts(i)) continue;
      const found = compareWithUnit(unit, effect, numbers, loose);
      if (found !== null) return found;
    }
    return null;
  }

  /**
   * Looks again before anything is called a failure: at a state that may have moved by itself, and, where only
   * words differ, at fresh clean deliveries, which tell whether that word varies by itself.
   */
  async #confirmed(jobs: readonly CheckJob[], loose: boolean): Promise<Mismatch | null> {
    let found = this.#mismatch(this.effects, jobs, loose);
    if (found === null) return null;
    this.doing('looking again');
    const seen = this.bench.quiet;
    await delay(clockMs);
    // What is missing may be late: a machine that is busy for a moment is no handler that loses events.
    const { snapshots } = await this.bench.observer.settle({
      windowMs: this.windowMs,
      until: (later) => this.#mismatch(this.#effects(later), jobs, loose)?.surplus ?? true,
      patienceMs: this.bench.options.effectMs ?? defaultEffectMs,
    });
    this.bench.quiet = snapshots;
    found = this.#mismatch(this.effects, jobs, loose);
    if (found?.onlyWords && !loose) {
      const after = this.bench.quiet;
      await this.#learnMore();
      found = this.#mismatch(this.#effects(after), jobs, loose);
    }
    if (found === null && this.bench.observer.differ(seen, snapshots))
      this.bench.notes.add(`The effects of ${this.id} came late: a longer --quiet is safer.`);
    return found;
  }

  /** Learns from more clean deliveries which words vary from job to job. */
  async #learnMore(): Promise<void> {
    const { bench } = this;
    for (let i = 0; i < controls; i++) {
      this.doing(`clean delivery ${i + 1} of ${controls}, to compare with`);
      const control = new CheckRun(bench, this.id, this.onDoing);
      await control.deliver(await control.job());
      await control.quiet((effects) => control.sawEffect(effects));
      bench.baseline = {
        ...this.baseline,
        units: this.baseline.units.map((unit, p) => extended(unit, control.effects[p])),
      };
    }
  }

  #effectFailure(found: Mismatch, context: string, expected: string): Verdict {
    const weak = this.onlyFetches;
    return {
      outcome: 'failed',
      severity: weak ? 'warning' : undefined,
      summary: `${context}: ${this.#named(found.summary)}`,
      expected,
      observed: this.#named(found.summary),
      difference: {
        expected: found.expected.map((line) => this.#named(line)),
        observed: found.observed.map((line) => this.#named(line)),
      },
      hint: weak
        ? 'Judged by job fetches alone: a handler that fetches before it looks for duplicates is seen as working twice. Give --effects to know.'
        : found.surplus
          ? undefined
          : 'If the effect only comes later than that (a lease, a queue, a slow worker), give it time: --effect-time 30s.',
    };
  }

  /** With the jobs' ids in place of their numbers, where there are few. */
  #named(text: string): string {
    const name = (_match: string, number: string): string => this.jobs[Number(number) - 1]?.id ?? _match;
    return text.replace(/<job (\d+)>/g, name).replace(/\bjob (\d+)(?=:)/g, (match, number) => {
      const job = this.jobs[Number(number) - 1];
      return job ? `job ${job.id}` : match;
    });
  }

  /** Whether what has happened since the beginning is exactly the effect of one clean delivery of this job. */
  isUnit({ number }: CheckJob): boolean {
    return this.effects.every((effect, i) => {
      const unit = this.bench.baseline?.units[i];
      return !unit || !effect || !this.#counts(i) || compareWithUnit(unit, effect, [number]) === null;
    });
  }

  /** Whether the effect of a clean delivery has a word for how the job ended: only then its lack says something. */
  get showsStatus(): boolean {
    return (this.bench.baseline?.units ?? []).some(
      (unit, i) => unit && this.#counts(i) && statusWord.test([...unit.job, ...unit.rows].join('\n')),
    );
  }

  /** Lines of what has happened, of all probes that decide. */
  get effectText(): string[] {
    return this.effects.flatMap((effect) => (effect ? effectLines(effect) : []));
  }

  /** Whether an effect probe moved that clean deliveries leave as it is: a table of failures, say. */
  get elsewhere(): boolean {
    const { probes } = this.bench.observer;
    return this.effects.some(
      (effect, i) => effect && probes[i]!.kind === 'effects' && !this.#counts(i) && !isEmpty(effect),
    );
  }

  /** Whether any effect probe saw anything since the beginning. */
  get anyEffect(): boolean {
    return this.sawEffect(this.effects);
  }

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
      effect && this.#counts(i) && effect.late.every((line) => line.startsWith('-')) ? effect.late : [],
    );
  }
}
