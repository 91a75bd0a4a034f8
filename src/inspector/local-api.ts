import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { closeAll } from '../core/close.ts';
import { isLoopback } from '../core/endpoint.ts';
import { listensLater } from '../core/later.ts';
import { listenNear } from '../runtime/ports.ts';
import type { Access } from './access.ts';
import type { ApiBackend } from './backend.ts';
import type { LiveEvents } from './live.ts';
import { closeServer, listenOn, refuseUpgrade } from './server.ts';

/** Where the page is served when nothing else was asked for. */
export const defaultInspectorPort = 4141;

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

  /** Loaded at the first request: most who start the tool make none in a while, and all wait for its start. */
  #app(): RequestListener {
    const { access, options } = this;
    return listensLater(async () =>
      (await import('./app.ts')).createApp({
        ...{ access, page: options.page === true },
        port: () => this.#port,
        backend: () => this.#backend,
        onLinkUsed: () => {
          this.#link = access.newLink();
          this.onLinkUsed();
        },
      }),
    );
  }

  #serverOf(app: RequestListener): Server {
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

const loopback = '127.0.0.1';
/** An address that stands for all of this machine's. */
const isAny = (host: string): boolean => host === '0.0.0.0' || host === '::';
