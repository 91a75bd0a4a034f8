import { randomBytes, randomInt } from 'node:crypto';
import {
  closeSync,
  constants,
  fstatSync,
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  type Stats,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import envPaths from 'env-paths';
import { systemCode, UserError } from '../core/errors.ts';

/** The platform's data directory for this tool. */
export const defaultDataDir = (): string => envPaths('reducto-webhook-dev', { suffix: '' }).data;

// More than any small file of ours has.
const maxFileSize = 64 * 1024;

/** What stands at a path of ours that we did not put there. */
const odd = (path: string, what: string): UserError =>
  new UserError(
    'data-dir',
    `${path} ${what}, which reducto-webhook-dev did not make: remove it, or choose another folder with --data.`,
  );

/**
 * Makes a data directory, for its user only, with the folders above it.
 * @returns what is to be said of one that was there before; null for nothing
 * @throws the system's error when it can't be made
 */
export function makeDataDir(dataDir: string): string | null {
  makeDir(dataDir);
  const { mode } = statSync(dataDir);
  return process.platform !== 'win32' && (mode & 0o022) !== 0
    ? `Warning: other users can write to ${dataDir}, and so change your history: run chmod go-w on it, or choose another folder with --data.`
    : null;
}

// Not mkdir's own `recursive`, which never ends below /proc: there a parent exists in which nothing can be made.
function makeDir(path: string): void {
  const made = (): boolean => {
    try {
      mkdirSync(path, { mode: 0o700 });
      return true;
    } catch (error) {
      if (systemCode(error) === 'EEXIST' && statSync(path).isDirectory()) return true;
      if (systemCode(error) !== 'ENOENT' || dirname(path) === path) throw error;
      return false;
    }
  };
  if (made()) return;
  makeDir(dirname(path));
  mkdirSync(path, { mode: 0o700 });
}

/**
 * The text of a small file in a data directory; null when there is none. Neither links are followed nor pipes waited
 * for: in a folder that others can write to they may have been laid out for us.
 * @throws UserError that names what stands there in place of a file of ours
 */
export function readDataFile(path: string): string | null {
  let file: number;
  try {
    file = openSync(path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0));
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return null;
    const there = lstatSync(path, { throwIfNoEntry: false });
    if (there && !there.isFile()) throw odd(path, kindOf(there));
    throw error;
  }
  try {
    const there = fstatSync(file);
    const me = process.getuid?.() ?? 0;
    if (!there.isFile()) throw odd(path, kindOf(there));
    if (there.size > maxFileSize) throw odd(path, `is a file of ${there.size} bytes`);
    if (me !== 0 && there.uid !== me && there.uid !== 0) throw odd(path, "is another user's file");
    return readFileSync(file, 'utf8');
  } finally {
    closeSync(file);
  }
}

const kindOf = (there: Stats): string =>
  there.isSymbolicLink()
    ? 'is a symbolic link'
    : there.isDirectory()
      ? 'is a folder'
      : there.isFIFO()
        ? 'is a pipe'
        : there.isSocket()
          ? 'is a socket'
          : 'is a device';

/**
 * Writes a small file into a data directory, readable by its user only; it is there whole or not at all. It is written
 * under a name that nobody can foretell, so that no link can have been laid out there.
 * @param replace false to leave one that is there
 * @returns whether it was written
 */
export function writeDataFile(path: string, text: string, replace: boolean): boolean {
  const draft = `${path}.${randomBytes(8).toString('hex')}`;
  try {
    writeFileSync(draft, text, { flag: 'wx', mode: 0o600 });
    if (replace) renameSync(draft, path);
    else linkSync(draft, path);
    return true;
  } catch (error) {
    if (!replace && systemCode(error) === 'EEXIST') return false;
    throw error;
  } finally {
    rmSync(draft, { force: true });
  }
}

/** The subdomain that belongs to a data directory: made once, so that the public URL is the same tomorrow. */
export function stableSubdomain(dataDir: string): string {
  const path = join(dataDir, 'subdomain');
  const kept = readDataFile(path)?.trim();
  if (kept !== undefined && /^[a-z0-9-]{1,63}$/i.test(kept)) return kept;
  const alphabet = 'abcdefghjkmnpqrstvwxyz23456789';
  const name = `reducto-${Array.from({ length: 10 }, () => alphabet[randomInt(alphabet.length)]).join('')}`;
  writeDataFile(path, `${name}\n`, true);
  return name;
}
