import {
  closeSync,
  existsSync,
  lstatSync,
  openSync,
  readSync,
  renameSync,
  rmdirSync,
  statSync,
} from 'node:fs';
import { UserError } from '../core/errors.ts';

/** Where the number of the last delivery stands. */
export const lastNumberOf = (path: string): string => `${path}-last`;

/** What shows from outside that a file is damaged, and that the engine would pass over in silence; null for nothing. */
export function oddityOf(path: string): string | null {
  const [size, walSize] = sizesOf(path);
  // A page that is only half there is normal when the log has it whole (a disk that was full, a crash).
  if (walSize === 0) return size % pageSize === 0 ? null : 'it ends within a page';
  const magic = Buffer.alloc(4);
  const file = openSync(`${path}-wal`, 'r');
  readSync(file, magic, 0, 4, 0);
  closeSync(file);
  // Zeros: a crash came before anything was committed. The last bit tells the byte order of its checksums.
  const known = [0, 0x377f0682, 0x377f0683].includes(magic.readUInt32BE());
  return known || walSize < 32 ? null : 'its log (-wal) is none';
}

/** Bytes that the history and its log have on the disk. */
export const sizesOf = (path: string): [size: number, walSize: number] => {
  const sizeOf = (file: string): number => statSync(file, { throwIfNoEntry: false })?.size ?? 0;
  return [sizeOf(path), sizeOf(`${path}-wal`)];
};

const pageSize = 4096;

/** Tells one file from another, also of the same name; null where there is none. */
export function identityOf(path: string): string | null {
  const stats = statSync(path, { throwIfNoEntry: false });
  return stats ? `${stats.dev}:${stats.ino}` : null;
}

/**
 * The engine opens its files by name and follows links: in a folder that others can write to they may have been laid
 * out for us, to have the engine write somewhere else.
 * @throws UserError that names what stands in place of one of the history's files
 */
export function refuseOddFiles(path: string): void {
  for (const file of [path, `${path}-wal`, `${path}-journal`, lastNumberOf(path)]) {
    if (lstatSync(file, { throwIfNoEntry: false })?.isFile() === false)
      throw new UserError(
        'history-unusable',
        `${file} is no file, which the history needs there: remove it, or choose another folder with --data.`,
      );
  }
}

/**
 * The engine locks by making the folder `<file>.lock`, which a killed process leaves behind. Whoever comes here
 * holds the data directory's own lock, so such a folder is stale.
 */
export function removeStaleLock(path: string): boolean {
  const lock = `${path}.lock`;
  if (!lstatSync(lock, { throwIfNoEntry: false })) return false; // a link that leads nowhere is there, too
  rmdirSync(lock);
  return true;
}

/** Gives a damaged history another name. @returns that */
export function moveAside(path: string, stamp: string): string {
  const movedTo = `${path}.damaged-${stamp}`;
  for (const suffix of ['', '-wal']) {
    if (existsSync(path + suffix)) renameSync(path + suffix, movedTo + suffix);
  }
  return movedTo;
}
