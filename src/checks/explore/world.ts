import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { type Attempt, type HeaderPair, outcomeLabel } from '../../core/delivery.ts';
import { UserError } from '../../core/errors.ts';
import type { Bench } from '../bench.ts';
import { isUp, waitUntilUp } from '../reach.ts';
import type { CheckJob } from '../run.ts';
import { CheckRun } from '../run.ts';
import { accepted, type Sent } from '../sender.ts';
import type { Breach, Outcome, World } from './interpret.ts';
import { explorationRow } from './row.ts';
import { type ApiFailure, jobName } from './schedule.ts';

/** ms that an abandoned request is given to end. */
const longestWorkMs = 5000;

/** A world whose handler is the user's app: fresh job ids for each schedule. */
export class AppWorld implements World {
  /** What was sent stands in it. */
  readonly run: CheckRun;
  readonly #deliveries = new Map<number, { job: CheckJob; sent: Sent }>();

  private constructor(
    private readonly bench: Bench,
    private readonly careful: boolean,
  ) {
    this.run = new CheckRun(bench, explorationRow.id, () => undefined);
  }

  /**
   * Sees that the app is up, has `--reset` run, and takes the state as it is then for the beginning.
   * @param careful whether wrong effects are looked at a second time before they are called so
   * @throws UserError when the app is down and does not come back, or the command fails
   */
  static async open(bench: Bench, careful: boolean): Promise<AppWorld> {
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
    if (options.reset !== undefined) await resetApp(options.reset, options.cwd ?? process.cwd());
    const world = new AppWorld(bench, careful);
    if (options.reset !== undefined) {
      await world.run.quiet();
      world.run.rebase();
    }
    return world;
  }

  /** Job ids by number, as far as they are used. */
  get jobIds(): ReadonlyMap<number, string> {
    return new Map([...this.#deliveries].map(([number, { job }]) => [number, job.id]));
  }

  async deliver(jobs: readonly number[]): Promise<Outcome[]> {
    const list: Sent[] = [];
    for (const job of jobs) list.push((await this.#delivery(job)).sent);
    if (list.length > 1)
      return (await this.bench.sender.together(list, 'at the same instant')).map(outcomeOf);
    const [sent] = list as [Sent];
    const number = sent.attempts.length;
    return [
      outcomeOf(await this.run.attempt(sent, number === 0 ? {} : { fresh: true, note: `retry ${number}` })),
    ];
  }

  async hangUp(job: number): Promise<void> {
    const { sent } = await this.#delivery(job);
    await this.bench.sender.abandon(sent, {
      fresh: sent.attempts.length > 0,
      note: 'the sender goes away before the answer',
    });
    // An answer that nobody takes can't be seen.
    await delay(Math.min(longestWorkMs, (this.bench.baseline?.answerMs ?? 0) * 1.5));
  }

  async forge(job: number): Promise<Outcome> {
    const { job: known } = await this.#delivery(job);
    if (this.bench.sender.signingKey === null) {
      const metadata = { value: { ...this.run.metadataOf(known), secret: 'forged' } };
      return outcomeOf((await this.run.deliver(known, { metadata })).attempt);
    }
    const sent = await this.run.delivery(known);
    return outcomeOf(
      await this.run.attempt(sent, { change: withForgedSignature, note: 'with a forged signature' }),
    );
  }

  async failApi(job: number, answer: ApiFailure, times: number): Promise<void> {
    this.bench.emulator.nextFetches((await this.#delivery(job)).job.id, answer, times);
  }

  wait(ms: number): Promise<void> {
    return delay(ms);
  }

  async restart(): Promise<void> {
    await this.run.quiet();
    await this.run.restart();
  }

  async crash(job: number): Promise<Outcome> {
    const { job: known, sent } = await this.#delivery(job);
    const { emulator, baseline } = this.bench;
    const end = emulator.subscribe((event) => {
      if (event.type === 'fetch' && event.fetch.jobId === known.id && event.fetch.status === null)
        this.run.kill();
    });
    // An app that does not fetch is killed half-way by the clock.
    const halfway = (baseline?.answerMs ?? 0) / 2;
    const timer = baseline?.fetches === 0 ? setTimeout(() => this.run.kill(), halfway) : null;
    const attempt = await this.run.attempt(sent, {
      fresh: sent.attempts.length > 0,
      note: 'the app is killed meanwhile',
    });
    end();
    if (timer) clearTimeout(timer);
    await this.run.restart();
    return outcomeOf(attempt);
  }

  async judge(jobs: readonly number[]): Promise<Breach | null> {
    const known = jobs.map((job) => this.#deliveries.get(job)!.job);
    const context = 'in the end';
    const verdict = await this.run.judgeOnce(known, context, { hasty: !this.careful });
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

  /** With `job 1` in place of its id. */
  #named(text: string): string {
    let named = text;
    for (const [number, id] of this.jobIds)
      named = named.replaceAll(`job ${id}`, id).replaceAll(id, jobName(number));
    return named;
  }

  async #delivery(number: number): Promise<{ job: CheckJob; sent: Sent }> {
    const known = this.#deliveries.get(number);
    if (known) return known;
    const job = await this.run.job();
    const made = { job, sent: await this.run.delivery(job) };
    this.#deliveries.set(number, made);
    return made;
  }
}

const outcomeOf = (attempt: Attempt): Outcome => ({
  accepted: accepted(attempt),
  label: outcomeLabel(attempt.outcome),
});

/** A signature of the right form that fits nothing. */
const forgedSignature = `v1,${Buffer.alloc(32, 'x').toString('base64')}`;

const withForgedSignature = (headers: readonly HeaderPair[]): HeaderPair[] =>
  headers.map(([name, value]) => [name, name === 'svix-signature' ? forgedSignature : value]);

/** Runs `--reset`. @throws UserError when it fails */
async function resetApp(command: string, cwd: string): Promise<void> {
  const child = spawn(command, { shell: true, cwd, stdio: ['ignore', 'ignore', 'pipe'] });
  const errors: Buffer[] = [];
  child.stderr.on('data', (chunk: Buffer) => errors.push(chunk));
  const [code] = (await once(child, 'close')) as [number | null];
  if (code === 0) return;
  const said = Buffer.concat(errors).toString().trim().slice(0, 500);
  throw new UserError('reset', `--reset failed (exit code ${code}): ${said}\n  ${command}`, 3);
}
