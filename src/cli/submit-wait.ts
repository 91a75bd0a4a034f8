import { setTimeout as delay } from 'node:timers/promises';
import { UserError } from '../core/errors.ts';
import type { DeliveryDetail } from '../core/record.ts';
import { formatDuration } from '../core/units.ts';
import type { ReductoClient } from '../runtime/reducto/client.ts';
import type { RunningTool } from './running.ts';
import type { SubmitOptions } from './submit-options.ts';
import type { SubmitOutput } from './submit-output.ts';

// How often the history is looked at.
const pollMs = 200;

/**
 * Waits for the first delivery of a job and for the app's answer to it, and prints both.
 * @returns whether the job failed or the app did not take the delivery
 * @throws UserError when nothing comes in time
 */
export async function awaitDelivery(
  { session }: RunningTool,
  client: ReductoClient,
  jobId: string,
  { timeout }: SubmitOptions,
  output: SubmitOutput,
): Promise<boolean> {
  output.progress(`Waiting for the webhook of job ${jobId}.`);
  const deadline = performance.now() + timeout;
  while (performance.now() < deadline) {
    const { deliveries } = await session.run('list', {
      filter: `job:"${jobId.replaceAll(/["\\]/g, '?')}"`,
      from: 'oldest',
      limit: 1,
    });
    const [summary] = deliveries;
    if (summary && summary.acknowledgement !== null && summary.lastAttempt?.label !== 'pending') {
      const detail = await session.run('show', { id: summary.id });
      output.delivery(detail);
      return summary.status === 'Failed' || !taken(detail);
    }
    await delay(pollMs);
  }
  const { status } = await client.job(jobId);
  throw new UserError(
    'no-webhook',
    `No webhook for job ${jobId} came in ${formatDuration(timeout)}; the job is ${String(status)}.`,
  );
}

/** Whether the sender got a 2xx: from the app, or from this tool where there is no app. */
const taken = ({ delivery: { acknowledgement } }: DeliveryDetail): boolean =>
  acknowledgement?.status != null && acknowledgement.status >= 200 && acknowledgement.status < 300;
