import { expect } from 'vitest';

/** The least CPU time of a few runs (ms): unlike the time that passes, it doesn't grow with what else runs. */
async function least(run: () => unknown, times: number): Promise<number> {
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < 3; round++) {
    const before = process.cpuUsage();
    for (let i = 0; i < times; i++) await run();
    const { user, system } = process.cpuUsage(before);
    best = Math.min(best, (user + system) / 1000);
  }
  return best;
}

/** What costs less (ms) is not measured further: it would say nothing. */
const noise = 20;

/**
 * Expects that eight times the input costs about what eight of it cost: what is quadratic costs eight times as much.
 * The margin is wide, since only the kind of growth is meant, and what seems too much is measured again: what costs
 * its square does so each time.
 * @param prepare makes what is measured for an input of some size
 */
export async function expectLinear(prepare: (size: number) => () => unknown, size: number): Promise<void> {
  const [small, large] = [prepare(size), prepare(size * 8)];
  await small(); // once more, so that nothing is compiled while it is measured
  let [cost, limit] = [await least(large, 1), noise];
  for (let round = 0; round < 4 && cost >= limit; round++) {
    limit = Math.max(limit, (await least(small, 8)) * 4);
    cost = await least(large, 1);
  }
  expect(cost, `CPU time of ${size * 8} against eight times ${size}`).toBeLessThan(limit);
}
