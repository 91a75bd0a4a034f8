import { randomBytes } from 'node:crypto';
import {
  accessSync,
  closeSync,
  constants,
  existsSync,
  fsyncSync,
  openSync,
  rmSync,
  statfsSync,
  statSync,
  writeSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { messageOf } from '../../core/errors.ts';
import { formatDuration, formatSize } from '../../core/units.ts';
import { type Finding, type Look, note, ok, type Surroundings, warning, wrong } from './finding.ts';

const elsewhere = 'or choose another folder with --data.';
const megabyte = 1024 * 1024;
/** Free bytes below which nothing can be kept, and below which it may soon be so. */
const [tooLittle, little] = [20 * megabyte, 500 * megabyte];
/** ms of an fsync above which bursts of deliveries are answered late: each waits for one. */
const slowMs = 100;

/** The data directory: whether deliveries can be kept there, by whom they are read, and how fast that is. */
export const lookAtDataDir: Look = (around) => {
  const { dataDir } = around;
  const there = existing(dataDir);
  try {
    if (!statSync(there).isDirectory()) return [wrong(`${there} is no folder`, `remove it, ${elsewhere}`)];
    accessSync(there, constants.W_OK | constants.X_OK);
  } catch (error) {
    return [
      wrong(
        `${dataDir} can't be written: ${messageOf(error)}`,
        `make it yours (ls -ld ${there}), ${elsewhere}`,
      ),
    ];
  }
  if (there !== dataDir) return [note(`${dataDir} is made by the first listen`), space(there)];
  return [access(around), space(dataDir), speed(dataDir)];
};

/** The path itself, or the nearest above it that is there. */
function existing(path: string): string {
  const above = dirname(path);
  return existsSync(path) || above === path ? path : existing(above);
}

function access({ dataDir, platform }: Surroundings): Finding {
  const others = platform === 'win32' ? 0 : statSync(dataDir).mode & 0o077;
  if (others === 0) return ok(`${dataDir} is yours alone`);
  const may = (others & 0o022) === 0 ? 'look into' : 'write to';
  return warning(
    `other users can ${may} ${dataDir}, where deliveries and secrets are`,
    `run: chmod 700 ${dataDir}`,
  );
}

function space(dir: string): Finding {
  const { bavail, bsize } = statfsSync(dir);
  return judgeSpace(bavail * bsize);
}

/** @param free bytes */
export function judgeSpace(free: number): Finding {
  const what = `${formatSize(free)} free on its disk`;
  const todo = `make room, keep less (--keep-bytes), ${elsewhere}`;
  return free < tooLittle ? wrong(what, todo) : free < little ? warning(what, todo) : ok(what);
}

/** Writes a small file through to the disk, as each delivery is. */
function speed(dataDir: string): Finding {
  const path = join(dataDir, `doctor.${randomBytes(8).toString('hex')}`);
  try {
    const file = openSync(path, 'wx', 0o600);
    try {
      writeSync(file, Buffer.alloc(4096));
      const start = performance.now();
      fsyncSync(file);
      return judgeSpeed(performance.now() - start);
    } finally {
      closeSync(file);
    }
  } catch (error) {
    return wrong(`nothing can be written to ${dataDir}: ${messageOf(error)}`, `make room, ${elsewhere}`);
  } finally {
    rmSync(path, { force: true });
  }
}

/** @param ms of an fsync */
export const judgeSpeed = (ms: number): Finding =>
  ms < slowMs
    ? ok(`an fsync takes ${formatDuration(ms)}`)
    : warning(
        `an fsync takes ${formatDuration(ms)}, and each delivery waits for one`,
        `use a disk of this machine, no network drive or synced folder: --data.`,
      );
