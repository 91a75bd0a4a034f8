import { type Request, type Response, Router } from 'express';
import type { JobType } from '../../store/jobs.ts';
import type { Api } from '../api.ts';
import { jsonBody, rawBody } from '../body.ts';
import { ApiError } from '../errors.ts';
import { hasEnded } from '../jobs.ts';
import { resultContext } from '../results/context.ts';
import { makeResult } from '../results/index.ts';
import { readSubmission } from '../submission.ts';

const types: Record<string, JobType> = {
  parse: 'Parse',
  extract: 'Extract',
  split: 'Split',
  edit: 'Edit',
  pipeline: 'Pipeline',
};

// Longer than anybody waits: the SDKs give up after an hour.
const dayMs = 24 * 60 * 60 * 1000;

/** `POST /parse_async` and its like, which answer with a job's id, and the forms that wait for the result. */
export function submitRoutes(api: Api): Router {
  const router = Router();
  for (const [name, type] of Object.entries(types)) {
    router.post(`/${name}_async`, rawBody, async (request, response) => {
      const job = await api.submit(readSubmission(type, jsonBody(request)));
      response.json({ job_id: job.id });
    });
    router.post(`/${name}`, rawBody, (request, response) => runSync(type, request, response));
  }
  router.post('/classify', rawBody, (request, response) => runSync('Classify', request, response));
  return router;

  async function runSync(type: JobType, request: Request, response: Response): Promise<void> {
    const submission = readSubmission(type, jsonBody(request));
    const { id } = await api.submit(submission);
    // These two take the async configuration as well, and answer then as their async forms do.
    if ((type === 'Parse' || type === 'Extract') && submission.config.async !== undefined) {
      response.json({ job_id: id });
      return;
    }
    await api.jobs.waitForEnd(id, dayMs, goneSignal(response));
    const job = api.jobs.get(id);
    if (response.destroyed) return;
    if (job === null || !hasEnded(job)) throw new ApiError(503, 'The emulator is stopping.', 'unavailable');
    if (job.status !== 'Completed')
      throw new ApiError(
        api.settings.syncFailureStatus,
        job.reason ?? 'The job failed.',
        job.reason?.startsWith('Failed to download') ? 'file_download_failure' : 'processing_failure',
      );
    response.json(makeResult(resultContext(job, api.settings, api.baseUrl())));
  }
}

/** Aborted when whoever waits for the answer has gone. */
export function goneSignal(response: Response): AbortSignal {
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  return gone.signal;
}
