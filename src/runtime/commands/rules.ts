import * as z from 'zod';
import { defineCommand } from '../command.ts';

export const rules = defineCommand({
  help: 'Show the rules for what comes in, in their order, and how many deliveries each was about',
  example: '--output json',
  offline: true,
  reads: true,
  args: z.object({}),
  run: ({ dispatcher }) => ({ rules: dispatcher.rules.statuses }),
});
