import type { JobType, StoredJob } from '../../store/jobs.ts';
import { isLegacy } from '../submission.ts';
import type { ResultContext } from './context.ts';
import { extractResponse } from './extract.ts';
import { classifyResponse, editResponse, pipelineResponse, splitResponse } from './others.ts';
import { parseResponse } from './parse.ts';

const makers: Record<JobType, (context: ResultContext) => Record<string, unknown>> = {
  Parse: parseResponse,
  Extract: extractResponse,
  Split: splitResponse,
  Edit: editResponse,
  Pipeline: pipelineResponse,
  Classify: classifyResponse,
};

/** The result of a job that is completed, by its type; the same every time. */
export const makeResult = (context: ResultContext): Record<string, unknown> =>
  makers[context.job.type](context);

/** What the newest docs call a result's kind (`response_type`). */
export const responseType = (job: StoredJob): string =>
  job.type === 'Extract' && !isLegacy(job.config) ? 'v3_extract' : job.type.toLowerCase();
