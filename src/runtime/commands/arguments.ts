import { z } from 'zod';
import { UserError } from '../../core/errors.ts';
import {
  defaultRetryBaseMs,
  defaultRetryFactor,
  type RetrySchedule,
  retrySchedule,
} from '../../core/retry-schedule.ts';
import { parseDuration } from '../../core/units.ts';
import type { Emulator } from '../../emulator/emulator.ts';
import type { CommandContext } from '../command.ts';

/** ms, from a duration such as `500ms`. */
export const durationArg = z.union([z.string(), z.number()]).transform((value, context) => {
  const ms = parseDuration(String(value));
  if (ms === null) context.addIssue(`"${value}" is not a duration such as 500ms or 2s`);
  return ms ?? z.NEVER;
});

/** The arguments of commands that put faults in. */
export const faultArgs = {
  fault: z
    .union([z.string(), z.array(z.string())])
    .default('')
    .transform((text) => (Array.isArray(text) ? text.join(' ') : text))
    .describe('what to do wrong on purpose, as in duplicate=2,concurrent (see faults)'),
  seed: z.coerce.number().int().min(0).optional().describe('repeat a run: the same seed, the same faults'),
};

/** The arguments of commands that retry as a sender would. */
export const retryArgs = {
  retry: z.string().optional().describe('retry failures by a schedule: reducto-direct, svix, or 1s,5s,30s'),
  retryBase: durationArg
    .default(defaultRetryBaseMs)
    .describe(`first pause of reducto-direct (assumed: ${defaultRetryBaseMs}ms)`),
  retryFactor: z.coerce
    .number()
    .min(1)
    .default(defaultRetryFactor)
    .describe(`how much longer each further one is (assumed: ${defaultRetryFactor})`),
  timeScale: z.coerce.number().positive().default(1).describe('run the schedule so many times faster'),
};

/** The schedule that the arguments ask for; null for none. @throws UserError when it can't be read */
export function toSchedule(given: {
  retry?: string | undefined;
  retryBase: number;
  retryFactor: number;
  timeScale: number;
}): { schedule: RetrySchedule; timeScale: number } | null {
  if (given.retry === undefined) return null;
  return {
    schedule: retrySchedule(given.retry, given.retryBase, given.retryFactor),
    timeScale: given.timeScale,
  };
}

/** The emulator that runs. @throws UserError when none does */
export function runningEmulator({ emulator }: CommandContext): Emulator {
  if (emulator === null)
    throw new UserError(
      'no-emulator',
      'No emulator runs: start reducto-webhook-dev emulate, or listen with --emulate.',
    );
  return emulator;
}
