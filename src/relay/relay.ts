import { createHash, timingSafeEqual } from 'node:crypto';
import {
  createServer as createHttp,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import { createServer as createHttps } from 'node:https';
import { bugReport, mustNotFail, usageError } from '../core/errors.ts';
import type { Clock } from '../core/ids.ts';
import { inboxPath } from '../core/relay.ts';
import { toolAnswer, write } from '../receiver/answer.ts';
import { openDoor } from '../receiver/door.ts';
import { groupOf, placeOf } from './address.ts';
import type { Backend } from './backend.ts';
import { Intake } from './intake.ts';
import { type Rate, RateLimiter, type WhenAway } from './limits.ts';
import { Listeners } from './listeners.ts';
import type { Log } from './log.ts';
import { createMetrics, type Metrics } from './metrics.ts';
import { page } from './page.ts';
import { asksForWebSocket, serveAsItIs } from './upgrade.ts';

/** Wrong keys that one address may try. */
const wrongKeyRate: Rate = { count: 20, perMs: 60_000 };
/** ms that requests under way have when the relay stops. */
const drainMs = 10_000;
/** ms for the answers to those whose listener did not answer by then. */
const lastAnswersMs = 2_000;
/** Headers in all, bytes; Node's own limit is 16 KB. */
const maxHeaderSize = 64 * 1024;

const digestOf = (text: string): Buffer => createHash('sha256').update(text).digest();

/** Settings of {@link startRelay}; see the command for what each means. */
export interface RelayOptions {
  backend: Backend;
  host: string;
  /** 0 for any free one. */
  port: number;
  /** Under which senders reach it; null for its own address. */
  publicUrl: string | null;
  domain: string | null;
  tls: { cert: Buffer; key: Buffer } | null;
  whenAway: WhenAway;
  answerWithinMs: number;
  rates: { inbox: Rate; address: Rate };
  most: { perInbox: number; inAll: number };
  pingEveryMs: number;
  trustProxy: boolean;
  /** What `/metrics` asks for as a bearer token; null to let nobody read it. */
  metricsToken: string | null;
  clock: Clock;
  log: Log;
}

/** A relay that runs. */
export interface Relay {
  readonly port: number;
  /** Without a slash at its end. */
  readonly url: string;
  /** Sends listeners elsewhere, finishes what is under way (10 s at most), and closes the backend. */
  close(): Promise<void>;
}

/**
 * Starts a relay.
 * @throws UserError when the port can't be had or the certificate is none
 */
export async function startRelay(options: RelayOptions): Promise<Relay> {
  const relay = new RunningRelay(options);
  await relay.listen();
  return relay;
}

class RunningRelay implements Relay {
  readonly #server: Server;
  readonly #listeners: Listeners;
  readonly #intake: Intake;
  readonly #metrics: Metrics;
  #draining = false;
  port = 0;

  constructor(private readonly options: RelayOptions) {
    const { backend, tls, trustProxy, rates } = options;
    this.#metrics = createMetrics(() => this.#listeners.count);
    this.#listeners = new Listeners({
      ...{ backend, most: options.most, pingEveryMs: options.pingEveryMs, log: options.log },
      urlOf: (inbox) => this.#urlOf(inbox),
      addressOf: (request) => groupOf(request, trustProxy),
      wrongKeys: new RateLimiter(wrongKeyRate),
    });
    this.#intake = new Intake({
      ...options,
      metrics: this.#metrics,
      rates: { inbox: new RateLimiter(rates.inbox), address: new RateLimiter(rates.address) },
    });
    this.#server = this.#createServer(tls);
    this.#server.on('upgrade', (request, socket, head) => {
      if (asksForWebSocket(request)) mustNotFail(this.#listeners.upgrade(request, socket, head));
      else serveAsItIs(this.#server, request, socket, head);
    });
  }

  #createServer(tls: RelayOptions['tls']): Server {
    const onRequest = (request: IncomingMessage, response: ServerResponse): void => {
      this.#answer(request, response).catch((error: unknown) => {
        this.options.log('error', 'a bug', { stack: bugReport(error) });
        if (!response.headersSent) write(response, toolAnswer(500, 'an error of this relay: try again'));
      });
    };
    if (tls === null) return createHttp({ maxHeaderSize }, onRequest);
    try {
      return createHttps({ ...tls, maxHeaderSize }, onRequest);
    } catch (error) {
      throw usageError(
        'tls',
        `--tls-cert and --tls-key are no certificate and its key (${(error as Error).message}).`,
      );
    }
  }

  get url(): string {
    const { publicUrl, host, tls } = this.options;
    const shown = host === '0.0.0.0' || host === '::' ? 'localhost' : host.includes(':') ? `[${host}]` : host;
    return publicUrl ?? `http${tls ? 's' : ''}://${shown}:${this.port}`;
  }

  #urlOf(inbox: string): string {
    const { domain } = this.options;
    if (domain === null) return `${this.url}${inboxPath}${inbox}`;
    const { protocol, port } = new URL(this.url);
    return `${protocol}//${inbox}.${domain}${port === '' ? '' : `:${port}`}`;
  }

  async listen(): Promise<void> {
    this.port = await openDoor(this.#server, this.options.host, this.options.port);
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { url = '/', headers, method } = request;
    const place = placeOf(url, headers.host, this.options.domain);
    const browser = method === 'GET' && /\btext\/html\b/.test(headers.accept ?? '');
    if (place !== null && !browser) {
      if (this.#draining) response.shouldKeepAlive = false;
      return this.#intake.receive(request, response, place);
    }
    request.resume();
    const [path] = url.split('?');
    if (path === '/healthz') return write(response, toolAnswer(200, null));
    if (path === '/readyz') return this.#readiness(response);
    if (path === '/metrics') return this.#showMetrics(request, response);
    if (browser) return write(response, page(place !== null || path === '/'));
    write(response, toolAnswer(404, `there is nothing here: an inbox stands at ${inboxPath} and its name`));
  }

  async #readiness(response: ServerResponse): Promise<void> {
    const problem = this.#draining ? 'this relay is about to stop' : await this.options.backend.problem();
    write(response, problem === null ? toolAnswer(200, null) : toolAnswer(503, problem));
  }

  async #showMetrics(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { metricsToken } = this.options;
    // By digests, so that the time it takes tells nothing. (From which machine a request comes says nothing: of this one is
    // all that a proxy passes on.)
    const given = digestOf(request.headers.authorization ?? '');
    if (metricsToken === null || !timingSafeEqual(given, digestOf(`Bearer ${metricsToken}`)))
      return write(response, toolAnswer(403, 'metrics are for who has the --metrics-token'));
    response.writeHead(200, { 'content-type': this.#metrics.contentType }).end(await this.#metrics.text());
  }

  async close(): Promise<void> {
    this.#draining = true;
    this.options.log('info', 'stopping', { listeners: this.#listeners.count });
    this.#listeners.drain();
    // What was asked of a listener is waited for, and what comes meanwhile is still served; then listeners go.
    await this.#intake.close(drainMs);
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.#server.closeIdleConnections();
    await this.#listeners.close();
    // Who waited for a listener in vain is answered now.
    await this.#intake.close(lastAnswersMs);
    this.#server.closeAllConnections();
    await closed;
    await this.options.backend.close();
  }
}
