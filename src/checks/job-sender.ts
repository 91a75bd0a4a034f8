import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { type Attempt, outcomeLabel } from '../core/delivery.ts';
import { seededRandom } from '../core/faults/fault-set.ts';
import { JsonText, membersOf, printJson } from '../core/json.ts';
import { retrySchedule } from '../core/retry-schedule.ts';
import { webhookBody } from '../core/trigger-events.ts';
import type { NewJob } from '../emulator/new-job.ts';
import type { Bench } from './bench.ts';
import { mustRun } from './command.ts';
import type { Snapshots } from './effects/observer.ts';
import { type CheckJob, valuesOf } from './job.ts';
import type { SentRecord } from './options.ts';
import { type AttemptOptions, accepted, type Sent } from './sender.ts';

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

/** ms before a retry where only the order matters, not the sender's patience. */
const retryPauseMs = 30;
/** The pauses that are assumed of Reducto; one retry after each. */
const pausesMs = retrySchedule('reducto-direct').delays;
/** Answers that ask for another try later: a handler that is still at it, or has too much to do. */
const askForTime: ReadonlySet<number> = new Set([409, 425, 429, 503]);
/** Whether the app has turned an attempt away for now. */
export const asksForTime = ({ outcome }: Attempt): boolean =>
  outcome.kind === 'response' && askForTime.has(outcome.status);
/** How much longer a pause may be: senders spread their retries, so that those of a batch do not come in step. */
const jitter = 0.5;
/** All jobs have one seed, so that their results, and thus their effects, are the same. */
const jobSeed = 20_260_101;
/** What was parsed: several pages, each a chunk, so that a handler which stores them one by one can be stopped in between. */
const document = {
  pages: 3,
  config: {
    input: 'https://example.com/document.pdf',
    retrieval: { chunking: { chunk_mode: 'page' } },
  },
};

/** What `--prepare` has changed for a job. */
export interface Prepared {
  job: CheckJob;
  before: Snapshots;
  after: Snapshots;
}

/** Makes the jobs of one check, and sends their deliveries as Reducto would. */
export class JobSender {
  readonly #jobs: CheckJob[] = [];
  readonly #prepared: Prepared[] = [];
  #preparing: Promise<void> = Promise.resolve();
  readonly #sent: Sent[] = [];
  #underWay = 0;
  readonly #random: () => number;

  /**
   * @param id of the check
   * @param doing told what is being done
   */
  constructor(
    private readonly bench: Bench,
    private readonly id: string,
    private readonly doing: (text: string) => void,
  ) {
    this.#random = seededRandom(bench.seed);
  }

  /** The jobs of this check, in the order of their numbers. */
  get jobs(): readonly CheckJob[] {
    return this.#jobs;
  }

  /** What `--prepare` has changed since {@link forgetPrepared}. */
  get prepared(): readonly Prepared[] {
    return this.#prepared;
  }

  /** What was prepared up to now belongs to the state that is begun with. */
  forgetPrepared(): void {
    this.#prepared.length = 0;
  }

  /**
   * Makes a job that the emulated API knows, and the app too where it has to.
   * @param where `nowhere`: a job id that nobody has heard of; `api`: `--prepare` is not run
   * @param own members that its metadata has besides those of all jobs
   */
  async job(
    given: NewJob = {},
    where: 'everywhere' | 'api' | 'nowhere' = 'everywhere',
    own: Readonly<Record<string, unknown>> = {},
  ): Promise<CheckJob> {
    const { emulator, jobs: known } = this.bench;
    const job = {
      ...{ id: randomUUID(), number: this.#jobs.length + 1, serial: known.size + 1 },
      metadata: own,
    };
    this.#jobs.push(job);
    known.set(job.id, this.id);
    if (where !== 'nowhere')
      await emulator.createJob({
        seed: jobSeed,
        ...document,
        metadata: this.metadataOf(job),
        ...given,
        id: job.id,
      });
    if (where === 'everywhere') await this.prepare(job);
    return job;
  }

  /** Takes a job of an earlier check for one of this one's: what happens to it now is seen here. */
  adopt({ id, serial }: CheckJob): CheckJob {
    const job = { id, serial, number: this.#jobs.length + 1 };
    this.#jobs.push(job);
    return job;
  }

  /** Makes the app know a job, with the user's command. What that alone changes is no effect of a delivery. */
  prepare(job: CheckJob): Promise<void> {
    // One after the other, so that each can be told from what the others change.
    this.#preparing = this.#preparing.then(() => this.#prepare(job));
    return this.#preparing;
  }

  async #prepare(job: CheckJob): Promise<void> {
    const { options, observer } = this.bench;
    const { prepare, cwd = process.cwd(), environment } = options;
    if (prepare === undefined) return;
    const before = await observer.snapshot();
    await mustRun('--prepare', prepare, { ...environment, ...valuesOf(job) }, cwd);
    this.#prepared.push({ job, before, after: await observer.snapshot() });
  }

  /** The metadata of a plain delivery: as it was given, with what stands for the job's own id and number put in. */
  metadataOf(job: CheckJob): Record<string, unknown> {
    const { metadata = {}, secret } = this.bench.options;
    return {
      ...filledIn({ ...metadata, ...job.metadata }, valuesOf(job)),
      ...(secret === undefined ? {} : { secret }),
    };
  }

  /** Whether each job has something of its own in the metadata, by which the handler may know it. */
  get hasOwnKeys(): boolean {
    return placeholder.test(printJson(this.bench.options.metadata ?? {}));
  }

  /** Keeps a delivery for a job; `send` and its like make the attempts. */
  async delivery(job: CheckJob, given: DeliveryOptions = {}): Promise<Sent> {
    const metadata = given.metadata ? given.metadata.value : this.metadataOf(job);
    const plain = webhookBody(given.status ?? 'Completed', job.id, metadata);
    const extended = given.extra
      ? Buffer.from(
          printJson({ status: given.status ?? 'Completed', job_id: job.id, metadata, ...given.extra }),
        )
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

  /** Attempts of this check that are being answered. */
  get underWay(): number {
    return this.#underWay;
  }

  /** One attempt; waits for its answer. */
  async attempt(sent: Sent, options?: AttemptOptions): Promise<Attempt> {
    this.#underWay += 1;
    try {
      return await this.bench.sender.attempt(sent, options);
    } finally {
      this.#underWay -= 1;
    }
  }

  /** A new delivery of a job, and its attempts until the app has the time for it: the first, nearly always. */
  async deliver(
    job: CheckJob,
    given?: DeliveryOptions,
    options: AttemptOptions = {},
  ): Promise<{ sent: Sent; attempt: Attempt }> {
    const sent = await this.delivery(job, given);
    return { sent, attempt: await this.inTime(sent, options) };
  }

  /** An attempt that is made again as long as the app asks for time, as a sender would. @returns the last one */
  async inTime(sent: Sent, options: AttemptOptions = {}): Promise<Attempt> {
    let last = await this.attempt(sent, options);
    for (let number = 0; number < pausesMs.length && asksForTime(last); number++) {
      await this.#pause(last, number);
      last = await this.attempt(sent, { fresh: true, ...options });
    }
    return last;
  }

  /** Attempts as Reducto makes them: until a 2xx, four in all. @returns the last one */
  async retry(sent: Sent): Promise<Attempt> {
    const number = sent.attempts.length;
    return this.insist(sent, await this.attempt(sent, retryOptions(number)), number);
  }

  /**
   * Retries what was not taken. An answer that asks for time is given the pauses that Reducto is assumed to make;
   * for others they would change nothing but the duration of the check.
   * @param from how many retries there were before
   * @returns the last attempt
   */
  async insist(sent: Sent, first: Attempt, from = 0): Promise<Attempt> {
    let last = first;
    for (let number = from; number < pausesMs.length && !accepted(last); number++) {
      await this.#pause(last, number);
      last = await this.attempt(sent, retryOptions(number + 1));
    }
    return last;
  }

  /** Waits before a retry. @param number of retries before */
  async #pause(last: Attempt, number: number): Promise<void> {
    if (!asksForTime(last)) return delay(retryPauseMs);
    this.doing(`answered ${outcomeLabel(last.outcome)}: waiting as Reducto would`);
    await delay(pausesMs[number]! * (1 + jitter * this.#random()));
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

const placeholder = /\$(JOB_ID|N)\b/;

const retryOptions = (number: number): AttemptOptions =>
  number === 0 ? {} : { fresh: true, note: `retry ${number}` };

/** Metadata with `$JOB_ID` and `$N` in its texts replaced, so that each job can have something of its own in it. */
function filledIn(
  metadata: Readonly<Record<string, unknown>>,
  values: Readonly<Record<string, string>>,
): Record<string, unknown> {
  const text = printJson(metadata).replace(new RegExp(placeholder, 'g'), (_, name: string) => values[name]!);
  return Object.fromEntries(membersOf(text).map(([name, json]) => [name, new JsonText(json)]));
}
