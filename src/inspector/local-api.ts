import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import express, { type NextFunction, type Request, type RequestHandler, type Response } from 'express';
import { closeAll } from '../core/close.ts';
import { isLoopback } from '../core/endpoint.ts';
import { listenNear } from '../runtime/ports.ts';
import { type Access, otherPage } from './access.ts';
import { sendJson, tell, tellError, whileWaitedFor } from './answers.ts';
import type { ApiBackend } from './backend.ts';
import type { LiveEvents } from './live.ts';
import { secureHeaders } from './secure-headers.ts';
import { closeServer, listenOn, refuseUpgrade } from './server.ts';

/** Says whose API this is, to those who have the token. */
export const pidHeader = 'x-reducto-webhook-dev-pid';

/** Where the page is served when nothing else was asked for. */
export const defaultInspectorPort = 4141;

/** Requests to the API at the same time: each may hold {@link maxArguments}, and a command may run for a day. */
const maxRequests = 100;
const maxArguments = '20mb';
/** Bytes: a link to an export names the deliveries that are marked. */
const maxHeaders = 512 * 1024;

/** Where the API listens, and whether it serves the page too. */
export interface ApiOptions {
  /** A free one when absent; null for {@link defaultInspectorPort} or the next free one. */
  port?: number | null;
  /** Whether browsers are let in, and shown the page. */
  page?: boolean;
  /** Another address than loopback's that the page is served on too. */
  host?: string | undefined;
  /** Lets a browser in that can't be given a link. */
  password?: string | undefined;
}

/**
 * The tool's own HTTP server on loopback: the API for scripts and a second process, and the page for browsers. It takes
 * only who has the token or, for a page, its cookie (see {@link Access}).
 *
 * `GET /api/status` · `GET /api/page` (the user's keys, and what can be typed) · `POST /api/commands/<id>` with the arguments as JSON · `GET /api/deliveries…` · WebSocket
 * `/api/events` · `GET /api/openapi.json`, which describes them. Errors are `{"error":{"code","message","exitCode"}}`.
 */
export class LocalApi {
  #servers: Server[] = [];
  #url = '';
  #port = 0;
  #requests = 0;
  #backend: ApiBackend | null = null;
  #live: Promise<LiveEvents> | null = null;
  #link = '';
  /** Told when a link was used, so that another one is shown. */
  onLinkUsed: () => void = () => undefined;

  constructor(
    private readonly access: Access,
    private readonly options: ApiOptions = {},
  ) {}

  get token(): string {
    return this.access.token;
  }

  /** Opens the API. @returns its URL @throws UserError `port-in-use` when the port that was asked for is taken */
  async listen(): Promise<string> {
    const { port = 0, page = false } = this.options;
    const open = (wanted: number): Promise<void> => this.#open(wanted);
    await (port === null ? listenNear(defaultInspectorPort, open) : open(port));
    this.#url = `http://${loopback}:${this.#port}`;
    if (page) this.#link = this.access.newLink();
    return this.url;
  }

  /** Opens a port on every address that it is to be reached by. */
  async #open(wanted: number): Promise<void> {
    const { host = loopback } = this.options;
    const other = isLoopback(host) ? [] : [host];
    const app = this.#app();
    try {
      for (const address of isAny(host) ? other : [loopback, ...other]) {
        const server = this.#serverOf(app);
        await listenOn(server, address, this.#servers.length === 0 ? wanted : this.#port);
        this.#port = (server.address() as AddressInfo).port;
        this.#servers.push(server);
      }
    } catch (error) {
      await Promise.all(this.#servers.splice(0).map(closeServer));
      throw error;
    }
  }

  #serverOf(app: express.Express): Server {
    const server = createServer({ maxHeaderSize: maxHeaders }, app).unref();
    server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) =>
      this.#upgrade(request, socket, head),
    );
    return server;
  }

  /** Known also when it is closed: what was on its way by then is still answered. */
  get url(): string {
    return this.#url;
  }

  /** Whether the page's usual port was taken and another one is used. */
  get portMoved(): boolean {
    return this.options.port === null && this.#port !== defaultInspectorPort;
  }

  /** The link by which the next browser is let in; null where no page is served. */
  get link(): string | null {
    return this.options.page ? `${this.#url}${this.#link}` : null;
  }

  /** Without one every request is answered 503, which still tells that somebody is there. */
  serve(backend: ApiBackend | null): void {
    this.#backend = backend;
  }

  /** Takes nothing any more; answers that are on their way get a moment to arrive. */
  async close(): Promise<void> {
    this.#backend = null;
    const live = this.#live;
    this.#live = null;
    await closeAll(
      async () => (await live)?.close(),
      async () => void (await Promise.all(this.#servers.map(closeServer))),
    );
  }

  #app(): express.Express {
    const app = express();
    // A hash of megabytes for each answer, of which nobody keeps a copy, is a pause for a sender.
    app.disable('x-powered-by').disable('etag').set('env', 'production').set('query parser', 'simple');
    app.use((request, response, next) => {
      response.set(secureHeaders);
      const stranger = this.access.stranger(request, this.#port);
      if (stranger !== null) return tell(response, 403, 'refused', stranger);
      next();
    });
    app.use('/api', (request, response, next) => this.#guard(request, response, next));
    // Whatever the content type: a script that forgets it means JSON all the same.
    app.use('/api', express.json({ limit: maxArguments, strict: false, type: () => true }));
    app.get('/api/status', (_request, response) => void response.json(this.#backend!.status()));
    app.post('/api/commands/:id', async (request, response) => {
      const id = String(request.params.id);
      await sendJson(
        response,
        await this.#backend!.run(id, request.body, { signal: whileWaitedFor(response) }),
      );
    });
    app.use(
      '/api',
      later(async () => (await import('./rest.ts')).reading(() => this.#backend!)),
    );
    app.use('/api', (_request, response) => tell(response, 404, 'refused', 'there is nothing here'));
    if (this.options.page) this.#addPage(app);
    app.use((_request, response) => tell(response, 404, 'refused', 'there is nothing here'));
    // Four parameters make it express's handler of errors.
    app.use((error: unknown, _request: Request, response: Response, _next: NextFunction) =>
      tellError(response, error),
    );
    return app;
  }

  #addPage(app: express.Express): void {
    app.get('/open/:link', (request, response, next) => {
      // A look at the head, as programs that show previews take one, uses no link up.
      if (request.method !== 'GET') return next();
      const cookie = this.access.redeem(request.params.link, this.#port);
      if (cookie !== null) {
        response.setHeader('set-cookie', cookie);
        this.#link = this.access.newLink();
        this.onLinkUsed();
      }
      // Without a cookie the page says how to get in.
      response.set('cache-control', 'no-store').redirect(303, '/');
    });
    app.post('/login', express.json({ limit: '4kb' }), (request, response) => {
      // Another page's tries would keep the user's own ones from being heard.
      const foreign = otherPage(request);
      if (foreign !== null) return tell(response, 403, 'refused', foreign);
      const answer = this.access.login((request.body as { password?: unknown } | undefined)?.password);
      if (answer === 'wait') return tell(response, 429, 'refused', 'one try a second');
      if (answer === 'wrong') return tell(response, 401, 'refused', 'the password is wrong');
      response.set('cache-control', 'no-store').setHeader('set-cookie', this.access.cookie(this.#port));
      response.status(204).end();
    });
    app.use(later(async () => (await import('./page-files.ts')).pageFiles()));
  }

  #guard(request: Request, response: Response, next: NextFunction): void {
    response.set('cache-control', 'no-store');
    const caller = { url: request.originalUrl, headers: request.headers };
    const refusal = this.access.refusal(caller, this.#port);
    if (refusal) return tell(response, refusal.status, 'refused', refusal.message);
    response.setHeader(pidHeader, process.pid);
    if (this.#backend === null) return tell(response, 503, 'not-serving', 'starting or ending');
    if (this.#requests >= maxRequests)
      return tell(response, 503, 'busy', `${maxRequests} requests are under way: wait for one of them`);
    this.#requests += 1;
    response.once('close', () => {
      this.#requests -= 1;
    });
    next();
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on('error', () => socket.destroy());
    const refused = this.access.refusal(request, this.#port)?.status;
    if (refused) return refuseUpgrade(socket, refused);
    if (request.url!.replace(/\?.*$/s, '') !== '/api/events') return refuseUpgrade(socket, 404);
    const source = this.#backend?.live;
    if (!source) return refuseUpgrade(socket, this.#backend === null ? 503 : 404);
    // One that lets in or ends by itself what it is given.
    this.#live ??= import('./live.ts').then(({ LiveEvents }) => new LiveEvents(source));
    this.#live.then(
      (events) => (this.#backend === null ? socket.destroy() : events.accept(request, socket, head)),
      () => socket.destroy(),
    );
  }
}

/** A handler that is made when it is first needed: what is never asked for costs no start. */
function later(make: () => Promise<RequestHandler>): RequestHandler {
  let made: Promise<RequestHandler> | null = null;
  return async (request, response, next) => {
    made ??= make();
    (await made)(request, response, next);
  };
}

const loopback = '127.0.0.1';
/** An address that stands for all of this machine's. */
const isAny = (host: string): boolean => host === '0.0.0.0' || host === '::';
