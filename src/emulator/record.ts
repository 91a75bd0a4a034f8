import { maskTarget } from '../core/mask.ts';
import type { JobStatus, JobType, StoredJob } from '../store/jobs.ts';

/** A job of the emulator as JSON; times are ms since the epoch. */
export interface JobRecord {
  id: string;
  type: JobType;
  status: JobStatus;
  /** Why it failed. */
  reason: string | null;
  createdAt: number;
  endedAt: number | null;
  /** From then on it is unknown; null for never, or not yet. */
  expiresAt: number | null;
  /** A URL, `svix`, or null when nobody is told of its end. */
  webhook: string | null;
  /** `due`: still to be sent; `tried`: sent at least once; null: none, or not yet. */
  webhookState: StoredJob['webhookState'];
}

/**
 * A job as JSON.
 * @param secrets true to leave secrets in the webhook's URL readable
 */
export function jobRecord(job: StoredJob, secrets: boolean): JobRecord {
  const { id, type, status, createdAt, endedAt, expiresAt, webhook, webhookState } = job;
  const url = webhook?.mode === 'direct' ? (secrets ? webhook.url : maskTarget(webhook.url)) : null;
  // What is going to be the reason is known while the job still runs.
  const reason = endedAt === null ? null : job.reason;
  return {
    ...{ id, type, status, reason, createdAt, endedAt, expiresAt, webhookState },
    webhook: url ?? webhook?.mode ?? null,
  };
}
