import { expect } from 'vitest';

/** The least CPU time of a few runs (ms): unlike the time that passes, it doesn't grow with what else runs. */
async function least(run: () => unknown): Promise<number> {
  let best = Number.POSITIVE_INFINITY;
  for (let i = 0; i < 3; i++) {
    const before = process.cpuUsage();
    await run();
    const { user, system } = process.cpuUsage(before);
    best = Math.min(best, (user + system) / 1000);
  }
  return best;
}

/** Below this (ms) a measurement says nothing. */
const noise = 20;

/**
 * Expects that eight times the input costs about eight times the work at most: what is quadratic costs 64 times as
 * much. The margin is wide, since only the kind of growth is meant, and what seems too much is measured again:
 * what costs its square does so each time.
 * @param prepare makes what is measured for an input of some size
 */
export async function expectLinear(prepare: (size: number) => () => unknown, size: number): Promise<void> {
  const [small, large] = [prepare(size), prepare(size * 8)];
  await small(); // once more, so that nothing is compiled while it is measured
  let [cost, limit] = [0, 0];
  for (let round = 0; round < 3; round++) {
    limit = Math.max(limit, Math.max(await least(small), noise / 8) * 8 * 3);
    cost = await least(large);
    if (cost < limit) return;
  }
  expect(cost, `CPU time of ${size * 8} against ${size}`).toBeLessThan(limit);
}
