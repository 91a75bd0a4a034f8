import { z } from 'zod';
import { differenceFromOrigin } from '../../core/attempt-diff.ts';
import type { Attempt, Delivery } from '../../core/delivery.ts';
import { unifiedText } from '../../core/diff.ts';
import { attemptRecord, type DeliveryDetail, deliveryRecord, type ShownAttempt } from '../../core/record.ts';
import { defineCommand } from '../command.ts';

export const show = defineCommand({
  help: 'Show one delivery with its attempts',
  example: 'last',
  offline: true,
  positional: ['id'],
  args: z.object({
    id: z.string().describe('its number, its id or the beginning of it, or "last"'),
    secrets: z.boolean().default(false).describe('leave secrets readable'),
  }),
  run({ store }, { id, secrets }): DeliveryDetail {
    const summary = store.resolve(id);
    const delivery = store.delivery(summary.seq)!;
    return {
      delivery: deliveryRecord(delivery, summary, secrets),
      attempts: store.attempts(summary.seq).map((attempt) => shownAttempt(attempt, delivery, secrets)),
    };
  },
});

/** An attempt with what it has that the delivery has not. */
export function shownAttempt(attempt: Attempt, delivery: Delivery, secrets: boolean): ShownAttempt {
  const found = differenceFromOrigin(attempt, delivery, secrets);
  return { ...attemptRecord(attempt, secrets), ...(found ? { difference: unifiedText(found) } : {}) };
}
