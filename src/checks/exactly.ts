import { setTimeout as delay } from 'node:timers/promises';

/** ms that a timer may be late. */
const timerMs = 3;

/** Waits so many ms, finer than a timer could. */
export async function exactly(ms: number): Promise<void> {
  const until = performance.now() + ms;
  if (ms > timerMs) await delay(ms - timerMs);
  while (performance.now() < until) await new Promise(setImmediate);
}
