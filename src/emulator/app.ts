import { setTimeout as delay } from 'node:timers/promises';
import express, { type NextFunction, type Request, type Response } from 'express';
import { strangerOf } from '../core/guard.ts';
import { longestTimerMs } from '../core/units.ts';
import { StoreWriteError } from '../store/writer.ts';
import type { Api } from './api.ts';
import { ApiError, unauthorized } from './errors.ts';
import type { ApiFault, EmulatorFaults } from './faults.ts';
import { fileRoutes } from './routes/files.ts';
import { countFetches, jobRoutes } from './routes/jobs.ts';
import { portalPath, portalRoutes } from './routes/portal.ts';
import { submitRoutes } from './routes/submit.ts';
import { presignedRoutes, uploadRoutes } from './routes/upload.ts';

/** What the app needs besides the API's own parts. */
export interface AppOptions {
  faults(): EmulatorFaults;
  /** Told of every fault that struck. */
  onFault(request: { method: string; path: string }, applied: readonly string[]): void;
}

/** The whole API as an express app: first what needs no key, then faults and the key, then the endpoints. */
export function createApp(api: Api, options: AppOptions): express.Express {
  const app = express();
  app.disable('x-powered-by').disable('etag').set('env', 'production').set('query parser', false);
  app.use(refuseStrangers);
  app.use(portalRoutes(api), presignedRoutes(api), fileRoutes(api));
  app.use(countFetches(api));
  app.use((request, response, next) => strike(request, response, next, api, options));
  app.get('/version', (_request, response) => void response.json(api.settings.apiVersion));
  app.use((request, _response, next) => {
    checkKey(request, api.settings.apiKey);
    next();
  });
  app.use(submitRoutes(api), jobRoutes(api), uploadRoutes(api));
  app.post('/configure_webhook', (_request, response) => {
    response.json(`${api.baseUrl()}${portalPath}`);
  });
  app.use(() => {
    throw new ApiError(404, 'Not Found', 'not_found');
  });
  app.use((error: unknown, _request: Request, response: Response, next: NextFunction) => {
    const answer = asApiError(error);
    if (answer === null || response.headersSent) return next(error);
    response.status(answer.status).set(answer.headers).json(answer.body(api.settings.errorBody));
  });
  return app;
}

/**
 * A page on the web can reach loopback under a name of its own (DNS rebinding), but can't hide that name; and where
 * it calls loopback by its right name, the browser says whose page it is.
 */
function refuseStrangers({ headers }: Request, _response: Response, next: NextFunction): void {
  const { host = '', origin } = headers;
  const why = strangerOf({ host, origin, fetchSite: headers['sec-fetch-site'] as string | undefined }, []);
  if (why !== null)
    throw new ApiError(
      403,
      `The emulator is for this machine only, by the name localhost: ${why}.`,
      'forbidden',
    );
  next();
}

function checkKey(request: Request, wanted: string): void {
  const [, key] = /^Bearer\s+(\S.*)$/i.exec(request.get('authorization') ?? '') ?? [];
  if (key === undefined || (wanted !== '' && key.trim() !== wanted)) throw unauthorized();
}

async function strike(
  request: Request,
  response: Response,
  next: NextFunction,
  api: Api,
  { faults, onFault }: AppOptions,
): Promise<void> {
  const { method, path } = request;
  const fault = faults().draw(method, path);
  if (fault === null) return next();
  onFault({ method, path }, fault.applied);
  const left = new AbortController(); // by its client, or since the emulator ends
  response.once('close', () => left.abort());
  const { delayMs } = fault.plan;
  if (delayMs > 0) await delay(Math.min(delayMs, longestTimerMs), undefined, left).catch(() => undefined);
  if (response.destroyed) return;
  const { instead, lose } = fault.plan;
  if (instead !== null) return answerWith(instead, response, api);
  // The work is done, and then its answer is lost.
  if (lose !== null)
    response.json = response.send = () => {
      answerWith(lose, response, api);
      return response;
    };
  next();
}

type Instead = NonNullable<ApiFault['plan']['instead']>;

function answerWith(instead: Instead, response: Response, { settings }: Api): void {
  if (instead.kind === 'hang') return;
  if (instead.kind === 'reset') return void response.socket?.resetAndDestroy();
  const { status } = instead;
  const body = new ApiError(status, 'asked for, on purpose', 'emulated').body(settings.errorBody);
  const wait = status === 429 || status === 503 ? { 'retry-after': String(settings.retryAfter / 1000) } : {};
  response.writeHead(status, { 'content-type': 'application/json', ...wait }).end(JSON.stringify(body));
}

/** What an error means for the caller; null for a bug, which express answers with 500 and prints. */
function asApiError(error: unknown): ApiError | null {
  if (error instanceof ApiError) return error;
  if (error instanceof StoreWriteError)
    return new ApiError(503, error.message, 'storage', { 'retry-after': '5' });
  // The body reader's and the router's own: too large, unknown encoding, bad percent-encoding …
  const { status, message } = error as { status?: unknown; message?: unknown };
  if (typeof status === 'number' && status >= 400 && status < 500)
    return new ApiError(status, String(message), 'bad_request');
  return null;
}
