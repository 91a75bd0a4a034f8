import { setMaxListeners } from 'node:events';
import type { JobStatus } from '../core/session.ts';
import { longestTimerMs } from '../core/units.ts';

/** A long piece of work that can be watched, hurried and cancelled. What it has sent stays recorded. */
export class Job {
  readonly #cancel = new AbortController();
  /** The pauses of now, each with when it ends of itself; only those that are shown can be seen in the status. */
  readonly #pauses = new Set<{ end(): void; due: number; shown: boolean }>();
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
    const pause = { end: (): void => undefined, due: now() + ms, shown };
    this.#pauses.add(pause);
    if (shown) this.#publish({ nextAt: this.#nextAt() });
    await new Promise<void>((resolve) => {
      let timer: NodeJS.Timeout;
      const wait = (left: number): void => {
        timer = setTimeout(
          () => (left > longestTimerMs ? wait(left - longestTimerMs) : pause.end()),
          Math.min(left, longestTimerMs),
        );
      };
      pause.end = (): void => {
        clearTimeout(timer);
        this.signal.removeEventListener('abort', pause.end);
        resolve();
      };
      this.signal.addEventListener('abort', pause.end);
      wait(ms);
    });
    this.#pauses.delete(pause);
    if (shown) this.#publish({ nextAt: this.#nextAt() });
  }

  /** Whether {@link skip} has something to end. */
  get waits(): boolean {
    return this.#pauses.size > 0;
  }

  /** Ends the pause that would end first: its attempt is made at once. @returns false when nothing waits */
  skip(): boolean {
    const [first] = [...this.#pauses].sort((a, b) => a.due - b.due);
    first?.end();
    return first !== undefined;
  }

  cancel(): void {
    this.#cancel.abort();
  }

  finish(): void {
    this.#publish({ state: this.signal.aborted ? 'cancelled' : 'done' });
  }

  #nextAt(): number | null {
    const dues = [...this.#pauses].flatMap(({ shown, due }) => (shown ? [due] : []));
    return dues.length === 0 ? null : Math.min(...dues);
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

  /**
   * Begins a job; it is listed until {@link Job.finish}.
   * @param signal cancels it: whoever asked for it has gone
   */
  start(label: string, total: number | null, signal?: AbortSignal): Job {
    const id = String(++this.#last);
    const job = new Job(id, label, total, ({ state }) => {
      if (state !== 'running') this.#jobs.delete(id);
      this.onChange();
    });
    this.#jobs.set(id, job);
    if (signal?.aborted) job.cancel();
    signal?.addEventListener('abort', () => job.cancel(), { once: true });
    this.onChange();
    return job;
  }

  get statuses(): JobStatus[] {
    return [...this.#jobs.values()].map(({ status }) => status);
  }

  /** A job by id, or the newest one that is `fit`. */
  find(id?: string, fit: (job: Job) => boolean = () => true): Job | undefined {
    return id === undefined ? [...this.#jobs.values()].findLast(fit) : this.#jobs.get(id);
  }

  /** Cancels them all. */
  close(): void {
    for (const job of this.#jobs.values()) job.cancel();
  }
}
