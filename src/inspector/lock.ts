import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { systemCode, UserError } from '../core/errors.ts';

const schema = z.object({
  pid: z.number().int().positive(),
  /** The receiver's port, once it has one. */
  port: z.number().int().nullable(),
  apiUrl: z.url(),
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

/** Reads who owns `dataDir`; null when nobody does or the file makes no sense. */
export function readLock(dataDir: string): LockOwner | null {
  const text = readText(lockFile(dataDir));
  return text === null ? null : parse(text);
}

/** The file's text; null when there is none. */
function readText(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return null;
    throw error;
  }
}

function parse(text: string): LockOwner | null {
  const parsed = schema.safeParse(safeJson(text));
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
    const since = statSync(guard, { throwIfNoEntry: false })?.mtimeMs ?? Date.now();
    if (Date.now() - since > guardAgeMs) rmSync(guard, { recursive: true, force: true });
    return; // the caller looks again
  }
  try {
    if (readText(path) === judged) rmSync(path, { force: true });
  } finally {
    rmSync(guard, { recursive: true, force: true });
  }
}

/**
 * Takes the lock of `dataDir`, unless a living process has it. The file can be read by its user only.
 * @param isAlive asks whether the owner still runs (a pid alone may have been given to another program)
 * @returns the lock, or the owner
 * @throws UserError when the folder can't be used
 */
export async function takeLock(
  dataDir: string,
  owner: LockOwner,
  isAlive: (owner: LockOwner) => Promise<boolean>,
): Promise<{ lock: Lock } | { owner: LockOwner }> {
  try {
    return await take(dataDir, owner, isAlive);
  } catch (error) {
    const code = systemCode(error);
    if (error instanceof UserError || !/^E[A-Z0-9]+$/.test(code ?? '')) throw error;
    throw new UserError(
      'data-dir',
      `${dataDir} can't be used (${code}): choose another folder with --data.`,
      1,
      {
        cause: error,
      },
    );
  }
}

async function take(
  dataDir: string,
  owner: LockOwner,
  isAlive: (owner: LockOwner) => Promise<boolean>,
): Promise<{ lock: Lock } | { owner: LockOwner }> {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const path = lockFile(dataDir);
  const draft = `${path}.${owner.pid}`;
  const save = (content: LockOwner): void => writeFileSync(draft, JSON.stringify(content), { mode: 0o600 });
  for (;;) {
    save(owner);
    try {
      linkSync(draft, path); // fails when the file exists: whoever links first has the lock
      rmSync(draft);
      break;
    } catch (error) {
      rmSync(draft);
      if (systemCode(error) !== 'EEXIST') throw error;
    }
    const other = readText(path);
    if (other === null) continue; // its owner has just let go of it
    const owned = parse(other);
    if (owned && (await isAlive(owned))) return { owner: owned };
    removeStale(path, other);
    await delay(2); // others may be at it
  }
  return {
    lock: {
      setPort(port) {
        save({ ...owner, port });
        renameSync(draft, path);
      },
      release() {
        if (readLock(dataDir)?.token === owner.token) rmSync(path, { force: true });
      },
    },
  };
}

/** Whether a process with this pid exists. */
export function pidExists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return systemCode(error) === 'EPERM';
  }
}

function safeJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null; // a file that was cut off by a crash: as good as none
  }
}
