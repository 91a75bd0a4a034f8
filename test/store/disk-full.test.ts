import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { tempDir } from '../support/cleanup.ts';
import { bundle } from './bundle.ts';
import { canMount, run } from './namespace.ts';

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

const small = 'mount -t tmpfs -o size=3m tmpfs "$0"';

// Writes that fail with an injected ENOSPC are tried everywhere; a file system that is really full where one can be made.
describe.each([...(canMount ? (['real'] as const) : []), 'injected' as const])('a full disk (%s)', (mode) => {
  test('refuses deliveries with the reason, loses none, and takes them again once there is space', async () => {
    const dir = join(tempDir(), 'data');
    mkdirSync(dir);
    const report = await run<Report>(
      await bundle('disk-full'),
      dir,
      [mode],
      mode === 'real' ? small : undefined,
    );
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
});
