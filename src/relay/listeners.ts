import { createHash } from 'node:crypto';
import { type IncomingMessage, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import { mustNotFail, UserError } from '../core/errors.ts';
import {
  commonSubprotocol,
  isInboxName,
  listenPath,
  mostRelayedHead,
  relayVersions,
  replacedCode,
  versionsOf,
} from '../core/relay.ts';
import type { Backend } from './backend.ts';
import { Connection, replacedReason } from './connection.ts';
import type { RateLimiter } from './limits.ts';
import type { Log } from './log.ts';
import { Outgoing } from './outgoing.ts';

/** A listener's own name: 16 random bytes in hex. */
const listenerName = /^[0-9a-f]{32}$/;
/** Characters of a key; ours have 43. */
const leastKey = 16;
const mostKey = 200;
/** Bytes that wait to go out to listeners, in all. */
const outgoingBytes = 256 * 1024 * 1024;

/** What listeners are served with. */
export interface ListenersOptions {
  backend: Backend;
  /** Connections at once: to one inbox, and in all. */
  most: { perInbox: number; inAll: number };
  /** ms between two pings. */
  pingEveryMs: number;
  urlOf(inbox: string): string;
  addressOf(request: IncomingMessage): string;
  /** Of those who are turned away for their key. */
  wrongKeys: RateLimiter;
  log: Log;
}

/** What an upgrade is refused with. */
interface Refusal {
  status: number;
  reason: string;
}

const stopping: Refusal = { status: 503, reason: 'this relay is about to stop: try again' };

/** What a listener asks for; each is empty where it says nothing of the kind. */
interface Wanted {
  inbox: string;
  listener: string;
  lead: boolean;
}

/** Nothing is decoded or resolved, and any target is one. */
function wanted({ url = '' }: IncomingMessage): Wanted {
  const [path = '', query] = url.split('?');
  const asked = new URLSearchParams(query);
  return {
    inbox: path.startsWith(listenPath) ? path.slice(listenPath.length) : '',
    listener: asked.get('listener') ?? '',
    lead: asked.get('lead') === '1',
  };
}

/** Takes the WebSockets of listeners. */
export class Listeners {
  readonly #server: WebSocketServer;
  readonly #connections = new Set<Connection>();
  readonly #running = new Set<Promise<void>>();
  readonly #outgoing = new Outgoing(outgoingBytes);
  #draining = false;

  constructor(private readonly options: ListenersOptions) {
    this.#server = new WebSocketServer({
      noServer: true,
      perMessageDeflate: false,
      maxPayload: options.backend.maxBytes + mostRelayedHead,
      handleProtocols: (offered) => commonSubprotocol(offered) ?? false,
    });
  }

  /** How many are connected. */
  get count(): number {
    return this.#connections.size;
  }

  /** Answers a request to become a WebSocket. */
  async upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    socket.on('error', () => socket.destroy());
    const who = wanted(request);
    const { inbox } = who;
    const refusal = await this.#refuse(request, who).catch((error: unknown): Refusal => {
      if (!(error instanceof UserError)) throw error;
      this.options.log('error', 'a listener could not be taken', { inbox, reason: error.message });
      return { status: 503, reason: 'this relay can not work now: try again' };
    });
    // Only now, at once with the taking of the place: many may have asked for it meanwhile.
    const final = refusal ?? this.#refuseMore(who);
    if (final !== null) return refuse(socket, final);
    this.#server.handleUpgrade(request, socket, head, (taken) => {
      const connection = new Connection(taken, {
        ...who,
        ...{ url: this.options.urlOf(inbox), backend: this.options.backend, wire: request.socket },
        outgoing: this.#outgoing,
        pingEveryMs: this.options.pingEveryMs,
        onProblem: (reason) => this.options.log('warn', 'a listener was cut off', { inbox, reason }),
      });
      mustNotFail(this.#serve(connection));
    });
  }

  async #serve(connection: Connection): Promise<void> {
    const { inbox, listener } = connection.options;
    for (const other of this.#connections)
      if (other.options.inbox === inbox && other.options.listener === listener)
        other.close(replacedCode, replacedReason);
    this.#connections.add(connection);
    this.options.log('info', 'listening', { inbox, listener: listener.slice(0, 8) });
    const running = connection.run();
    this.#running.add(running);
    try {
      await running;
    } finally {
      this.#connections.delete(connection);
      this.#running.delete(running);
      this.options.log('info', 'gone', { inbox, listener: listener.slice(0, 8) });
    }
  }

  async #refuse(request: IncomingMessage, { inbox, listener }: Wanted): Promise<Refusal | null> {
    if (this.#draining) return stopping;
    if (!isInboxName(inbox))
      return {
        status: 404,
        reason: 'there is nothing here: listeners connect to /listen/ and the name of an inbox',
      };
    const header = request.headers['sec-websocket-protocol'] ?? '';
    const offered = header.split(',').map((name) => name.trim());
    if (commonSubprotocol(offered) === null)
      return {
        status: 426,
        reason: `this relay speaks version ${relayVersions.join(', ')} of the relay protocol, and this listener ${versionsOf(offered)}: update the older one of reducto-webhook-dev`,
      };
    if (!listenerName.test(listener)) return { status: 400, reason: 'the listener has no name' };
    return this.#refuseKey(request, inbox);
  }

  async #refuseKey(request: IncomingMessage, inbox: string): Promise<Refusal | null> {
    const [, key = ''] = /^Bearer (\S+)$/.exec(request.headers.authorization ?? '') ?? [];
    if (key.length < leastKey || key.length > mostKey)
      return { status: 401, reason: `the inbox's key is missing, or has fewer than ${leastKey} characters` };
    const claim = await this.options.backend.claim(inbox, createHash('sha256').update(key).digest('hex'));
    if (claim === 'full') return { status: 507, reason: 'this relay has as many inboxes as it may' };
    if (claim !== 'taken') return null;
    const wait = this.options.wrongKeys.take(this.options.addressOf(request));
    if (wait > 0)
      return { status: 429, reason: `too many wrong keys: try again in ${Math.ceil(wait / 1000)} s` };
    return {
      status: 403,
      reason: `the inbox "${inbox}" belongs to somebody with another key: choose another name, or ask them for the key (inbox key prints it)`,
    };
  }

  #refuseMore({ inbox, listener }: Wanted): Refusal | null {
    if (this.#draining) return stopping;
    const { perInbox, inAll } = this.options.most;
    // Who connects anew takes its own place.
    const others = [...this.#connections].filter(({ options }) => options.listener !== listener);
    const here = others.filter(({ options }) => options.inbox === inbox).length;
    if (here >= perInbox)
      return { status: 429, reason: `${perInbox} listeners are connected to this inbox: no more may` };
    return others.length >= inAll
      ? { status: 503, reason: 'this relay has as many listeners as it may' }
      : null;
  }

  /** Takes no more, and asks those that are here to go to another relay. */
  drain(): void {
    this.#draining = true;
    for (const connection of this.#connections) connection.drain();
  }

  /** Ends all connections; resolves when their places are free. */
  async close(): Promise<void> {
    this.#draining = true;
    for (const connection of this.#connections) connection.close(1012, 'this relay stops');
    const patience = setTimeout(() => {
      for (const client of this.#server.clients) client.terminate();
    }, 1000);
    await Promise.allSettled(this.#running);
    clearTimeout(patience);
    this.#server.close();
  }
}

function refuse(socket: Duplex, { status, reason }: Refusal): void {
  // Who does not close its side would stay for ever.
  socket.once('finish', () => socket.destroy());
  const body = JSON.stringify({ error: reason });
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
  );
}
