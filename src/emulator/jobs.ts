import { UserError } from '../core/errors.ts';
import type { Clock } from '../core/ids.ts';
import { longestTimerMs } from '../core/units.ts';
import type { JobStatus, JobStore, NumberedJob, StoredJob } from '../store/jobs.ts';
import { StoreWriteError } from '../store/writer.ts';
import type { EmulatorSettings } from './settings.ts';
import { persists } from './submission.ts';

/** ms between two removals of what has expired. */
const cleaningInterval = 600_000;

/** ms until a webhook that could not be recorded is tried again. */
const writeRetryPause = 1000;

/** What {@link JobEngine} works with. */
export interface JobEngineOptions {
  store: JobStore;
  clock: Clock;
  settings: EmulatorSettings;
  /** Told of every change of a job. */
  onChange(job: StoredJob): void;
  /** Sends the webhooks of a job that has ended; calls `tried` once the first attempt of each was made. */
  sendWebhooks(job: StoredJob, tried: () => void): Promise<void>;
}

/** Whether a job will not change any more. */
export const hasEnded = ({ status }: { status: JobStatus }): boolean =>
  status === 'Completed' || status === 'Failed' || status === 'Cancelled';

/**
 * Carries jobs from their submission to their end. What runs is in memory, what has ended only in the store, so
 * that memory grows with the jobs under way and not with their history.
 */
export class JobEngine {
  readonly #live = new Map<string, StoredJob>();
  readonly #timers = new Map<string, NodeJS.Timeout>();
  readonly #waiting = new Map<string, Set<() => void>>();
  #cleaning: NodeJS.Timeout | null = null;
  /** Ids of those that have not ended. */
  readonly #running = new Set<string>();
  #ended = 0;
  #closed = false;

  constructor(private readonly options: JobEngineOptions) {}

  /**
   * Takes up what an earlier process left: jobs that had not ended are carried on (those whose time has come
   * meanwhile end at once), and webhooks whose first attempt was not made or not ended are sent. Retries that
   * were still to come are not taken up: their delivery is in the history.
   */
  start(): void {
    this.#clean();
    this.#cleaning = setInterval(() => this.#clean(), cleaningInterval).unref();
    for (const job of this.options.store.unfinished()) {
      this.#live.set(job.id, job);
      if (hasEnded(job)) this.#deliver(job);
      else this.#run(job);
    }
  }

  /** Stores a job and lets it run. @throws StoreWriteError when it could not be stored */
  async add(job: StoredJob): Promise<void> {
    this.#stop(job.id); // the one whose place it takes, if any, must not end it
    this.#live.set(job.id, job);
    try {
      await this.options.store.add(job);
    } catch (error) {
      this.#live.delete(job.id);
      throw error;
    }
    if (hasEnded(job)) this.#ended += 1;
    else this.#run(job);
    this.options.onChange(job);
    if (!hasEnded(job)) return;
    if (job.webhookState === 'due') this.#deliver(job);
    else this.#forget(job);
  }

  /** A job by id; null when there is none, or it has expired. */
  get(id: string): StoredJob | null {
    const job = this.#live.get(id) ?? this.options.store.get(id);
    return job === null || this.#isExpired(job) ? null : job;
  }

  /** Newest first, those that have expired left out. */
  page(before: number | undefined, limit: number): NumberedJob[] {
    const query = { limit, now: this.options.clock.now(), ...(before === undefined ? {} : { before }) };
    return this.options.store.page(query).map((job) => ({ ...job, ...this.#live.get(job.id) }));
  }

  /** Jobs under way, webhooks to be sent included. */
  get busy(): number {
    return this.#live.size;
  }

  /** Jobs that are processed now, and those that have ended since this engine was made. */
  get counts(): { running: number; ended: number } {
    return { running: this.#running.size, ended: this.#ended };
  }

  /** The share of its time that a job has been processed, from 0 to 1 (which only its end is). */
  share(job: StoredJob): number {
    if (hasEnded(job)) return 1;
    if (job.endsAt === null) return 0;
    const share = (this.options.clock.now() - job.createdAt) / Math.max(1, job.endsAt - job.createdAt);
    return Math.min(0.99, Math.max(0, share));
  }

  /** Ends a job that runs, now. @throws UserError when it is not known or has ended */
  end(id: string, status: 'Completed' | 'Failed' | 'Cancelled', reason: string | null = null): StoredJob {
    const job = this.get(id);
    if (job === null) throw new UserError('no-job', `There is no job "${id}" in the emulator.`);
    if (hasEnded(job)) throw new UserError('job-ended', `The job "${id}" has ended: ${job.status}.`);
    this.#end(job, status, reason);
    return job;
  }

  /** Makes a job unknown, now. False when it was unknown already. */
  async expire(id: string): Promise<boolean> {
    const job = this.get(id);
    if (job === null) return false;
    if (!hasEnded(job)) this.#end(job, 'Cancelled', 'expired before it had ended', false);
    job.expiresAt = this.options.clock.now();
    this.options.onChange(job);
    await this.options.store.update(job);
    return true;
  }

  /** Resolves when the job has ended, `ms` have passed, or `signal` is aborted. */
  async waitForEnd(id: string, ms: number, signal?: AbortSignal): Promise<void> {
    const job = this.get(id);
    if (job === null || hasEnded(job) || this.#closed || signal?.aborted) return;
    const waiting = this.#waiting.get(id) ?? new Set();
    this.#waiting.set(id, waiting);
    await new Promise<void>((resolve) => {
      const end = (): void => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', end);
        waiting.delete(end);
        if (waiting.size === 0) this.#waiting.delete(id);
        resolve();
      };
      const timer = setTimeout(end, Math.min(ms, longestTimerMs));
      signal?.addEventListener('abort', end);
      waiting.add(end);
    });
  }

  /** Stops the clock for all jobs; they go on when another process takes them up. */
  close(): void {
    this.#closed = true;
    if (this.#cleaning) clearInterval(this.#cleaning);
    for (const timer of this.#timers.values()) clearTimeout(timer);
    for (const waiting of this.#waiting.values()) for (const wake of waiting) wake();
  }

  #run(job: StoredJob): void {
    this.#running.add(job.id);
    if (job.endsAt === null || this.#closed) return;
    const wait = Math.min(longestTimerMs, Math.max(0, job.endsAt - this.options.clock.now()));
    this.#timers.set(
      job.id,
      setTimeout(() => this.#end(job, job.outcome, job.reason), wait),
    );
  }

  #end(
    job: StoredJob,
    status: 'Completed' | 'Failed' | 'Cancelled',
    reason: string | null,
    tell = status !== 'Cancelled' || this.options.settings.cancelledWebhook !== 'none',
  ): void {
    const { clock, settings, store } = this.options;
    this.#stop(job.id);
    this.#ended += 1;
    const now = clock.now();
    Object.assign(job, {
      status,
      reason: status === 'Completed' ? null : reason,
      endedAt: now,
      expiresAt: persists(job.config) ? null : now + settings.jobTtl,
      webhookState: job.webhook !== null && tell ? 'due' : null,
    });
    this.#record(store.update(job), () => {
      if (job.webhookState === null) this.#forget(job);
    });
    this.options.onChange(job);
    for (const wake of this.#waiting.get(job.id) ?? []) wake();
    if (job.webhookState === 'due') this.#deliver(job);
  }

  #deliver(job: StoredJob): void {
    const tried = (): void => {
      if (job.webhookState !== 'due') return;
      job.webhookState = 'tried';
      this.options.onChange(job);
      this.#record(this.options.store.update(job), () => this.#forget(job));
    };
    this.options.sendWebhooks(job, tried).catch((error: unknown) => {
      if (!(error instanceof StoreWriteError)) throw error;
      // Nothing was sent, since it could not be recorded; perhaps the disk has room again soon.
      if (this.#closed || job.webhookState !== 'due') return;
      this.#timers.set(
        job.id,
        setTimeout(() => this.#deliver(job), writeRetryPause),
      );
    });
  }

  /** Takes a job off the clock. */
  #stop(id: string): void {
    clearTimeout(this.#timers.get(id));
    this.#timers.delete(id);
    this.#running.delete(id);
  }

  /** From now on a job is only in the store, unless another one has its id by now. */
  #forget(job: StoredJob): void {
    if (this.#live.get(job.id) === job) this.#live.delete(job.id);
  }

  #clean(): void {
    this.#record(this.options.store.removeExpired(this.options.clock.now()));
  }

  #isExpired = ({ expiresAt }: StoredJob): boolean =>
    expiresAt !== null && expiresAt <= this.options.clock.now();

  /** What can't be written stays in memory; the store has published why. */
  #record(work: Promise<void>, then: () => void = () => undefined): void {
    work.then(then, (error: unknown) => {
      if (!(error instanceof StoreWriteError)) throw error;
    });
  }
}
