import { z } from 'zod';
import { UserError } from '../../core/errors.ts';
import type { Jobs } from '../../dispatch/job.ts';
import { type CommandContext, defineCommand } from '../command.ts';

const jobArg = z.object({ job: z.string().optional().describe('its id; the newest one when absent') });

const find = ({ jobs }: CommandContext, id: string | undefined, fit?: Parameters<Jobs['find']>[1]) => {
  const job = jobs.find(id, fit) ?? jobs.find(id);
  if (!job)
    throw new UserError(
      'no-job',
      id === undefined ? 'Nothing is under way.' : `There is no job "${id}" under way.`,
    );
  return job;
};

export const jobs = defineCommand({
  help: 'Show the replays and retries under way',
  example: '',
  offline: false,
  args: z.object({}),
  run: ({ jobs }) => ({ jobs: jobs.statuses }),
});

export const cancel = defineCommand({
  help: 'Cancel a replay or a retry schedule; what was sent stays recorded',
  example: '',
  offline: false,
  positional: ['job'],
  args: jobArg,
  run(context, { job: id }) {
    const job = find(context, id);
    job.cancel();
    return { cancelled: job.status.id, done: job.status.done };
  },
});

export const skip = defineCommand({
  help: 'Make the next attempt of a retry schedule now',
  example: '',
  offline: false,
  positional: ['job'],
  args: jobArg,
  run(context, { job: id }) {
    const job = find(context, id, ({ waits }) => waits);
    if (!job.skip()) throw new UserError('no-pause', `Job ${job.status.id} waits for no next attempt.`);
    return { skipped: job.status.id };
  },
});
