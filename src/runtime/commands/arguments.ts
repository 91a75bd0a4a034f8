import * as z from 'zod';
import { damagedError } from '../../core/damage.ts';
import type { Delivery } from '../../core/delivery.ts';
import { endpointUrl, parseEndpoint } from '../../core/endpoint.ts';
import { UserError, usageError } from '../../core/errors.ts';
import {
  defaultRetryBaseMs,
  defaultRetryFactor,
  type RetrySchedule,
  retrySchedule,
} from '../../core/retry-schedule.ts';
import { signingKey } from '../../core/signature.ts';
import { longestTimerMs, parseTimer } from '../../core/units.ts';
import type { Emulator } from '../../emulator/emulator.ts';
import type { Store } from '../../store/store.ts';
import type { CommandContext } from '../command.ts';
import { expandHome } from '../paths.ts';

/** ms, from a duration such as `500ms`; a number, which no command line gives, is ms already. */
export const durationArg = z.union([z.string(), z.number()]).transform((value, context) => {
  const ms = typeof value === 'number' ? value : parseTimer(value);
  if (ms !== null && ms <= longestTimerMs) return ms;
  context.addIssue(`"${value}" is not a duration such as 500ms or 2s (24d at most)`);
  return z.NEVER;
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

/** The arguments of commands that send what may carry a signature. */
export const signingArgs = {
  resign: z
    .boolean()
    .default(false)
    .describe(
      'sign anew with a fresh timestamp and the same svix-id (the default where the secret is known)',
    ),
  stale: z.boolean().default(false).describe('keep the old Svix signature and timestamp on purpose'),
  svixSecret: z
    .string()
    .optional()
    .describe('sign with this whsec_… secret (default: that of listen; without one SVIX_SECRET)'),
};

/**
 * The key that the arguments ask to sign with; null for none.
 * @param known that of the running tool
 * @throws UserError when they contradict each other, or a secret is needed and none is known
 */
export function keyFor(
  { resign, stale, svixSecret }: { resign: boolean; stale: boolean; svixSecret?: string | undefined },
  known: Buffer | null,
): Buffer | null {
  if (resign && stale) throw usageError('resign', 'Either --resign or --stale: both at once is not clear.');
  const key = svixSecret === undefined ? known : signingKey(svixSecret);
  if (resign && key === null)
    throw usageError(
      'resign',
      'To sign anew the secret is needed: give --svix-secret whsec_…, here or to listen.',
    );
  return key;
}

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

/** A delivery that is to be sent or written down. @throws UserError when there is none, or it is damaged */
export function wholeDelivery(store: Store, reference: string): Delivery {
  const delivery = store.delivery(store.resolve(reference).seq)!;
  if (delivery.broken) throw damagedError(delivery);
  return delivery;
}

/** A path of the caller's, from a form too, where no shell has read the `~` in front of it. */
export const pathArg = z.string().transform(expandHome);

/** Where a printed command sends a delivery: to the user's app, else to the receiver that runs; null when neither is known. */
export const appUrl =
  ({ dispatcher, live }: CommandContext) =>
  (delivery: Delivery): string | null => {
    const receiverUrl = live?.status().receiverUrl;
    return (
      dispatcher.urlFor(delivery) ??
      (receiverUrl === undefined ? null : endpointUrl(parseEndpoint(receiverUrl), delivery.target))
    );
  };
