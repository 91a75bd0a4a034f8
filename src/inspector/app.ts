import express, { type NextFunction, type Request, type RequestHandler, type Response } from 'express';
import { later } from '../core/later.ts';
import { type Access, otherPage, pidHeader } from './access.ts';
import { sendJson, tell, tellError, whileWaitedFor } from './answers.ts';
import type { ApiBackend } from './backend.ts';
import { secureHeaders } from './secure-headers.ts';

/** Requests to the API at the same time: each may hold {@link maxArguments}, and a command may run for a day. */
const maxRequests = 100;
const maxArguments = '20mb';

/** What the app needs of the server that it answers for. */
export interface AppHost {
  access: Access;
  /** Whether browsers are let in, and shown the page. */
  page: boolean;
  /** The port that its callers name. */
  port(): number;
  /** Null where nothing is served yet, or any more. */
  backend(): ApiBackend | null;
  /** Told when a link has let a browser in. */
  onLinkUsed(): void;
}

/** The API and the page as an express app. */
export function createApp(host: AppHost): express.Express {
  const app = express();
  // A hash of megabytes for each answer, of which nobody keeps a copy, is a pause for a sender.
  app.disable('x-powered-by').disable('etag').set('env', 'production').set('query parser', 'simple');
  app.use((request, response, next) => {
    response.set(secureHeaders);
    const stranger = host.access.stranger(request, host.port());
    if (stranger !== null) return tell(response, 403, 'refused', stranger);
    next();
  });
  app.use('/api', guard(host));
  // Whatever the content type: a script that forgets it means JSON all the same.
  app.use('/api', express.json({ limit: maxArguments, strict: false, type: () => true }));
  app.get('/api/status', (_request, response) => void response.json(host.backend()!.status()));
  app.post('/api/commands/:id', async (request, response) => {
    const id = String(request.params.id);
    const signal = whileWaitedFor(response);
    await sendJson(response, await host.backend()!.run(id, request.body, { signal }));
  });
  app.use(
    '/api',
    later(async () => (await import('./rest.ts')).reading(() => host.backend()!)),
  );
  app.use('/api', (_request, response) => tell(response, 404, 'refused', 'there is nothing here'));
  if (host.page) addPage(app, host);
  app.use((_request, response) => tell(response, 404, 'refused', 'there is nothing here'));
  // Four parameters make it express's handler of errors.
  app.use((error: unknown, _request: Request, response: Response, _next: NextFunction) =>
    tellError(response, error),
  );
  return app;
}

function addPage(app: express.Express, { access, port, onLinkUsed }: AppHost): void {
  app.get('/open/:link', (request, response, next) => {
    // A look at the head, as programs that show previews take one, uses no link up.
    if (request.method !== 'GET') return next();
    const cookie = access.redeem(request.params.link, port());
    if (cookie !== null) {
      response.setHeader('set-cookie', cookie);
      onLinkUsed();
    }
    // Without a cookie the page says how to get in.
    response.set('cache-control', 'no-store').redirect(303, '/');
  });
  app.post('/login', express.json({ limit: '4kb' }), (request, response) => {
    // Another page's tries would keep the user's own ones from being heard.
    const foreign = otherPage(request);
    if (foreign !== null) return tell(response, 403, 'refused', foreign);
    const answer = access.login((request.body as { password?: unknown } | undefined)?.password);
    if (answer === 'wait') return tell(response, 429, 'refused', 'one try a second');
    if (answer === 'wrong') return tell(response, 401, 'refused', 'the password is wrong');
    response.set('cache-control', 'no-store').setHeader('set-cookie', access.cookie(port()));
    response.status(204).end();
  });
  app.use(later(async () => (await import('./page-files.ts')).pageFiles()));
}

/** Lets those in who have the token or, for a page, its cookie, while there is something to serve. */
function guard({ access, port, backend }: AppHost): RequestHandler {
  let requests = 0;
  return (request, response, next) => {
    response.set('cache-control', 'no-store');
    const caller = { url: request.originalUrl, headers: request.headers };
    const refusal = access.refusal(caller, port());
    if (refusal) return tell(response, refusal.status, 'refused', refusal.message);
    response.setHeader(pidHeader, process.pid);
    if (backend() === null) return tell(response, 503, 'not-serving', 'starting or ending');
    if (requests >= maxRequests)
      return tell(response, 503, 'busy', `${maxRequests} requests are under way: wait for one of them`);
    requests += 1;
    response.once('close', () => {
      requests -= 1;
    });
    next();
  };
}
