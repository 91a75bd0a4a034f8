import * as z from 'zod';
import { damagedError } from '../../core/damage.ts';
import { UserError, usageError } from '../../core/errors.ts';
import { type CommandContext, defineCommand } from '../command.ts';
import { reductoFromEnv } from '../reducto/access.ts';
import { maskJob, withFullResult } from '../reducto/full-result.ts';

export const job = defineCommand({
  help: 'Show a job with its result, as the emulator has it or Reducto (with REDUCTO_API_KEY)',
  example: 'last',
  offline: true,
  reads: true,
  positional: ['id'],
  args: z.object({
    id: z.string().min(1).describe('job id, or a delivery of it: its number, its id or "last"'),
    short: z.boolean().default(false).describe('leave a large result as the URL that leads to it'),
    secrets: z.boolean().default(false).describe('leave secrets readable'),
    apiKey: z.string().optional().meta({ hidden: true }),
    baseUrl: z.string().optional().meta({ hidden: true }),
  }),
  async run(context, { id: reference, short, secrets, apiKey, baseUrl }) {
    const id = jobIdOf(context, reference);
    const emulated = context.emulator?.jobObject(id) ?? null;
    const found =
      emulated ?? (await ask(context, id, { REDUCTO_API_KEY: apiKey, REDUCTO_BASE_URL: baseUrl }));
    const whole = short ? found : await withFullResult(found);
    return {
      id,
      source: emulated === null ? ('reducto' as const) : ('emulator' as const),
      job: secrets ? whole : maskJob(whole),
    };
  },
});

/** The job of a delivery, or the id as it was given. */
function jobIdOf({ store }: CommandContext, reference: string): string {
  if (!/^(last|#?\d{1,9}|dlv_.*)$/.test(reference)) return reference;
  const summary = store.resolve(reference);
  const { seq, jobId } = summary;
  if (jobId === null && summary.damage) throw damagedError(summary);
  if (jobId === null) throw usageError('no-job', `Delivery #${seq} is not of a job.`);
  return jobId;
}

/** @param given by whoever called, whose environment is not ours */
async function ask(
  { emulator }: CommandContext,
  id: string,
  given: Record<string, string | undefined>,
): Promise<Record<string, unknown>> {
  const known = Object.entries(given).filter(([, value]) => value !== undefined);
  const env = { ...process.env, ...Object.fromEntries(known) };
  if (emulator !== null && !env.REDUCTO_API_KEY)
    throw new UserError(
      'no-job',
      `The emulator knows no job ${id}; to ask Reducto, REDUCTO_API_KEY has to be set.`,
    );
  // An environment that points to our own emulator has been answered: it does not know the job.
  return reductoFromEnv(env).job(id);
}
