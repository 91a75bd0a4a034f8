import { execFile, spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { tempDir } from '../support/cleanup.ts';
import { bundle } from './bundle.ts';

interface Report {
  refusal: string | null;
  stored: number;
  together: (string | null)[];
  readable: number;
  problem: string | null;
  reopened: number;
  stillRefused: (string | null)[];
  afterwards: (string | null)[];
  problemAfterwards: string | null;
  problems: (string | null)[];
  quarantined: string[];
  promised: number;
  lost: number[];
  count: number;
}

// A mount namespace of one's own needs root or, on most Linux systems, nobody's leave.
const namespace = [['-rm'], ['-m']].find(
  (flags) => spawnSync('unshare', [...flags, 'mount', '-t', 'tmpfs', 'tmpfs', '/mnt']).status === 0,
);

/** Runs a program on a file system of a few megabytes, or in a folder. */
async function run(program: string, mode: 'real' | 'injected', dir: string): Promise<Report> {
  const args = [program, dir, mode];
  const onTmpfs = 'mount -t tmpfs -o size=3m tmpfs "$3" && exec "$@"';
  const [command, all] =
    mode === 'injected'
      ? [process.execPath, args]
      : ['unshare', [...namespace!, 'sh', '-c', onTmpfs, 'sh', process.execPath, ...args]];
  const { stdout } = await promisify(execFile)(command, all);
  return JSON.parse(stdout) as Report;
}

// Writes that fail with an injected ENOSPC are tried everywhere; a file system that is really full where one can be made.
describe.each([...(namespace ? (['real'] as const) : []), 'injected' as const])(
  'a full disk (%s)',
  (mode) => {
    test('refuses deliveries with the reason, loses none, and takes them again once there is space', async () => {
      const dir = join(tempDir(), 'data');
      mkdirSync(dir);
      const report = await run(await bundle('disk-full'), mode, dir);
      const full = `The disk is full: deliveries can't be stored in ${dir}. Free some space; senders get 503 until then.`;
      expect(report.refusal).toBe(full);
      expect(report.stored).toBeGreaterThan(20);
      expect(report.together).toEqual([full, full, full]);
      expect(report.problem).toBe(full);
      expect(report.problems[0]).toBe(full);
      expect(report.problems.at(-1)).toBeNull();
      // What was stored can be read all the time, also after a restart.
      expect([report.readable, report.reopened]).toEqual([report.stored, report.stored]);
      // Closing may have made a little room, so that one of several fits.
      expect(report.stillRefused).toContain(full);
      expect(report.stillRefused.filter((refusal) => refusal !== full && refusal !== null)).toEqual([]);
      // Space again: the very next delivery is taken.
      expect(report.afterwards).toEqual([null, null, null, null, null]);
      expect(report.problemAfterwards).toBeNull();
      expect([report.lost, report.quarantined]).toEqual([[], []]);
      expect(report.count).toBe(report.promised);
    });
  },
);
