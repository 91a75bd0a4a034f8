import { z } from 'zod';
import { attemptRecord, type DeliveryDetail, deliveryRecord } from '../../core/record.ts';
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
    return {
      delivery: deliveryRecord(store.delivery(summary.seq)!, summary, secrets),
      attempts: store.attempts(summary.seq).map((attempt) => attemptRecord(attempt, secrets)),
    };
  },
});
