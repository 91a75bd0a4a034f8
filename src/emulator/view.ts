import type { JobStatus, StoredJob } from '../store/jobs.ts';
import type { Api } from './api.ts';
import { hasEnded } from './jobs.ts';
import { durationOf, resultContext } from './results/context.ts';
import { makeResult, responseType } from './results/index.ts';

/** The status that a job shows while it is processed: those of the setting, over equal parts of its time. */
function shownStatus(job: StoredJob, { jobs, settings }: Api): JobStatus {
  if (hasEnded(job) || job.endsAt === null) return job.status;
  const { processingStatuses: list } = settings;
  return list[Math.min(list.length - 1, Math.floor(jobs.share(job) * list.length))]!;
}

const createdAt = (job: StoredJob): string => new Date(job.createdAt).toISOString();

/** `EnhancedAsyncJobResponse` of the published schema: what `GET /job/{id}` answers. */
export function jobObject(job: StoredJob, api: Api): Record<string, unknown> {
  const ended = hasEnded(job);
  const completed = job.status === 'Completed';
  return {
    status: job.status === 'Cancelled' ? api.settings.cancelledStatus : shownStatus(job, api),
    progress: Math.round(api.jobs.share(job) * 100) / 100,
    reason: ended ? job.reason : null,
    type: job.type,
    created_at: createdAt(job),
    num_pages: ended ? job.pages : null,
    total_pages: ended ? job.totalPages : null,
    duration: ended ? durationOf(job) : null,
    raw_config: job.configText,
    source: null,
    bucket: null,
    result: completed
      ? {
          ...makeResult(resultContext(job, api.settings, api.baseUrl())),
          response_type: responseType(job),
        }
      : null,
  };
}

/** The same job as it looks while it runs. */
export const pendingObject = (job: StoredJob, api: Api): Record<string, unknown> =>
  jobObject({ ...job, status: 'Pending', endsAt: null, endedAt: null, reason: null }, api);

/** `SingleJob` of the published schema: an entry of `GET /jobs`. */
export function jobListItem(job: StoredJob, api: Api, withConfig: boolean): Record<string, unknown> {
  const ended = hasEnded(job);
  return {
    job_id: job.id,
    status: shownStatus(job, api),
    type: job.type,
    raw_config: withConfig ? job.configText : '',
    created_at: createdAt(job),
    num_pages: ended ? job.pages : null,
    total_pages: ended ? job.totalPages : null,
    duration: ended ? durationOf(job) : null,
    source: null,
    bucket: null,
  };
}
