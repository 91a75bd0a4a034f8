import { randomBytes, timingSafeEqual } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import express, { type NextFunction, type Request, type Response } from 'express';
import { messageOf, UserError } from '../core/errors.ts';

/** Says whose API this is, to those who have the token. */
export const pidHeader = 'x-reducto-webhook-dev-pid';

/** What the API serves; set once the runtime is there. */
export interface ApiBackend {
  status(): unknown;
  /** @param signal aborted when the client goes away before the result is there */
  run(id: string, args: unknown, signal: AbortSignal): Promise<unknown>;
}

/**
 * The tool's own HTTP API for a second process on this machine: on loopback, behind a token that only this user
 * can read, deaf to web pages (Host and Origin are checked).
 *
 * `GET /api/status` · `POST /api/commands/<id>` with the arguments as JSON. Errors are
 * `{"error":{"code","message","exitCode"}}`.
 */
export class LocalApi {
  readonly token = randomBytes(24).toString('base64url');
  #server: Server | null = null;
  #backend: ApiBackend | null = null;

  /** Opens the API on a free loopback port. @returns its URL */
  async listen(): Promise<string> {
    const server = createServer(this.#app());
    this.#server = server;
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(0, '127.0.0.1', resolve);
    });
    server.unref();
    return this.url;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server!.address() as AddressInfo).port}`;
  }

  /** Until this is called every request is answered 503, which still tells that somebody is there. */
  serve(backend: ApiBackend): void {
    this.#backend = backend;
  }

  async close(): Promise<void> {
    const server = this.#server;
    if (!server) return;
    const closed = new Promise((resolve) => server.close(resolve));
    server.closeAllConnections();
    await closed;
  }

  #app(): express.Express {
    const app = express();
    app.disable('x-powered-by').set('env', 'production');
    app.use((request, response, next) => this.#guard(request, response, next));
    // Whatever the content type: a script that forgets it means JSON all the same.
    app.use(express.json({ limit: '20mb', strict: false, type: () => true }));
    app.get('/api/status', (_request, response) => void response.json(this.#backend!.status()));
    app.post('/api/commands/:id', async (request, response) => {
      const gone = new AbortController();
      response.once('close', () => gone.abort()); // after a whole answer nobody listens any more
      response.json(await this.#backend!.run(String(request.params.id), request.body, gone.signal));
    });
    app.use((_request, response) => refuse(response, 404, 'there is nothing here'));
    // Four parameters make it express's handler of errors.
    app.use((error: unknown, _request: Request, response: Response, _next: NextFunction) => {
      const { status, code, message, exitCode } = describe(error);
      response.status(status).json({ error: { code, message, exitCode } });
    });
    return app;
  }

  #guard(request: Request, response: Response, next: NextFunction): void {
    const own = new URL(this.url).host;
    const { host, origin, authorization = '' } = request.headers;
    // A page on the web can reach loopback under a name of its own (DNS rebinding), but can't hide that name.
    if (host !== own || (origin !== undefined && origin !== this.url))
      return refuse(response, 403, 'not from here');
    if (!sameText(authorization, `Bearer ${this.token}`))
      return refuse(response, 401, 'the token is missing or wrong');
    response.setHeader(pidHeader, process.pid);
    if (this.#backend === null) return refuse(response, 503, 'starting');
    next();
  }
}

function refuse(response: Response, status: number, message: string): void {
  response.status(status).json({ error: { code: 'refused', message, exitCode: 1 } });
}

/** An error as a client is told of it; stderr stays clean, since a screen may be drawn there. */
function describe(error: unknown): Pick<UserError, 'code' | 'message' | 'exitCode'> & { status: number } {
  const { type } = error as { type?: unknown };
  if (error instanceof UserError) {
    const { code, message, exitCode } = error;
    return { status: exitCode === 2 ? 400 : 409, code, message, exitCode };
  }
  if (type === 'entity.parse.failed')
    return { status: 400, code: 'arguments', exitCode: 2, message: 'The arguments are not JSON.' };
  if (type === 'entity.too.large')
    return { status: 413, code: 'arguments', exitCode: 2, message: 'The arguments are over 20 MB.' };
  return {
    status: 500,
    code: 'bug',
    exitCode: 1,
    message: `This is a bug in reducto-webhook-dev: ${messageOf(error)}`,
  };
}

function sameText(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}
