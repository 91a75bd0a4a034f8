import { usageError } from './errors.ts';
import { parseDuration } from './units.ts';

/** When a sender tries again: the pause before each retry, after the attempt that failed. */
export interface RetrySchedule {
  name: string;
  /** ms. */
  delays: readonly number[];
  /** What of it no source states; null when all of it is published. */
  assumed: string | null;
}

const s = 1000;
const min = 60 * s;
const hour = 60 * min;

/** Reducto retries "up to 3 times with exponential backoff" (docs.reducto.ai, "Direct webhooks"). */
const reductoRetries = 3;
/** Before Reducto's first retry: assumed, since Reducto publishes no figure. */
export const defaultRetryBaseMs = 1000;
/** How much longer each further pause is: assumed too. */
export const defaultRetryFactor = 2;

/** docs.svix.com/retries: at once, then after these, each from the failure before. */
const svixDelays = [5 * s, 5 * min, 30 * min, 2 * hour, 5 * hour, 10 * hour, 10 * hour];

/**
 * A schedule by name (`reducto-direct`, `svix`) or as pauses (`1s,5s,30s`).
 * @param base ms before the first retry of `reducto-direct`
 * @param factor by which each further one is longer
 * @throws UserError when it is neither
 */
export function retrySchedule(
  text: string,
  base = defaultRetryBaseMs,
  factor = defaultRetryFactor,
): RetrySchedule {
  if (text === 'svix') return { name: 'svix', delays: svixDelays, assumed: null };
  if (text === 'reducto-direct')
    return {
      name: 'reducto-direct',
      delays: Array.from({ length: reductoRetries }, (_, i) => base * factor ** i),
      assumed: `The pauses are assumed (${base} ms, then ${factor} times as long each); Reducto publishes no figures`,
    };
  const delays = text.split(',').map((part) => {
    const delay = parseDuration(part);
    if (delay !== null) return delay;
    const what = part === text ? `"${text}"` : `"${part}" in "${text}"`;
    throw usageError(
      'retry',
      `${what} is no retry schedule: use reducto-direct, svix, or pauses such as 1s,5s,30s.`,
    );
  });
  return { name: 'custom', delays, assumed: null };
}
