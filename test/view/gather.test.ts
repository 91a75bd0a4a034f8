import { beforeEach, expect, test, vi } from 'vitest';
import { createGatherer } from '../../src/view/gather.ts';
import type { Happened } from '../../src/view/list.ts';

beforeEach(() => {
  vi.useFakeTimers();
  return () => vi.useRealTimers();
});

/** What is passed on, and when (ms). */
function gather() {
  const passed: (Happened & { at: number })[] = [];
  const began = Date.now();
  return { passed, ...createGatherer((events) => passed.push({ ...events, at: Date.now() - began })) };
}

test('removals by themselves are passed on at once, then twice a second, the last one included', () => {
  const { passed, add } = gather();
  for (let i = 0; i < 100; i++) {
    add({ type: 'removed' });
    vi.advanceTimersByTime(25);
  }
  vi.advanceTimersByTime(1000);
  // A timer of 0 ms takes 1.
  expect(passed.map(({ at }) => at)).toEqual([0, 501, 1002, 1503, 2004, 2505]);
  expect(passed.every(({ removed }) => removed)).toBe(true);
});

test('what comes beside removals waits for nothing, and takes them along', () => {
  const { passed, add } = gather();
  add({ type: 'removed' });
  vi.advanceTimersByTime(100);
  add({ type: 'removed' });
  add({ type: 'acknowledgement', seq: 7 } as never);
  vi.advanceTimersByTime(0);
  expect(passed.at(-1)).toMatchObject({ at: 100, removed: true, changed: new Set([7]) });
  vi.advanceTimersByTime(1000);
  expect(passed).toHaveLength(2);
});

test('nothing is passed on after the end', () => {
  const { passed, add, stop } = gather();
  add({ type: 'removed' });
  vi.advanceTimersByTime(100);
  add({ type: 'removed' });
  stop();
  vi.advanceTimersByTime(1000);
  expect(passed).toHaveLength(1);
});
