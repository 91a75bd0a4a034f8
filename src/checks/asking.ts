import { setTimeout as delay } from 'node:timers/promises';
import type { Emulator } from '../emulator/emulator.ts';

/** ms between two looks. */
const lookMs = 100;
/** ms without a fetch after which it has come to an end, at the least. */
const silenceMs = 3000;
/** ms that are watched at the most. */
const mostMs = 40_000;
/** Fetches within a second that are no backing off. */
const hurry = 5;
/** Fetches nearer to each other than this (ms) are one asking, with the retries of an SDK. */
const togetherMs = 150;
/** How often may be asked, one pause like the other; and how often where that takes all the time. */
const enough = 12;
const enoughSlowly = 6;
/** What pauses are longer than the first ones when they grow. */
const growing = 1.5;

/**
 * Watches whether the app goes on asking for a job that is gone. A few times with growing pauses are fine: they come to an
 * end.
 * @returns how it asks, in words; null when it has come to an end, or will
 */
export async function asksWithoutEnd(
  emulator: Pick<Emulator, 'fetches'>,
  jobId: string,
  signal?: AbortSignal,
): Promise<string | null> {
  const began = Date.now();
  for (;;) {
    await delay(lookMs);
    const now = Date.now();
    const times = emulator.fetches(jobId).map(({ at }) => at);
    const within = times.filter((at) => at > began && at > now - 1000).length;
    if (within >= hurry) return `${times.length} fetches, ${within} of them within one second`;
    const askings = times.filter((at, i) => i === 0 || at - times[i - 1]! > togetherMs);
    const pauses = askings.slice(1).map((at, i) => at - askings[i]!);
    if (now - (times.at(-1) ?? began) > Math.max(silenceMs, 2 * Math.max(0, ...pauses))) return null;
    if (grows(pauses)) return null;
    const over = now - began > mostMs;
    if (askings.length >= (over ? enoughSlowly : enough))
      return `${times.length} fetches, the last pauses of ${pauses.slice(-3).join(', ')} ms`;
    if (over || signal?.aborted) return null;
  }
}

const grows = (pauses: readonly number[]): boolean =>
  pauses.length > 3 && Math.min(...pauses.slice(-2)) > growing * Math.max(...pauses.slice(0, 2));
