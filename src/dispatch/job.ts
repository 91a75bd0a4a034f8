import { setMaxListeners } from 'node:events';
import type { JobStatus } from '../core/session.ts';

/** A long piece of work that can be watched, hurried and cancelled. What it has sent stays recorded. */
export class Job {
  readonly #cancel = new AbortController();
  #wake: (() => void) | null = null;
  #status: JobStatus;

  /** @param onChange told of every change of the status */
  constructor(
    id: string,
    label: string,
    total: number | null,
    private readonly onChange: (status: JobStatus) => void = () => undefined,
  ) {
    setMaxListeners(0, this.signal); // every pause and attempt listens
    this.#status = { id, label, total, done: 0, failed: 0, nextAt: null, state: 'running' };
    this.#publish();
  }

  get status(): JobStatus {
    return this.#status;
  }

  /** Aborted when the job is cancelled. */
  get signal(): AbortSignal {
    return this.#cancel.signal;
  }

  /** Counts one request that has ended. */
  count(success: boolean): void {
    const { done, failed } = this.#status;
    this.#publish({ done: done + 1, failed: failed + (success ? 0 : 1) });
  }

  /**
   * Waits, unless the job is cancelled or hurried.
   * @param shown whether the screens count down
   */
  async pause(ms: number, now: () => number, shown = false): Promise<void> {
    if (ms <= 0 || this.signal.aborted) return;
    if (shown) this.#publish({ nextAt: now() + ms });
    await new Promise<void>((resolve) => {
      const end = (): void => {
        clearTimeout(timer);
        this.signal.removeEventListener('abort', end);
        resolve();
      };
      const timer = setTimeout(end, ms);
      this.#wake = end;
      this.signal.addEventListener('abort', end);
    });
    this.#wake = null;
    if (shown) this.#publish({ nextAt: null });
  }

  /** Ends the pause of now: the next attempt is made at once. @returns false when nothing waits */
  skip(): boolean {
    const waits = this.#wake !== null;
    this.#wake?.();
    return waits;
  }

  cancel(): void {
    this.#cancel.abort();
  }

  finish(): void {
    this.#publish({ state: this.signal.aborted ? 'cancelled' : 'done' });
  }

  #publish(change: Partial<JobStatus> = {}): void {
    this.#status = { ...this.#status, ...change };
    this.onChange(this.#status);
  }
}

/** The jobs of a running tool. */
export class Jobs {
  readonly #jobs = new Map<string, Job>();
  #last = 0;

  /** @param onChange told of every change of any job */
  constructor(private readonly onChange: () => void = () => undefined) {}

  /** Begins a job; it is listed until {@link Job.finish}. */
  start(label: string, total: number | null): Job {
    const id = String(++this.#last);
    const job = new Job(id, label, total, ({ state }) => {
      if (state !== 'running') this.#jobs.delete(id);
      this.onChange();
    });
    this.#jobs.set(id, job);
    this.onChange();
    return job;
  }

  get statuses(): JobStatus[] {
    return [...this.#jobs.values()].map(({ status }) => status);
  }

  /** A job by id, or the newest one. */
  find(id?: string): Job | undefined {
    return id === undefined ? [...this.#jobs.values()].at(-1) : this.#jobs.get(id);
  }

  /** Cancels them all. */
  close(): void {
    for (const job of this.#jobs.values()) job.cancel();
  }
}
