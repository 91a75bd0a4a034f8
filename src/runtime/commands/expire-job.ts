import * as z from 'zod';
import { UserError } from '../../core/errors.ts';
import { defineCommand } from '../command.ts';
import { runningEmulator } from './arguments.ts';

export const expireJob = defineCommand({
  help: "Make the emulator forget a job, as Reducto does 12 hours after a job's end",
  example: '204a39e4-dd10-4c83-a978-0cee4af8cde2',
  offline: false,
  positional: ['id'],
  args: z.object({ id: z.string().describe('job id') }),
  async run(context, { id }) {
    if (!(await runningEmulator(context).expireJob(id)))
      throw new UserError('no-job', `There is no job "${id}" in the emulator.`);
    return { expired: id };
  },
});
