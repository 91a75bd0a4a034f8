import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { basename, join } from 'node:path';
import fc from 'fast-check';
import { onCleanup } from '../support/cleanup.ts';

/** What was done to a file, in order. */
type Step =
  | { kind: 'write'; bytes: Buffer; at: number }
  | { kind: 'truncate'; length: number }
  | { kind: 'sync' }
  | { kind: 'remove' };
/** A step, with the name of its file; a mark says that something was promised at that moment. */
export type Note = (Step & { name: string }) | { kind: 'mark'; mark: number };

/**
 * Writes down what this process does to files of one folder, through the calls that the engine and the store use.
 * @returns the notes, which grow, what adds a mark, and what has every later sync of a file of this name fail
 */
export function recordDisk(dir: string): {
  notes: Note[];
  mark(mark: number): void;
  failSyncsOf(name: string): void;
} {
  const notes: Note[] = [];
  const failing = new Set<string>();
  const names = new Map<number, string>();
  const { openSync, closeSync, writeSync, ftruncateSync, fsyncSync, fdatasync, unlinkSync } = fs;
  const kept = { openSync, closeSync, writeSync, ftruncateSync, fsyncSync, fdatasync, unlinkSync };
  const note = (fd: number, step: Step): void => {
    const name = names.get(fd);
    if (name !== undefined) notes.push({ ...step, name });
  };
  Object.assign(fs, {
    openSync(path: string, ...rest: [never]) {
      const fd = kept.openSync(path, ...rest);
      if (String(path).startsWith(dir)) names.set(fd, basename(String(path)));
      return fd;
    },
    closeSync(fd: number) {
      names.delete(fd);
      kept.closeSync(fd);
    },
    writeSync(fd: number, data: Uint8Array | string, ...rest: [number, number, number]) {
      const written = kept.writeSync(fd, data as Uint8Array, ...rest);
      const [offset, length, at] = typeof data === 'string' ? [0, data.length, Number(rest[0])] : rest;
      note(fd, {
        kind: 'write',
        bytes: Buffer.from(Buffer.from(data).subarray(offset, offset + length)),
        at,
      });
      return written;
    },
    ftruncateSync(fd: number, length = 0) {
      kept.ftruncateSync(fd, length);
      note(fd, { kind: 'truncate', length });
    },
    fsyncSync(fd: number) {
      kept.fsyncSync(fd);
      note(fd, { kind: 'sync' });
    },
    fdatasync(fd: number, done: fs.NoParamCallback) {
      if (failing.has(names.get(fd) ?? ''))
        return setImmediate(done, Object.assign(new Error('EIO: i/o error, fdatasync'), { code: 'EIO' }));
      kept.fdatasync(fd, (error) => {
        note(fd, { kind: 'sync' });
        done(error);
      });
    },
    unlinkSync(path: string) {
      kept.unlinkSync(path);
      if (path.startsWith(dir)) notes.push({ kind: 'remove', name: basename(path) });
    },
  });
  syncBuiltinESMExports();
  onCleanup(() => {
    Object.assign(fs, kept);
    syncBuiltinESMExports();
  });
  return {
    notes,
    mark: (mark) => notes.push({ kind: 'mark', mark }),
    failSyncsOf: (name) => failing.add(name),
  };
}

/**
 * What a disk may hold when the power goes behind the first `count` notes: of each file all that was synced, and of what
 * was written since any part (blocks reach the disk in no order). A file system keeps the order of changes of length
 * within a file: what was written behind a cut that is lost is lost too.
 * @param survives whether a step that was not synced reached the disk, by its number
 */
export function afterPowerLoss(
  notes: readonly Note[],
  count: number,
  survives: (step: number) => boolean,
): Map<string, Buffer> {
  const files = new Map<string, Content>();
  const steps = notes.slice(0, count).flatMap((note) => (note.kind === 'mark' ? [] : [note]));
  const lastSync = new Map(steps.map((step, i) => [step.kind === 'sync' ? step.name : '', i] as const));
  const cutLost = new Set<string>();
  for (const [i, step] of steps.entries()) {
    const safe = i < (lastSync.get(step.name) ?? -1);
    if (!safe && (cutLost.has(step.name) || !survives(i))) {
      if (step.kind === 'truncate') cutLost.add(step.name);
      continue;
    }
    if (!files.has(step.name)) files.set(step.name, new Content());
    if (step.kind === 'remove') files.delete(step.name);
    if (step.kind === 'truncate') files.get(step.name)!.cut(step.length);
    if (step.kind === 'write') files.get(step.name)!.write(step.bytes, step.at);
  }
  return new Map([...files].map(([name, content]) => [name, content.bytes]));
}

/** Of a file, growing by doubling. */
class Content {
  #room = Buffer.alloc(1 << 20);
  #length = 0;

  write(bytes: Buffer, at: number): void {
    const end = at + bytes.length;
    if (end > this.#room.length)
      this.#room = Buffer.concat([this.#room, Buffer.alloc(Math.max(end, this.#room.length))]);
    bytes.copy(this.#room, at);
    this.#length = Math.max(this.#length, end);
  }

  cut(length: number): void {
    if (length < this.#length) this.#room.fill(0, length, this.#length);
    this.#length = length;
  }

  get bytes(): Buffer {
    return this.#room.subarray(0, this.#length);
  }
}

/** Lays files out in a folder. */
export function layOut(dir: string, files: ReadonlyMap<string, Buffer>): void {
  for (const [name, bytes] of files) fs.writeFileSync(join(dir, name), bytes);
}

/** A moment, and what of the unsynced survives: nothing, all, or any part. */
export const powerLosses = (count: number) =>
  fc.record({
    count: fc.integer({ min: 1, max: count }),
    share: fc.constantFrom(0, 0.2, 0.5, 0.8, 0.95, 1),
    seed: fc.integer(),
  });

/** Answers by chance, the same for the same seed and number. */
export const chance =
  (seed: number, share: number) =>
  (n: number): boolean => {
    let x = Math.imul(seed ^ Math.imul(n + 1, 0x9e3779b1), 0x85ebca6b);
    x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
    return ((x ^ (x >>> 16)) >>> 0) / 2 ** 32 < share;
  };
