import { chmodSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { onCleanup, tempDir } from '../support/cleanup.ts';
import { newDelivery } from '../support/deliveries.ts';
import { bundle } from './bundle.ts';
import { canMount, run } from './namespace.ts';
import { openTemp } from './support.ts';

interface Report {
  said: string;
  quarantined: string[];
}

const advice = (dir: string): RegExp =>
  new RegExp(
    `^history-unusable: The history can't be kept in ${dir} \\(.+\\): make it a folder .* --data\\.$`,
  );
const asNobody = process.getuid?.() === 0 ? ['--as-nobody'] : [];

/** A folder in one that anyone may enter; with a history in it when asked for. */
async function folder(withHistory: boolean): Promise<string> {
  const parent = tempDir();
  chmodSync(parent, 0o755);
  const dir = join(parent, 'data');
  mkdirSync(dir, { mode: 0o755 });
  if (!withHistory) return dir;
  const { store } = openTemp({}, dir);
  await store.addDelivery(newDelivery('kept'));
  await store.close();
  return dir;
}

describe('a folder that cannot be written', () => {
  const cases: [what: string, withHistory: boolean, mode: number][] = [
    ['for want of leave', false, 0o555],
    ['for want of leave, with a history', true, 0o555],
    ['or read', true, 0o000],
  ];
  test.each(cases)('%s, is told with advice, and nothing in it is touched', async (_, withHistory, mode) => {
    const dir = await folder(withHistory);
    const path = join(dir, 'history.db');
    const before = withHistory ? readFileSync(path) : null;
    if (withHistory) chmodSync(path, 0o444);
    chmodSync(dir, mode);
    onCleanup(() => chmodSync(dir, 0o755));
    const report = await run<Report>(await bundle('open'), dir, asNobody);
    expect(report).toEqual({ said: expect.stringMatching(advice(dir)), quarantined: [] });
    chmodSync(dir, 0o755);
    expect(readdirSync(dir)).toEqual(withHistory ? ['history.db', 'history.db-last'] : []);
    if (before) expect(readFileSync(path).equals(before)).toBe(true);
  });

  test('a history that may be read but not written is told with advice', async () => {
    const dir = await folder(true);
    chmodSync(join(dir, 'history.db'), 0o444);
    chmodSync(dir, 0o777);
    const report = await run<Report>(await bundle('open'), dir, asNobody);
    expect(report).toEqual({ said: expect.stringMatching(advice(dir)), quarantined: [] });
    expect(openTemp({}, dir).store.count()).toBe(1);
  });
});

// Where no file system can be mounted, the cases above stand for it.
describe.each(canMount ? [false, true] : [])(
  'a file system that is read-only (with a history: %s)',
  (withHistory) => {
    test('is told with advice', async () => {
      const dir = await folder(withHistory);
      const prepare = 'mount --bind "$0" "$0" && mount -o remount,bind,ro "$0"';
      const report = await run<Report>(await bundle('open'), dir, [], prepare);
      expect(report).toEqual({ said: expect.stringMatching(advice(dir)), quarantined: [] });
    });
  },
);
