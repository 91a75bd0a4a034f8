import { Router } from 'express';
import type { StoredJob } from '../../store/jobs.ts';
import type { Api } from '../api.ts';
import { ApiError } from '../errors.ts';
import { plainPdf } from '../pdf.ts';
import { resultContext, resultId } from '../results/context.ts';
import { fullResult } from '../results/parse.ts';

/** What the URLs in results lead to: no key is asked for, since only those who got the result know the URL. */
export function fileRoutes(api: Api): Router {
  const router = Router();

  const jobFor = (id: string, key: string): StoredJob => {
    const job = api.jobs.get(id);
    if (job === null || job.status !== 'Completed' || key !== resultId(job))
      throw new ApiError(404, 'Not Found', 'not_found');
    return job;
  };

  // The bare FullResult, as the SDK's handle_url_response expects it.
  router.get('/files/results/:job/:key', (request, response) => {
    const job = jobFor(request.params.job, request.params.key);
    response.json(fullResult(resultContext(job, api.settings, api.baseUrl())));
  });

  router.get('/files/edited/:job/:key.pdf', (request, response) => {
    const job = jobFor(request.params.job, request.params.key);
    response.type('application/pdf').send(plainPdf(job.totalPages, `Edited by job ${job.id}`));
  });
  return router;
}
