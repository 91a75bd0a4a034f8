import { expect } from 'vitest';

/** The least time of a few runs (ms): what else the machine does only adds to it. */
function least(run: () => unknown): number {
  let best = Number.POSITIVE_INFINITY;
  for (let i = 0; i < 3; i++) {
    const start = performance.now();
    run();
    best = Math.min(best, performance.now() - start);
  }
  return best;
}

/** Below this (ms) a measurement says nothing. */
const noise = 20;

/**
 * Expects that eight times the input costs about eight times the work at most: what is quadratic costs 64 times as
 * much. The margin is wide, since only the kind of growth is meant.
 * @param prepare makes what is measured for an input of some size
 */
export function expectLinear(prepare: (size: number) => () => unknown, size: number): void {
  const [small, large] = [prepare(size), prepare(size * 8)];
  small(); // once more, so that nothing is compiled while it is measured
  const limit = Math.max(least(small), noise / 8) * 8 * 3;
  expect(least(large), `${size * 8} against ${size}`).toBeLessThan(limit);
}
