import { setMaxListeners } from 'node:events';
import type { WorkStatus } from '../core/session.ts';
import { longestTimerMs } from '../core/units.ts';

/** A long piece of work in the background that can be watched, hurried and cancelled. What it has sent stays recorded. */
export class Work {
  readonly #cancel = new AbortController();
  /** The pauses of now, each with when it ends of itself; only those that are shown can be seen in the status. */
  readonly #pauses = new Set<{ end(): void; due: number; shown: boolean }>();
  #status: WorkStatus;

  /** @param onChange told of every change of the status */
  constructor(
    id: string,
    label: string,
    total: number | null,
    private readonly onChange: (status: WorkStatus) => void = () => undefined,
  ) {
    setMaxListeners(0, this.signal); // every pause and attempt listens
    this.#status = { id, label, total, done: 0, failed: 0, nextAt: null, state: 'running' };
    this.#publish();
  }

  get status(): WorkStatus {
    return this.#status;
  }

  /** Aborted when it is cancelled. */
  get signal(): AbortSignal {
    return this.#cancel.signal;
  }

  /** Counts one request that has ended. */
  count(success: boolean): void {
    const { done, failed } = this.#status;
    this.#publish({ done: done + 1, failed: failed + (success ? 0 : 1) });
  }

  /**
   * Waits, unless the work is cancelled or hurried.
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

  #publish(change: Partial<WorkStatus> = {}): void {
    this.#status = { ...this.#status, ...change };
    this.onChange(this.#status);
  }
}

/** The work that a running tool does in the background. */
export class WorkList {
  readonly #all = new Map<string, Work>();
  #last = 0;

  /** @param onChange told of every change of any of it */
  constructor(private readonly onChange: () => void = () => undefined) {}

  /**
   * Begins a piece of work; it is listed until {@link Work.finish}.
   * @param signal cancels it: whoever asked for it has gone
   */
  start(label: string, total: number | null, signal?: AbortSignal): Work {
    const id = String(++this.#last);
    const work = new Work(id, label, total, ({ state }) => {
      if (state !== 'running') this.#all.delete(id);
      this.onChange();
    });
    this.#all.set(id, work);
    if (signal?.aborted) work.cancel();
    signal?.addEventListener('abort', () => work.cancel(), { once: true });
    this.onChange();
    return work;
  }

  get statuses(): WorkStatus[] {
    return [...this.#all.values()].map(({ status }) => status);
  }

  /** One by id, or the newest one that is `fit`. */
  find(id?: string, fit: (work: Work) => boolean = () => true): Work | undefined {
    return id === undefined ? [...this.#all.values()].findLast(fit) : this.#all.get(id);
  }

  /** Cancels them all. */
  close(): void {
    for (const work of this.#all.values()) work.cancel();
  }
}
