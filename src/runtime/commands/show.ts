import { setImmediate as turn } from 'node:timers/promises';
import * as z from 'zod';
import { changesSince, differenceFromOrigin } from '../../core/attempt-diff.ts';
import type { Attempt, Delivery } from '../../core/delivery.ts';
import { unifiedText } from '../../core/diff.ts';
import { attemptRecord, type DeliveryDetail, deliveryRecord, type ShownAttempt } from '../../core/record.ts';
import { defineCommand } from '../command.ts';

export const show = defineCommand({
  help: 'Show one delivery with its attempts',
  example: 'last',
  offline: true,
  reads: true,
  positional: ['id'],
  args: z.object({
    id: z.string().describe('its number, its id or the beginning of it, or "last"'),
    secrets: z.boolean().default(false).describe('leave secrets readable'),
  }),
  async run({ store }, { id, secrets }): Promise<DeliveryDetail> {
    const summary = store.resolve(id);
    const delivery = store.delivery(summary.seq)!;
    const attempts = store.attempts(summary.seq);
    // Each may have megabytes to mask: between them others have their turn.
    await turn();
    const shown: DeliveryDetail = { delivery: deliveryRecord(delivery, summary, secrets), attempts: [] };
    const sinceBefore = changesSince(secrets);
    for (const attempt of attempts) {
      await turn();
      const since = sinceBefore(attempt);
      shown.attempts.push({ ...shownAttempt(attempt, delivery, secrets), ...(since && { since }) });
    }
    return shown;
  },
});

/** An attempt with what it has that the delivery has not. */
export function shownAttempt(attempt: Attempt, delivery: Delivery, secrets: boolean): ShownAttempt {
  const found = differenceFromOrigin(attempt, delivery, secrets);
  return { ...attemptRecord(attempt, secrets), ...(found ? { difference: unifiedText(found) } : {}) };
}
