import { lstatSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import * as z from 'zod';
import { systemCode } from '../core/errors.ts';
import { jsonValue } from '../core/json.ts';
import { readDataFile, writeDataFile } from '../runtime/data-dir.ts';

const schema = z.object({
  pid: z.number().int().positive(),
  /** The receiver's port, once it has one. */
  port: z.number().int().nullable(),
  /** On this machine: nothing else would be ours, and the token is sent there. */
  apiUrl: z.string().regex(/^http:\/\/127\.0\.0\.1:\d{1,5}$/),
  token: z.string().min(16),
});

/** What the lock file says of the process that owns a data directory. */
export type LockOwner = z.infer<typeof schema>;

/** A held lock. */
export interface Lock {
  /** Writes the receiver's port into the lock file. */
  setPort(port: number): void;
  release(): void;
}

const lockFile = (dataDir: string): string => join(dataDir, 'listen.lock');

/**
 * Reads who owns `dataDir`; null when nobody does or the file makes no sense.
 * @throws UserError when something else than a file stands there
 */
export function readLock(dataDir: string): LockOwner | null {
  const text = readDataFile(lockFile(dataDir));
  return text === null ? null : parse(text);
}

function parse(text: string): LockOwner | null {
  const parsed = schema.safeParse(jsonValue(text)); // one that was cut off by a crash is as good as none
  return parsed.success ? parsed.data : null;
}

/** ms after which a guard was left behind by a crash: it is held for some file operations only. */
const guardAgeMs = 5000;

/**
 * Removes a lock file that was judged stale, if it is still the same one. To look and to remove are two steps:
 * among several processes that have judged the same file, all but the first would remove the lock that the first
 * has taken by then. So they come one at a time, behind a guard: a folder, which only one of them can make.
 */
function removeStale(path: string, judged: string): void {
  const guard = `${path}.guard`;
  try {
    mkdirSync(guard);
  } catch (error) {
    if (systemCode(error) !== 'EEXIST') throw error;
    const since = lstatSync(guard, { throwIfNoEntry: false })?.mtimeMs ?? Date.now();
    if (Date.now() - since > guardAgeMs) rmSync(guard, { recursive: true, force: true });
    return; // the caller looks again
  }
  try {
    if (readDataFile(path) === judged) rmSync(path, { force: true });
  } finally {
    rmSync(guard, { recursive: true, force: true });
  }
}

/**
 * Takes the lock of `dataDir`, which exists, unless a living process has it. Nothing is written then: a disk may be
 * full. The file can be read by its user only.
 * @param prepare makes what the lock says of us, when nobody has it
 * @param isAlive asks whether the owner still runs (a pid alone may have been given to another program)
 * @returns the lock, or the owner
 * @throws UserError when something else than a file stands in its place, or the system's error
 */
export async function takeLock(
  dataDir: string,
  prepare: () => Promise<LockOwner>,
  isAlive: (owner: LockOwner) => Promise<boolean>,
): Promise<{ lock: Lock } | { owner: LockOwner }> {
  const path = lockFile(dataDir);
  for (;;) {
    const found = readDataFile(path);
    if (found !== null) {
      const owned = parse(found);
      if (owned && (await isAlive(owned))) return { owner: owned };
      removeStale(path, found);
    }
    const own = await prepare();
    // Fails when the file is there by now: whoever links first has the lock.
    if (writeDataFile(path, JSON.stringify(own), false)) return { lock: heldLock(dataDir, own) };
    await delay(2); // others are at it
  }
}

const heldLock = (dataDir: string, own: LockOwner): Lock => ({
  setPort(port) {
    writeDataFile(lockFile(dataDir), JSON.stringify({ ...own, port }), true);
  },
  release() {
    if (readLock(dataDir)?.token === own.token) rmSync(lockFile(dataDir), { force: true });
  },
});

/** Whether a process with this pid exists. */
export function pidExists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return systemCode(error) === 'EPERM';
  }
}
