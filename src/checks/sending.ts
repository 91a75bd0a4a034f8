import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { type Attempt, outcomeLabel } from '../core/delivery.ts';
import { webhookBody } from '../core/trigger-events.ts';
import type { NewJob } from '../emulator/new-job.ts';
import { type Bench, prepareJob } from './bench.ts';
import { failed, type Verdict } from './check.ts';
import type { SentRecord } from './options.ts';
import { type AttemptOptions, accepted, type Sent } from './sender.ts';

/** A job of a check. */
export interface CheckJob {
  id: string;
  /** From 1 up within the check: `<job 1>` in effects. */
  number: number;
}

/** How a delivery differs from the plain one. */
export interface DeliveryOptions {
  status?: string;
  /** In place of the usual one; undefined within the object leaves the key out. */
  metadata?: { value: unknown };
  /** The whole body, whatever it is. */
  body?: Uint8Array;
  contentType?: string | null;
  unsigned?: boolean;
  messageId?: string;
  /** Fields beside Reducto's three. */
  extra?: Readonly<Record<string, unknown>>;
}

/** ms between retries: their order matters here, not the sender's patience. */
const retryPauseMs = 30;
/** Requests in all that Reducto makes of one delivery: "up to 3" retries. */
const maxAttempts = 4;
/** All jobs have one seed, so that their results, and thus their effects, are the same. */
const jobSeed = 20_260_101;

/** What one check can do to the app: make jobs, deliver, retry, kill. */
export class Sending {
  protected readonly jobs: CheckJob[] = [];
  readonly #sent: Sent[] = [];

  constructor(
    readonly bench: Bench,
    protected readonly id: string,
    protected readonly onDoing: (text: string) => void,
  ) {}

  get sent(): readonly Sent[] {
    return this.#sent;
  }

  /** Tells what is being done. */
  doing(text: string): void {
    this.onDoing(text);
  }

  /**
   * Makes a job that the emulated API knows, and the app too where it has to.
   * @param where `nowhere`: a job id that nobody has heard of; `api`: `--prepare` is not run
   */
  async job(given: NewJob = {}, where: 'everywhere' | 'api' | 'nowhere' = 'everywhere'): Promise<CheckJob> {
    const { emulator, jobs: known } = this.bench;
    const job: CheckJob = { id: randomUUID(), number: this.jobs.length + 1 };
    this.jobs.push(job);
    known.set(job.id, this.id);
    if (where !== 'nowhere')
      await emulator.createJob({ seed: jobSeed, metadata: this.metadata, ...given, id: job.id });
    if (where === 'everywhere') await this.prepare(job);
    return job;
  }

  /** Makes the app know a job, with the user's command. */
  async prepare(job: CheckJob): Promise<void> {
    const { prepare, cwd = process.cwd() } = this.bench.options;
    if (prepare !== undefined) await prepareJob(prepare, job.id, cwd);
  }

  /** The metadata of a plain delivery. */
  get metadata(): Record<string, unknown> {
    const { metadata = {}, secret } = this.bench.options;
    return { ...metadata, ...(secret === undefined ? {} : { secret }) };
  }

  /** Keeps a delivery for a job; `send` and its like make the attempts. */
  async delivery(job: CheckJob, given: DeliveryOptions = {}): Promise<Sent> {
    const metadata = given.metadata ? given.metadata.value : this.metadata;
    const plain = webhookBody(given.status ?? 'Completed', job.id, metadata);
    const extended = given.extra
      ? Buffer.from(JSON.stringify({ ...JSON.parse(Buffer.from(plain).toString()), ...given.extra }))
      : plain;
    const sent = await this.bench.sender.prepare({
      jobId: job.id,
      body: given.body ?? extended,
      contentType: given.contentType === undefined ? 'application/json' : given.contentType,
      signed: given.unsigned !== true,
      messageId: given.messageId,
    });
    this.#sent.push(sent);
    return sent;
  }

  /** One attempt; waits for its answer. */
  attempt(sent: Sent, options?: AttemptOptions): Promise<Attempt> {
    return this.bench.sender.attempt(sent, options);
  }

  /** A new delivery of a job and its first attempt. */
  async deliver(job: CheckJob, given?: DeliveryOptions): Promise<{ sent: Sent; attempt: Attempt }> {
    const sent = await this.delivery(job, given);
    return { sent, attempt: await this.attempt(sent) };
  }

  /** Attempts as Reducto makes them: until a 2xx, four in all. @returns the last one */
  async retry(sent: Sent, between: () => Promise<unknown> = () => delay(retryPauseMs)): Promise<Attempt> {
    for (;;) {
      const number = sent.attempts.length;
      const note = number === 0 ? {} : { fresh: true, note: `retry ${number}` };
      const attempt = await this.attempt(sent, note);
      if (accepted(attempt) || number + 1 >= maxAttempts) return attempt;
      await between();
    }
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

  /** Kills the app, at once; only for checks that need `--start`. */
  kill(): void {
    this.bench.app!.kill();
  }

  /** Starts the app again, and kills it before where it still runs. */
  restart(): Promise<void> {
    return this.bench.app!.restart();
  }

  /** What was sent, for the report. */
  records(): SentRecord[] {
    return this.#sent.map(({ delivery, jobId, attempts }) => ({
      seq: delivery.seq,
      id: delivery.id,
      jobId,
      attempts: attempts.map(({ id, number, outcome, durationMs, notes }) => ({
        id,
        number,
        outcome: outcomeLabel(outcome),
        durationMs,
        note: notes.join('; '),
      })),
    }));
  }
}

/** The beginning of an answer's body, where it has one. */
export function answerText({ outcome }: Attempt): string {
  if (outcome.kind !== 'response' || outcome.body.length === 0) return '';
  const text = Buffer.from(outcome.body).toString().replace(/\s+/g, ' ').trim();
  return `: ${text.length > 200 ? `${text.slice(0, 200)}…` : text}`;
}
