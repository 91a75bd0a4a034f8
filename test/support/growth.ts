import { expect } from 'vitest';

/** The CPU time of a run (ms): unlike the time that passes, it doesn't grow with what else runs. */
async function costOf(run: () => unknown): Promise<number> {
  const before = process.cpuUsage();
  await run();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
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
  let [cost, limit] = [await costOf(large), noise];
  for (let round = 0; round < 6 && cost >= limit; round++) {
    let eight = 0;
    // No more of the eight than it takes to know: each further one only makes the limit higher.
    for (let run = 0; run < 8 && cost >= limit; run++) {
      eight += await costOf(small);
      limit = Math.max(limit, eight * 4);
    }
    if (cost >= limit) cost = Math.min(cost, await costOf(large));
  }
  expect(cost, `CPU time of ${size * 8} against eight times ${size}`).toBeLessThan(limit);
}
