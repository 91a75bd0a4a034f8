import { expect, test } from 'vitest';
import { Observer } from '../../../src/checks/effects/observer.ts';

/** A probe that shows one row more each time it is asked, up to so many. */
function growing(rows: number): Observer {
  let shown = 0;
  const snapshot = async (): Promise<string> => JSON.stringify({ rows: Math.min(rows, ++shown) });
  return new Observer([{ name: 'growing', kind: 'effects', snapshot }], []);
}

const rowsOf = (snapshots: readonly string[]): number => JSON.parse(snapshots[0]!).rows;

test('what goes on is waited for beyond the patience, which is for what stands still', async () => {
  // Each look takes 10 ms at least, so that all of them take longer than the patience.
  const settled = await growing(150).settle({
    windowMs: 20,
    until: (snapshots) => rowsOf(snapshots) === 150,
    patienceMs: 1000,
    busy: () => false,
  });
  expect(rowsOf(settled.snapshots)).toBe(150);
  expect(settled.quiet).toBe(true);
});

test('what never comes is waited for as long as the patience lasts', async () => {
  const settled = await growing(3).settle({
    windowMs: 20,
    until: () => false,
    patienceMs: 50,
    busy: () => false,
  });
  expect(rowsOf(settled.snapshots)).toBe(3);
  expect(settled.quiet).toBe(true);
});

test('what goes on without end is taken as it is', async () => {
  const settled = await growing(Number.POSITIVE_INFINITY).settle({
    windowMs: 20,
    limitMs: 100,
    busy: () => false,
  });
  expect(settled.quiet).toBe(false);
});
