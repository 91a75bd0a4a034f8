import * as z from 'zod';
import { defineCommand } from '../command.ts';

export const clear = defineCommand({
  help: 'Remove every delivery and attempt, or those of some deliveries',
  example: '',
  offline: true,
  positional: ['id'],
  args: z.object({
    id: z
      .union([z.array(z.string()), z.string().transform((one) => [one])])
      .optional()
      .describe('numbers, ids or the beginnings of ids, or "last"; all of them when absent'),
  }),
  async run({ store }, { id }) {
    if (id === undefined || id.length === 0) return { removed: await store.clear() };
    return { removed: await store.remove(id.map((each) => store.resolve(each).seq)) };
  },
});
