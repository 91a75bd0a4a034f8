import * as z from 'zod';
import { damagedJobsNote } from '../../core/damage.ts';
import { UserError } from '../../core/errors.ts';
import { handlerRunOf } from '../../emulator/handler-runs.ts';
import { jobRecord } from '../../emulator/record.ts';
import { type CommandContext, defineCommand } from '../command.ts';
import { runningEmulator } from './arguments.ts';

export const emulatedJobs = defineCommand({
  help: "List the emulator's jobs, newest first, or one of them with every fetch of it",
  example: '--limit 20',
  offline: false,
  positional: ['id'],
  args: z.object({
    id: z.string().optional().describe('one job: when it was fetched, and by which run of the handler'),
    limit: z.coerce.number().int().min(1).max(10_000).default(50).describe('at most this many'),
    secrets: z.boolean().default(false).describe('leave secrets in webhook URLs readable'),
  }),
  run(context, { id, limit, secrets }) {
    const emulator = runningEmulator(context);
    const jobs = id === undefined ? emulator.recentJobs(limit) : [emulator.job(id)];
    const damage = damagedJobsNote(context.store.jobs.damaged());
    return {
      ...(damage === null ? {} : { warnings: [damage] }),
      jobs: jobs.map((job) => {
        if (job === null) throw new UserError('no-job', `There is no job "${id}" in the emulator.`);
        return { ...jobRecord(job, secrets), ...fetchRecord(context, job.id, id !== undefined) };
      }),
    };
  },
});

/** How often a job was fetched; with each fetch and the run of the handler that made it, when asked for. */
function fetchRecord(context: CommandContext, jobId: string, each: boolean) {
  const fetches = runningEmulator(context).fetches(jobId);
  const count = { fetches: fetches.length, lastFetchAt: fetches.at(-1)?.at ?? null };
  if (!each) return count;
  return {
    ...count,
    fetchedBy: fetches.map((fetch) => ({
      at: fetch.at,
      status: fetch.status,
      userAgent: fetch.userAgent,
      run: handlerRunOf(fetch, context.store),
    })),
  };
}
