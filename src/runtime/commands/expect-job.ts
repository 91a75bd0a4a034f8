import * as z from 'zod';
import { defineCommand } from '../command.ts';

export const expectJob = defineCommand({
  help: 'Have the deliveries of a job stand out on the screen, as submit does',
  example: '204a39e4-dd10-4c83-a978-0cee4af8cde2',
  offline: false,
  positional: ['id'],
  args: z.object({ id: z.string().min(1).describe('job id') }),
  run: ({ live }, { id }) => ({ expected: live?.expectJob(id) ?? [] }),
});
