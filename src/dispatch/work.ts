import { randomUUID } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import { mustNotFail } from '../core/errors.ts';
import type { WorkStatus } from '../core/session.ts';
import { longestTimerMs } from '../core/units.ts';
import type { WorkNote, WorkNotes } from '../store/work-notes.ts';
import { StoreWriteError } from '../store/writer.ts';

/** ms between two notes of how far a piece of work has come. */
const noteEveryMs = 1000;

/** A note that can't be written does not keep the work from being done; the store has published why. */
const unfailing = (write: Promise<void>): Promise<void> =>
  write.catch((error: unknown) => {
    if (!(error instanceof StoreWriteError)) throw error;
  });

/** A long piece of work in the background that can be watched, hurried and cancelled. What it has sent stays recorded. */
export class Work {
  readonly #cancel = new AbortController();
  readonly #ended = new AbortController();
  /** The pauses of now, each with when it ends of itself; only those that are shown can be seen in the status. */
  readonly #pauses = new Set<{ end(): void; due: number; shown: boolean }>();
  #status: WorkStatus;

  /**
   * @param key what its note and its attempts are found by, in later runs too
   * @param noted resolves when it is noted, or can't be: nothing should be sent before
   * @param onChange told of every change of the status
   */
  constructor(
    { id, label, total }: Pick<WorkStatus, 'id' | 'label' | 'total'>,
    readonly key: string = id,
    readonly noted: Promise<void> = Promise.resolve(),
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

  /** Aborted when it has ended, in whatever way. */
  get ended(): AbortSignal {
    return this.#ended.signal;
  }

  /** Counts one request that has ended. */
  count(success: boolean): void {
    const { done, failed } = this.#status;
    this.#publish({ done: done + 1, failed: failed + (success ? 0 : 1) });
  }

  /** Says which pauses a retry schedule has, for those who watch. */
  plan(delays: readonly number[]): void {
    this.#publish({ delays });
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
    this.#ended.abort();
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
  readonly #runId = randomUUID();
  #last = 0;

  /**
   * @param onChange told of every change of any of it
   * @param notes where it is noted, so that the next run knows what a kill cut short
   */
  constructor(
    private readonly onChange: () => void = () => undefined,
    private readonly notes: WorkNotes | null = null,
  ) {}

  /**
   * Begins a piece of work; it is listed until {@link Work.finish}.
   * @param signal cancels it: whoever asked for it has gone
   * @param told what it was told to do, as JSON, and the key it had in the run that was cut short
   */
  start(
    label: string,
    total: number | null,
    signal?: AbortSignal,
    { plan = null, key }: { plan?: string | null; key?: string | undefined } = {},
  ): Work {
    const id = String(++this.#last);
    const noteId = key ?? `${this.#runId}-${id}`;
    const { noted, note } = this.#noter({ id: noteId, label, total, done: 0, startedAt: Date.now(), plan });
    const work = new Work({ id, label, total }, noteId, noted, (status) => {
      if (status.state !== 'running') this.#all.delete(id);
      note(status);
      this.onChange();
    });
    this.#all.set(id, work);
    const cancel = (): void => work.cancel();
    if (signal?.aborted) cancel();
    signal?.addEventListener('abort', cancel, { once: true, signal: work.ended });
    this.onChange();
    return work;
  }

  /** Notes how far a piece of work has come, from time to time, and forgets it when it has ended. */
  #noter(begun: WorkNote): { noted: Promise<void>; note(status: WorkStatus): void } {
    const { notes } = this;
    if (notes === null) return { noted: Promise.resolve(), note: () => undefined };
    const noted = unfailing(notes.put(begun));
    let last = performance.now();
    const note = ({ state, done }: WorkStatus): void => {
      if (state !== 'running') mustNotFail(unfailing(notes.remove(begun.id)));
      else if (performance.now() - last >= noteEveryMs) {
        last = performance.now();
        mustNotFail(unfailing(notes.progress(begun.id, done)));
      }
    };
    return { noted, note };
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
