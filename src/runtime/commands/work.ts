import * as z from 'zod';
import { UserError } from '../../core/errors.ts';
import type { WorkList } from '../../dispatch/work.ts';
import { type CommandContext, defineCommand } from '../command.ts';

const workArgs = z.object({
  id: z.string().optional().describe('its id; the newest one when absent'),
  /** What `id` was called before. */
  job: z.string().optional().meta({ hidden: true }),
});

type Named = z.output<typeof workArgs>;

const find = ({ work }: CommandContext, { id: named, job }: Named, fit?: Parameters<WorkList['find']>[1]) => {
  const id = named ?? job;
  const found = work.find(id, fit) ?? work.find(id);
  if (!found)
    throw new UserError(
      'no-work',
      id === undefined ? 'Nothing is under way.' : `There is no work "${id}" under way.`,
    );
  return found;
};

export const work = defineCommand({
  help: 'Show the replays and retries under way',
  example: '',
  offline: true,
  args: z.object({}),
  run: ({ work: { statuses } }) => ({ work: statuses }),
});

/** As `work` was called until 0.1; goes away with the version after the next. */
export const jobs = defineCommand({
  ...work,
  hidden: true,
  run: ({ work: { statuses } }) => ({ jobs: statuses }),
});

export const cancel = defineCommand({
  help: 'Cancel a replay or a retry schedule; what was sent stays recorded',
  example: '',
  offline: true,
  positional: ['id'],
  args: workArgs,
  run(context, given) {
    const found = find(context, given);
    found.cancel();
    return { cancelled: found.status.id, done: found.status.done };
  },
});

export const skip = defineCommand({
  help: 'Make the next attempt of a retry schedule now',
  example: '',
  offline: true,
  positional: ['id'],
  args: workArgs,
  run(context, given) {
    const found = find(context, given, ({ waits }) => waits);
    if (!found.skip()) throw new UserError('no-pause', `Work ${found.status.id} waits for no next attempt.`);
    return { skipped: found.status.id };
  },
});
