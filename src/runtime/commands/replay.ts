import { z } from 'zod';
import { attemptRecord } from '../../core/record.ts';
import { defineCommand } from '../command.ts';

export const replay = defineCommand({
  help: 'Send a delivery to the app again: same bytes, same endpoints',
  example: 'last',
  offline: false,
  positional: ['id'],
  args: z.object({ id: z.string().describe('its number, its id or the beginning of it, or "last"') }),
  async run({ store, dispatcher }, { id }) {
    const delivery = store.delivery(store.resolve(id).seq)!;
    const attempts = await dispatcher.send(delivery, 'replay');
    return { attempts: attempts.map(({ attempt }) => attemptRecord(attempt, false)) };
  },
});
