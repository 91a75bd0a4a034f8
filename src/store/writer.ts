import { statfsSync } from 'node:fs';
import { dirname } from 'node:path';
import { messageOf, mustNotFail, UserError } from '../core/errors.ts';
import type { HistoryFile } from './database.ts';

/** A write that did not reach the disk. The sender of a delivery must not get a 2xx then. */
export class StoreWriteError extends UserError {
  constructor(message: string, cause: unknown) {
    super('store-write', message, 1, { cause });
  }
}

// How long a write that nobody waits for may stay in memory, so that it shares a commit with its neighbours.
const lazyMs = 10;

// What one transaction holds at most: it is written in one go, and everything else waits.
const groupBytes = 4 * 1024 * 1024;

/** How something is written. */
export interface WriteOptions {
  /** False when nobody waits for the disk: the write may then linger a few ms. */
  urgent?: boolean;
  /** What it writes, about, where that is much. */
  bytes?: number;
  /** Called in the instant from which on the file shows it, which is before it is on disk. */
  committed?: () => void;
}

interface Job {
  write(): void;
  /** Called in the instant from which on the file shows what it wrote. */
  committed?: (() => void) | undefined;
  /** Whether it is no part of a transaction. */
  alone: boolean;
  /** Whether somebody waits for it. */
  urgent: boolean;
  bytes: number;
  resolve(): void;
  reject(error: unknown): void;
}

/**
 * Commits writes in groups: all that were asked for while another group was on its way to the disk, or in one turn of
 * the event loop, share one transaction and thus one wait for the disk.
 */
export class GroupWriter {
  #queue: Job[] = [];
  #urgent: NodeJS.Immediate | null = null;
  #lazy: NodeJS.Timeout | null = null;
  /** What is under way. */
  #working: Promise<void> | null = null;
  /** Why the last write failed; null when it succeeded. */
  problem: string | null = null;

  /** @param around runs all that is in a transaction, once or, where that begins anew, more often */
  constructor(
    private readonly file: HistoryFile,
    private readonly onProblem: (problem: string | null) => void,
    private readonly around: (work: () => void) => void = (work) => work(),
  ) {}

  /**
   * Queues `write`; resolves once it is on disk. Writes keep their order.
   * @throws StoreWriteError (rejects) when it could not be written
   */
  enqueue(write: () => void, { urgent = true, bytes = 0, committed }: WriteOptions = {}): Promise<void> {
    return this.#enqueue(write, false, urgent, bytes, committed);
  }

  /** Queues what is to be done with the file between two transactions. @throws what `work` throws (rejects) */
  alone(work: () => void): Promise<void> {
    return this.#enqueue(work, true, true, 0);
  }

  #enqueue(
    write: () => void,
    alone: boolean,
    urgent: boolean,
    bytes: number,
    committed?: () => void,
  ): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#queue.push({ write, committed, alone, urgent, bytes, resolve, reject });
      this.#schedule(urgent);
    });
  }

  /** Has what is queued written, unless a group is on its way: behind that it is looked at anew. */
  #schedule(urgent: boolean): void {
    if (this.#working !== null) return;
    if (urgent) this.#urgent ??= setImmediate(() => this.#begin());
    else this.#lazy ??= setTimeout(() => this.#begin(), lazyMs);
  }

  /** Resolves once all that is queued is written. */
  async drain(): Promise<void> {
    while (this.#queue.length > 0 || this.#working !== null) {
      if (this.#working === null) this.#begin();
      await this.#working;
    }
  }

  #begin(): void {
    if (this.#urgent) clearImmediate(this.#urgent);
    if (this.#lazy) clearTimeout(this.#lazy);
    this.#urgent = this.#lazy = null;
    this.#working = this.#writeNext();
    mustNotFail(this.#working);
  }

  async #writeNext(): Promise<void> {
    const group = this.#take();
    await (group[0]!.alone ? this.#runAlone(group[0]!) : this.#write(group));
    if (this.file.hasFullLog) await this.file.empty();
    this.#working = null;
    if (this.#queue.length > 0) this.#schedule(this.#queue.some(({ urgent }) => urgent));
  }

  /** The next group: jobs that go together, and are not too long. */
  #take(): Job[] {
    let count = 1;
    for (let bytes = this.#queue[0]!.bytes; count < this.#queue.length; count += 1) {
      const job = this.#queue[count]!;
      bytes += job.bytes;
      if (bytes > groupBytes || job.alone || this.#queue[0]!.alone) break;
    }
    return this.#queue.splice(0, count);
  }

  /** That it fails says nothing of deliveries, which go on being stored. */
  async #runAlone(job: Job): Promise<void> {
    try {
      job.write();
      job.resolve();
    } catch (error) {
      job.reject(error);
    }
  }

  async #write(group: readonly Job[]): Promise<void> {
    if (await this.#commit(group)) return;
    // One bad write must not take its neighbours with it: each gets a transaction of its own.
    if (group.length > 1 && !isDiskFull(this.file.path))
      for (const job of group) await this.#commit([job], true);
    else this.#fail(group, this.problem!);
  }

  async #commit(group: readonly Job[], final = false): Promise<boolean> {
    try {
      await this.file.commit(
        () =>
          this.around(() => {
            for (const job of group) job.write();
          }),
        () => {
          for (const job of group) job.committed?.();
        },
        { writes: group.length, bytes: group.reduce((sum, { bytes }) => sum + bytes, 0) },
      );
    } catch (error) {
      this.#setProblem(describe(error, this.file.path));
      if (final) this.#fail(group, this.problem!, error);
      return false;
    }
    this.#setProblem(null);
    for (const job of group) job.resolve();
    return true;
  }

  #fail(group: readonly Job[], problem: string, cause?: unknown): void {
    for (const job of group) job.reject(new StoreWriteError(problem, cause));
  }

  #setProblem(problem: string | null): void {
    if (problem === this.problem) return;
    this.problem = problem;
    this.onProblem(problem);
  }
}

// The engine reports every failed write as "disk I/O error": the reason has to be asked of the file system.
function isDiskFull(path: string): boolean {
  try {
    const { bavail, bsize } = statfsSync(dirname(path));
    return bavail * bsize < 64 * 1024;
  } catch {
    return false; // the folder is gone: not for lack of space
  }
}

const describe = (error: unknown, path: string): string =>
  isDiskFull(path) || /disk is full/.test(messageOf(error))
    ? `The disk is full: deliveries can't be stored in ${dirname(path)}. Free some space; senders get 503 until then.`
    : `Deliveries can't be stored in ${dirname(path)} (${messageOf(error)}); senders get 503 until they can.`;

/** The error of a write that failed outside of a {@link GroupWriter}. */
export const writeError = (error: unknown, path: string): StoreWriteError =>
  new StoreWriteError(describe(error, path), error);
