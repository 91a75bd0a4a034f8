import * as z from 'zod';
import { defineCommand } from '../command.ts';
import { runningEmulator } from './arguments.ts';

export const endJob = defineCommand({
  help: 'End a job of the emulator now, completed, failed or cancelled, and send its webhook',
  example: '204a39e4-dd10-4c83-a978-0cee4af8cde2 --status Failed',
  offline: false,
  positional: ['id'],
  args: z.object({
    id: z.string().describe('job id'),
    status: z
      .enum(['Completed', 'Failed', 'Cancelled'])
      .default('Completed')
      .describe('Completed, Failed or Cancelled (default: Completed)'),
    reason: z.string().optional().describe('why it failed'),
  }),
  run(context, { id, status, reason }) {
    runningEmulator(context).endJob(id, status, reason);
    return { id, status };
  },
});
