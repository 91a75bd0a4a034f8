import { setTimeout as delay } from 'node:timers/promises';
import { type Attempt, outcomeLabel } from '../core/delivery.ts';
import { seededRandom } from '../core/faults/fault-set.ts';
import type { Baseline, Bench } from './bench.ts';
import type { Effect } from './effects/effect.ts';
import { learnUnit, type Mismatch, type Unit } from './effects/unit.ts';
import type { CheckJob } from './job.ts';
import { JobSender } from './job-sender.ts';
import { answerText } from './outcomes.ts';
import { accepted } from './sender.ts';
import { failed, notJudged, passed, type Verdict } from './verdict.ts';
import { defaultEffectMs, type Waiting, Watch } from './watch.ts';

/** ms after which a clock that shows seconds has moved. */
const clockMs = 1100;
/** Clean deliveries that a failure which hangs on words is compared with. */
const controls = 3;

const lateHint =
  'If the effect only comes later than that (a lease, a queue, a slow worker), give it time: --effect-time 30s.';

type Failed = Extract<Verdict, { outcome: 'failed' }>;

/** A unit that has learned from one more clean delivery; as it was when that one is of another shape. */
const extended = (unit: Unit | null, effect: Effect | null | undefined): Unit | null =>
  (unit && effect && learnUnit([...unit.samples, effect])) || unit;

/** How effects are judged. */
export interface JudgeOptions extends Pick<Waiting, 'patienceMs' | 'limitMs'> {
  /** Only whether there is an effect of the usual size counts, not what it says. */
  loose?: boolean;
  /** A failure is not looked at again: for what is repeated anyhow. */
  hasty?: boolean;
}

/** One check under way: what it sends, what it sees of the app, and how it judges that. */
export class CheckRun {
  readonly sender: JobSender;
  readonly watch: Watch;

  /** From 0 up to 1, from the seed: the same whatever other checks run. */
  readonly random: () => number;
  /** Jobs that were found to have had their effect once. */
  readonly due: CheckJob[] = [];

  /** @param amongOthers whether other checks run at the same time */
  constructor(
    readonly bench: Bench,
    readonly id: string,
    private readonly onDoing: (text: string) => void,
    private readonly amongOthers = false,
  ) {
    this.sender = new JobSender(bench, id, onDoing);
    this.watch = new Watch(bench, this.sender, id, amongOthers);
    this.random = seededRandom(bench.seed + [...id].reduce((sum, char) => sum + char.charCodeAt(0), 0));
  }

  /** Tells what is being done. */
  doing(text: string): void {
    this.onDoing(text);
  }

  /** What `once` has learned; only for checks that need it. */
  get baseline(): Baseline {
    return this.bench.baseline!;
  }

  /** Kills the app, at once; only for checks that need `--start`. */
  kill(): void {
    this.bench.app!.kill();
  }

  /** Starts the app again, and kills it before where it still runs. */
  restart(): Promise<void> {
    return this.bench.app!.restart();
  }

  /**
   * Waits, and judges whether each of these jobs had its effect once and nothing else has happened.
   * @param context what was done, for the failure's summary
   */
  async judgeOnce(
    jobs: readonly CheckJob[],
    context: string,
    { loose = false, hasty = false, ...waiting }: JudgeOptions = {},
  ): Promise<Verdict> {
    const { watch } = this;
    this.doing('waiting until the app is quiet');
    const { unjudged } = watch;
    const hoped = unjudged === null ? () => true : () => watch.unfetched(jobs).length === 0;
    await watch.quiet((effects) => watch.mismatch(effects, jobs, loose)?.surplus ?? hoped(), waiting);
    // Among others a failure is only a reason to look at it alone.
    const found =
      hasty || this.amongOthers
        ? watch.mismatch(watch.effects, jobs, loose)
        : await this.#confirmed(jobs, loose);
    if (found === null && unjudged !== null) return this.#byFetches(jobs, context, unjudged);
    if (found === null) {
      this.due.push(...jobs);
      if (!loose && !hasty) for (const { id } of jobs) this.bench.judged.set(id, this.id);
      return passed();
    }
    const each =
      jobs.length === 0
        ? 'no more effects'
        : jobs.length === 1
          ? 'the effect of one delivery'
          : `one effect for each of ${jobs.length} jobs`;
    return this.#effectFailure(found, context, each);
  }

  /** Waits, and judges whether nothing has happened. */
  async judgeNothing(context: string): Promise<Verdict> {
    this.doing('waiting until the app is quiet');
    await this.watch.quiet();
    const found = this.amongOthers
      ? this.watch.mismatch(this.watch.effects, [])
      : await this.#confirmed([], false);
    if (found !== null)
      return { ...this.#effectFailure(found, context, 'no effect'), cause: undefined, hint: undefined };
    const { unjudged } = this.watch;
    return unjudged === null ? passed() : notJudged(unjudged);
  }

  /** A failure when the app did not answer 2xx where it should have; null when it did. */
  refusal(attempts: readonly Attempt[], context: string, hint?: string): Verdict | null {
    const bad = attempts.filter((attempt) => !accepted(attempt));
    if (bad.length === 0) return null;
    const labels = [...new Set(bad.map(({ outcome }) => outcomeLabel(outcome)))].join(', ');
    const [first] = bad as [Attempt];
    const said = first.outcome.kind === 'error' ? ` (${first.outcome.message})` : answerText(first);
    return failed(
      `${context}: ${attempts.length === 1 ? `answered ${labels}` : `${bad.length} of ${attempts.length} answered ${labels}`}`,
      'an answer 2xx',
      `${labels}${said}`,
      hint === undefined ? {} : { hint },
    );
  }

  /**
   * Looks again before anything is called a failure: at a state that may have moved by itself, and, where only
   * words differ, at fresh clean deliveries, which tell whether that word varies by itself.
   */
  async #confirmed(jobs: readonly CheckJob[], loose: boolean): Promise<Mismatch | null> {
    const { watch } = this;
    let found = watch.mismatch(watch.effects, jobs, loose);
    if (found === null) return null;
    this.doing('looking again');
    const seen = watch.now;
    await delay(clockMs);
    // What is missing may be late: a machine that is busy for a moment is no handler that loses events.
    const { snapshots } = await watch.quiet((later) => watch.mismatch(later, jobs, loose)?.surplus ?? true, {
      patienceMs: this.bench.options.effectMs ?? defaultEffectMs,
    });
    found = watch.mismatch(watch.effects, jobs, loose);
    if (found?.onlyWords && !loose) {
      const after = watch.now;
      await this.#learnMore();
      found = watch.mismatch(watch.effectsAt(after), jobs, loose);
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
      await control.sender.deliver(await control.sender.job());
      await control.watch.quiet((effects) => control.watch.sawEffect(effects));
      bench.baseline = {
        ...this.baseline,
        units: this.baseline.units.map((unit, p) => extended(unit, control.watch.effects[p])),
      };
    }
  }

  /** Without a probe fetches tell of what was lost, and of nothing else: reading a job twice does no harm. */
  #byFetches(jobs: readonly CheckJob[], context: string, unjudged: string): Verdict {
    const missing = this.watch.unfetched(jobs);
    if (missing.length === 0) return notJudged(unjudged);
    return failed(
      `${context}: ${missing.length} of ${jobs.length} job${jobs.length === 1 ? '' : 's'} never fetched`,
      'a fetch of each job, as plain deliveries make one',
      `no fetch of ${missing[0]!.id} that was answered 200`,
      { severity: 'warning', cause: 'lost', hint: `${lateHint} Effects were not seen: ${unjudged}.` },
    );
  }

  #effectFailure(found: Mismatch, context: string, expected: string): Failed {
    return {
      outcome: 'failed',
      cause: found.surplus ? 'again' : found.onlyWords ? undefined : 'lost',
      summary: `${context}: ${this.#named(found.summary)}`,
      expected,
      observed: this.#named(found.summary),
      difference: {
        expected: found.expected.map((line) => this.#named(line)),
        observed: found.observed.map((line) => this.#named(line)),
      },
      hint: found.surplus || found.onlyWords ? undefined : lateHint,
    };
  }

  /** With the jobs' ids in place of their numbers, where there are few. */
  #named(text: string): string {
    const name = (_match: string, number: string): string =>
      this.sender.jobs[Number(number) - 1]?.id ?? _match;
    return text.replace(/<job (\d+)>/g, name).replace(/\bjob (\d+)(?=:)/g, (match, number) => {
      const job = this.sender.jobs[Number(number) - 1];
      return job ? `job ${job.id}` : match;
    });
  }
}
