import { setTimeout as delay } from 'node:timers/promises';
import { type Attempt, type HeaderPair, outcomeLabel } from '../../core/delivery.ts';
import { UserError } from '../../core/errors.ts';
import { FaultSet } from '../../core/faults/fault-set.ts';
import { type NewJob, plainConfig } from '../../emulator/new-job.ts';
import type { JobType } from '../../store/jobs.ts';
import type { Bench } from '../bench.ts';
import { mustRun } from '../command.ts';
import type { CheckJob } from '../job.ts';
import { isUp, waitUntilUp } from '../reach.ts';
import { CheckRun } from '../run.ts';
import { accepted, type Sent } from '../sender.ts';
import { warmUp } from '../warm-up.ts';
import type { Breach, Evidence, Outcome, World } from './interpret.ts';
import { killDuring } from './kill.ts';
import { explorationRow } from './row.ts';
import { type ApiFailure, type CrashMoment, jobName } from './schedule.ts';

/** ms that an abandoned request is given to end. */
const longestWorkMs = 5000;

/** How a job of a schedule differs from a plain one. */
export interface JobShape {
  type?: JobType | undefined;
  status?: 'Completed' | 'Failed' | undefined;
  /** Of the document. */
  pages?: number | undefined;
  /** Members of its metadata besides those of all jobs. */
  metadata?: Readonly<Record<string, unknown>> | undefined;
}

/** What is known beforehand of whoever has something happen, and of the jobs that it is about. */
export interface Cast {
  /** For records. */
  id: string;
  /** How a job is called. */
  name(job: number): string;
  shape(job: number): JobShape;
}

const plainCast: Cast = { id: explorationRow.id, name: jobName, shape: () => ({}) };

/** A world whose handler is the user's app: fresh job ids for each schedule. */
export class AppWorld implements World {
  readonly run: CheckRun;
  readonly #deliveries = new Map<number, { job: CheckJob; sent: Sent }>();

  private constructor(
    private readonly bench: Bench,
    private readonly careful: boolean,
    private readonly cast: Cast,
  ) {
    this.run = new CheckRun(bench, cast.id, () => undefined);
  }

  /**
   * Sees that the app is up, has `--reset` run, and takes the state as it is then for the beginning.
   * @param careful whether wrong effects are looked at a second time before they are called so
   * @throws UserError when the app is down and does not come back, or the command fails
   */
  static async open(bench: Bench, careful: boolean, cast = plainCast): Promise<AppWorld> {
    const { app, options } = bench;
    if (!(await isUp(options.endpoint.origin))) {
      if (app) await app.restart();
      else if (!(await waitUntilUp(options.endpoint.origin)))
        throw new UserError(
          'unreachable',
          `The app at ${options.endpoint.origin} went down while it was explored, and did not come back.`,
          3,
        );
    }
    // What a schedule times is timed by clean deliveries: the restarts of the one before must not tell.
    if (app?.cold) await warmUp(new CheckRun(bench, cast.id, () => undefined));
    if (options.reset !== undefined)
      await mustRun('--reset', options.reset, options.environment ?? {}, options.cwd ?? process.cwd());
    app?.takeOutput(); // what belongs to the schedule before
    const world = new AppWorld(bench, careful, cast);
    if (options.reset !== undefined) {
      await world.run.watch.quiet();
      world.run.watch.rebase();
    }
    return world;
  }

  evidence(): Evidence {
    const { run, jobIds, bench } = this;
    return { jobIds, sent: run.sender.records(), appOutput: bench.app?.takeOutput() ?? [] };
  }

  /** Job ids by number, as far as they are used. */
  get jobIds(): ReadonlyMap<number, string> {
    return new Map([...this.#deliveries].map(([number, { job }]) => [number, job.id]));
  }

  async deliver(jobs: readonly number[], faults?: string): Promise<Outcome[]> {
    const { bench } = this;
    const struck = faults === undefined ? undefined : FaultSet.parse(faults, bench.seed);
    const list: Sent[] = [];
    for (const job of jobs) list.push((await this.#delivery(job)).sent);
    if (list.length > 1)
      return (await bench.sender.together(list, 'at the same instant', struck)).map(outcomeOf);
    const [sent] = list as [Sent];
    const number = sent.attempts.length;
    const retry = number === 0 ? {} : { fresh: true, note: `retry ${number}` };
    return [outcomeOf(await this.run.sender.attempt(sent, { ...retry, faults: struck }))];
  }

  async hangUp(job: number, at: number): Promise<Outcome> {
    const { sent } = await this.#delivery(job);
    const { answerMs } = this.run.baseline;
    const options = {
      fresh: sent.attempts.length > 0,
      note: 'the sender goes away before the answer',
    };
    const attempt = await this.bench.sender.abandon(sent, options, answerMs * at);
    // An answer that nobody takes can't be seen.
    await delay(Math.min(longestWorkMs, answerMs * 1.5));
    return outcomeOf(attempt);
  }

  async forge(job: number): Promise<Outcome> {
    const { job: known } = await this.#delivery(job);
    if (this.bench.sender.signingKey === null) {
      const metadata = { value: { ...this.run.sender.metadataOf(known), secret: 'forged' } };
      return outcomeOf((await this.run.sender.deliver(known, { metadata })).attempt);
    }
    const sent = await this.run.sender.delivery(known);
    return outcomeOf(
      await this.run.sender.attempt(sent, { change: withForgedSignature, note: 'with a forged signature' }),
    );
  }

  async failApi(job: number, answer: ApiFailure, times: number): Promise<void> {
    this.bench.emulator.nextFetches((await this.#delivery(job)).job.id, answer, times);
  }

  wait(ms: number): Promise<void> {
    return delay(ms);
  }

  async restart(): Promise<void> {
    await this.run.watch.quiet();
    await this.run.restart();
  }

  async crash(job: number, at: CrashMoment): Promise<Outcome> {
    const victim = await this.#delivery(job);
    const { attempt, hit } = await killDuring(this.run, victim, at, {
      fresh: victim.sent.attempts.length > 0,
      note: 'the app is killed meanwhile',
    });
    await this.run.restart();
    const outcome = outcomeOf(attempt);
    return hit
      ? outcome
      : { ...outcome, label: `${outcome.label}, it did not fetch and was killed after that` };
  }

  async judge(jobs: readonly number[]): Promise<Breach | null> {
    const known = jobs.map((job) => this.#deliveries.get(job)!.job);
    const context = 'in the end';
    // What another kind of job does is not what was learned from plain ones.
    const loose = jobs.some((job) => isOther(this.cast.shape(job)));
    const verdict = await this.run.judgeOnce(known, context, { hasty: !this.careful, loose });
    if (verdict.outcome === 'passed') return null;
    if (verdict.outcome === 'not judged')
      throw new UserError('explore', `Nothing can be judged: ${verdict.reason}.`);
    const { summary, difference } = verdict;
    return {
      summary: this.#named(summary.slice(`${context}: `.length)),
      difference: difference && {
        expected: difference.expected.map((line) => this.#named(line)),
        observed: difference.observed.map((line) => this.#named(line)),
      },
    };
  }

  /** With a job's name in place of its id. */
  #named(text: string): string {
    let named = text;
    for (const [number, id] of this.jobIds)
      named = named.replaceAll(`job ${id}`, id).replaceAll(id, this.cast.name(number));
    return named;
  }

  async #delivery(number: number): Promise<{ job: CheckJob; sent: Sent }> {
    const known = this.#deliveries.get(number);
    if (known) return known;
    const { sender } = this.run;
    const { metadata, ...shape } = this.cast.shape(number);
    const job = await sender.job(newJob(shape), 'everywhere', metadata);
    const made = { job, sent: await sender.delivery(job, shape.status ? { status: shape.status } : {}) };
    this.#deliveries.set(number, made);
    return made;
  }
}

/** Whether what a job does may be something else than what a plain one does. */
const isOther = ({ type, status, pages }: JobShape): boolean => (type ?? status ?? pages) !== undefined;

/** A job as the emulated API makes it: one of another type was submitted as those of that type are. */
function newJob({ type, status, pages }: JobShape): NewJob {
  const other = type !== undefined && type !== 'Parse';
  return {
    ...(status ? { status } : {}),
    ...(pages === undefined ? {} : { pages }),
    ...(other ? { type, config: plainConfig[type] } : {}),
  };
}

const outcomeOf = (attempt: Attempt): Outcome => ({
  accepted: accepted(attempt),
  label: outcomeLabel(attempt.outcome),
});

/** A signature of the right form that fits nothing. */
const forgedSignature = `v1,${Buffer.alloc(32, 'x').toString('base64')}`;

const withForgedSignature = (headers: readonly HeaderPair[]): HeaderPair[] =>
  headers.map(([name, value]) => [name, name === 'svix-signature' ? forgedSignature : value]);
