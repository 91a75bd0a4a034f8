import { statfsSync } from 'node:fs';
import { dirname } from 'node:path';
import { messageOf, UserError } from '../core/errors.ts';
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

interface Job {
  write(): void;
  bytes: number;
  resolve(): void;
  reject(error: StoreWriteError): void;
}

/**
 * Commits writes in groups: all that were asked for in one turn of the event loop share one transaction and
 * thus one wait for the disk.
 */
export class GroupWriter {
  #queue: Job[] = [];
  #urgent: NodeJS.Immediate | null = null;
  #lazy: NodeJS.Timeout | null = null;
  /** Why the last write failed; null when it succeeded. */
  problem: string | null = null;

  constructor(
    private readonly file: HistoryFile,
    private readonly onProblem: (problem: string | null) => void,
  ) {}

  /**
   * Queues `write`; resolves once it is on disk. Writes keep their order.
   * @param bytes that it writes, about, where they are many
   * @param urgent false when nobody waits for the disk: the write may then linger a few ms
   * @throws StoreWriteError (rejects) when it could not be written
   */
  enqueue(write: () => void, urgent = true, bytes = 0): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#queue.push({ write, bytes, resolve, reject });
      if (urgent) this.#urgent ??= setImmediate(() => this.#flushSome());
      else this.#lazy ??= setTimeout(() => this.#flushSome(), lazyMs);
    });
  }

  /** Writes all that is queued, now. */
  flush(): void {
    while (this.#queue.length > 0) this.#flushSome();
  }

  /** Writes one group of what is queued, and what is left of it in a later turn. */
  #flushSome(): void {
    if (this.#urgent) clearImmediate(this.#urgent);
    if (this.#lazy) clearTimeout(this.#lazy);
    this.#urgent = this.#lazy = null;
    let count = 0;
    for (let bytes = 0; count < this.#queue.length; count += 1) {
      bytes += this.#queue[count]!.bytes;
      if (bytes > groupBytes && count > 0) break;
    }
    const group = this.#queue.splice(0, count);
    if (this.#queue.length > 0) this.#urgent = setImmediate(() => this.#flushSome());
    if (group.length === 0 || this.#commit(group)) return;
    // One bad write must not take its neighbours with it: each gets a transaction of its own.
    if (group.length > 1 && !isDiskFull(this.file.path)) for (const job of group) this.#commit([job], true);
    else this.#fail(group, this.problem!);
  }

  #commit(group: readonly Job[], final = false): boolean {
    try {
      this.file.transaction(() => {
        for (const job of group) job.write();
      });
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
