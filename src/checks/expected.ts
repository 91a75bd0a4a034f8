import type { Bench } from './bench.ts';
import type { Check } from './check.ts';
import { defaultLateMs, lateDuplicate } from './table/order.ts';
import { quietWindowMs } from './watch.ts';

/** ms that a restart of the app takes, where it has not been seen: a small program. */
const restartMs = 500;

/**
 * About how long some checks will take, ms, by what clean deliveries took: each waits for effects and until nothing
 * moves, and those that kill the app for its start as well.
 * @param width how many of those that may overlap run at the same time
 */
export function expectedMs(bench: Bench, checks: readonly Check[], width: number): number {
  const { answerMs, effectMs } = bench.baseline!;
  const once = answerMs + effectMs + quietWindowMs(bench);
  const msOf = ({ waits = 1, needs }: Check): number =>
    waits * (once + (needs.includes('start') ? restartMs : 0));
  const sum = (some: readonly Check[]): number => some.reduce((total, check) => total + msOf(check), 0);
  const grouped = width > 1 ? checks.filter(({ overlaps }) => overlaps) : [];
  const longest = Math.max(0, ...grouped.map(msOf));
  const all =
    sum(checks.filter((check) => !grouped.includes(check))) + Math.max(longest, sum(grouped) / width);
  const { lateMs = defaultLateMs } = bench.options;
  return checks.includes(lateDuplicate) ? Math.max(all, lateMs) : all;
}
