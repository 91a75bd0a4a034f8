import { type Request, type Response, Router } from 'express';
import * as z from 'zod';
import { mustNotFail } from '../../core/errors.ts';
import type { Api } from '../api.ts';
import { ApiError } from '../errors.ts';
import { hasEnded } from '../jobs.ts';
import { decoded } from '../path.ts';
import { validated } from '../validate.ts';
import { jobListItem, jobObject, pendingObject } from '../view.ts';
import { goneSignal } from './submit.ts';

// A query's values are text; FastAPI reads these words as booleans.
const boolean = z
  .enum(['true', 'True', '1', 'yes', 'on', 'false', 'False', '0', 'no', 'off'])
  .transform((word) => /^(true|1|yes|on)$/i.test(word));

const whole = (text: string): number | string => (/^-?\d{1,9}$/.test(text) ? Number(text) : text);
const listQuery = z.object({
  limit: z.string().transform(whole).pipe(z.int().min(1).max(500)).default(100),
  cursor: z.string().optional(),
  exclude_configs: boolean.default(false),
});
const jobQuery = z.object({
  timeout: z
    .string()
    .transform((text) => (/^\d{1,6}(\.\d+)?$/.test(text) ? Number(text) : text))
    .pipe(z.number())
    .optional(),
});

/** `GET /job/{id}`, `GET /jobs`, `POST /cancel/{id}` and `DELETE /job/{id}`. */
export function jobRoutes(api: Api): Router {
  const router = Router();
  const { jobs, settings, fetches } = api;
  const unknown = (): ApiError => new ApiError(settings.unknownJobStatus, 'Job not found', 'not_found');

  router.get('/job/:id', async (request, response) => {
    const id = String(request.params.id);
    const forced = fetches.takeForced(id);
    if (typeof forced === 'number') throw forcedError(forced, api);
    const { timeout = 0 } = validated(jobQuery, query(request), 'query');
    if (forced === null && timeout > 0) await jobs.waitForEnd(id, timeout * 1000, goneSignal(response));
    const job = jobs.get(id);
    if (job === null) throw unknown();
    response.json(forced === 'Pending' ? pendingObject(job, api) : jobObject(job, api));
  });

  router.get('/jobs', (request, response) => {
    const { limit, cursor, exclude_configs } = validated(listQuery, query(request), 'query');
    const before = cursor === undefined ? undefined : readCursor(cursor);
    // One more than asked for tells whether there is a next page.
    const found = jobs.page(before, limit + 1);
    const page = found.slice(0, limit);
    response.json({
      jobs: page.map((job) => jobListItem(job, api, !exclude_configs)),
      next_cursor: found.length > limit ? writeCursor(page.at(-1)!.seq) : null,
    });
  });

  router.post('/cancel/:id', (request, response) => {
    const job = jobs.get(String(request.params.id));
    if (job === null) throw unknown();
    const answer = settings.cancelAnswer === 'null' ? null : {};
    if (!hasEnded(job)) jobs.end(job.id, 'Cancelled', 'Job was cancelled');
    else if (settings.cancelFinishedStatus >= 300)
      throw new ApiError(settings.cancelFinishedStatus, `The job has ended: ${job.status}`, 'job_ended');
    response.json(answer);
  });

  // 202: Reducto deletes later (docs.reducto.ai/workflows/deletion); here it is done at once.
  router.delete('/job/:id', async (request, response) => {
    if (!(await jobs.expire(String(request.params.id)))) throw unknown();
    response.status(202).json({});
  });
  return router;
}

/** Notes every `GET /job/{id}`, also those that a fault or a missing key keeps from their job, and holds some back. */
export function countFetches(api: Api): (request: Request, response: Response, next: () => void) => void {
  return (request, response, next) => {
    const [, encoded] = request.method === 'GET' ? (/^\/job\/([^/]+)\/?$/.exec(request.path) ?? []) : [];
    const id = encoded === undefined ? null : decoded(encoded);
    if (id === null) return next();
    const ended = api.fetches.begin({
      jobId: id,
      at: api.clock.now(),
      userAgent: request.get('user-agent') ?? null,
      deliveryId: request.get('x-webhook-delivery-id') ?? null,
      attemptId: request.get('x-webhook-attempt') ?? null,
    });
    let told = false;
    const tell = (): void => {
      if (told) return;
      told = true;
      ended(response.writableFinished ? response.statusCode : null);
    };
    response.once('finish', tell).once('close', tell);
    const held = api.fetches.heldUntil(id);
    if (held === null) return next();
    mustNotFail(held.then(() => next()));
  };
}

/** The query with the last value of each name, as FastAPI takes it. */
function query(request: Request): Record<string, string> {
  const mark = request.originalUrl.indexOf('?');
  return mark === -1 ? {} : Object.fromEntries(new URLSearchParams(request.originalUrl.slice(mark)));
}

const writeCursor = (seq: number): string => Buffer.from(`job:${seq}`).toString('base64url');

/** The position that a cursor of ours stands for; that of one we did not give is before everything. */
function readCursor(cursor: string): number {
  const [, seq] = /^job:(\d{1,15})$/.exec(Buffer.from(cursor, 'base64url').toString()) ?? [];
  return seq === undefined ? 0 : Number(seq);
}

function forcedError(status: number, { settings }: Api): ApiError {
  const headers: Record<string, string> =
    status === 429 || status === 503 ? { 'retry-after': String(settings.retryAfter / 1000) } : {};
  return new ApiError(
    status,
    status === 404 ? 'Job not found' : 'asked for, on purpose',
    'emulated',
    headers,
  );
}
