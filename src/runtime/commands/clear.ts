import { z } from 'zod';
import { defineCommand } from '../command.ts';

export const clear = defineCommand({
  help: 'Remove every delivery and attempt',
  example: '',
  offline: true,
  args: z.object({}),
  run: async ({ store }) => ({ removed: await store.clear() }),
});
