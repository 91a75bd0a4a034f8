import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import WebSocket from 'ws';
import { mustNotFail, UserError } from '../core/errors.ts';
import { jsonValue } from '../core/json.ts';
import { atMost } from '../core/patience.ts';
import {
  type CatchUp,
  decodeMessage,
  encodeMessage,
  type RelayedAs,
  type RelayedOutcome,
  type RelayedRequest,
  type RelayMessage,
  replacedCode,
} from '../core/relay.ts';
import { printable } from '../core/text.ts';
import { explain, readStart } from './http.ts';

type Hello = Extract<RelayMessage, { type: 'hello' }>;
type Deliver = Extract<RelayMessage, { type: 'deliver' }>;

/** ms that a relay has to say hello. */
const helloWithinMs = 10_000;
/** ms that answers which are under way have when a connection is left for another. */
const leaveWithinMs = 10_000;
/** What an answer with a refusal holds at most, bytes. */
const mostRefusal = 10_000;

/** Why the relay does not take this listener, in its own words. */
async function refusalOf(response: IncomingMessage, host: string): Promise<UserError> {
  let text: string;
  try {
    text = await readStart(response, mostRefusal);
  } catch (error) {
    return explain(error, host);
  }
  const said = (jsonValue(text) as { error?: unknown } | null | undefined)?.error;
  const reason =
    typeof said === 'string'
      ? printable(said.slice(0, 300))
      : `it answered with status ${response.statusCode}, as no relay would`;
  return new UserError('relay', `${host}: ${reason}`);
}

/** What a connection tells of itself. */
export interface ListenerEvents {
  /** @param replaced whether another took its place, in its name */
  ended(listener: Listener, reason: string, replaced: boolean): void;
  /** The relay is about to stop; told once. */
  drain(listener: Listener): void;
}

/** What a connection is made with. */
export interface ListenerOptions {
  events: ListenerEvents;
  /** What becomes of what came while nobody listened here. */
  catchUp: CatchUp;
  /** The receiver's. */
  take(request: RelayedRequest, as: RelayedAs): Promise<RelayedOutcome>;
}

/** What comes by one connection. */
export class Listener {
  /** What was kept goes to the app one after another, in order. */
  #queue: Promise<void> = Promise.resolve();
  #watch: NodeJS.Timeout | undefined;
  #hello: Hello | null = null;
  #draining = false;
  /** What is with the receiver. */
  readonly #underWay = new Set<Promise<void>>();
  /** The connection itself, and the bytes that had come by it at the last look. */
  #connection: Socket | null = null;
  #bytesRead = 0;
  #greeted: (problem?: UserError) => void = () => undefined;

  constructor(
    private readonly socket: WebSocket,
    private readonly options: ListenerOptions,
  ) {
    socket.on('message', (data: Buffer) => this.#onMessage(data));
    socket.on('ping', () => this.#heard());
    socket.once('upgrade', ({ socket: connection }: IncomingMessage) => {
      this.#connection = connection;
      this.#heard();
    });
    socket.once('close', (code, reason) => {
      clearTimeout(this.#watch);
      const said = printable(reason.toString());
      const lost = `the connection to the relay was lost${said === '' ? '' : ` (${said})`}`;
      options.events.ended(this, lost, code === replacedCode);
    });
  }

  /** What the relay said first; only once it is greeted. */
  get hello(): Hello {
    return this.#hello!;
  }

  /** Resolves when the relay has said hello. @throws UserError when it does not take this listener */
  greeted(host: string): Promise<void> {
    const { socket } = this;
    return new Promise((resolve, reject) => {
      this.#greeted = (problem) => (problem ? reject(problem) : resolve());
      socket.on('error', (error) => reject(explain(error, host))); // later ones are followed by "close"
      socket.once('unexpected-response', (_, response: IncomingMessage) => {
        refusalOf(response, host).then(reject, reject);
      });
      socket.once('close', () => reject(new UserError('closed', `${host} closed the connection at once`)));
    });
  }

  /** A relay that has said nothing for so long is gone, though the connection stands (after a sleep, or half open). */
  #heard(): void {
    clearTimeout(this.#watch);
    this.#bytesRead = this.#connection?.bytesRead ?? 0;
    this.#watch = setTimeout(() => this.#onSilence(), this.#hello?.pingWithin ?? helloWithinMs);
    this.#watch.unref();
  }

  #onSilence(): void {
    // A large body that comes slowly holds up pings.
    if ((this.#connection?.bytesRead ?? 0) > this.#bytesRead) this.#heard();
    else this.socket.terminate();
  }

  #onMessage(data: Buffer): void {
    this.#heard();
    try {
      const { head, body } = decodeMessage(data);
      if ((head.type === 'hello') === (this.#hello !== null))
        throw new UserError('relay-protocol', 'the other side did not begin with one hello');
      this.#take(head, body);
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      this.#greeted(error);
      this.socket.close(1002, 'no message of the protocol');
    }
  }

  #take(head: RelayMessage, body: Buffer): void {
    if (head.type === 'hello') {
      this.#hello = head;
      this.#heard();
      this.#greeted();
    }
    if (head.type === 'drain' && !this.#draining) {
      this.#draining = true;
      this.options.events.drain(this);
    }
    if (head.type === 'deliver') this.#deliver(head, { ...head.request, body });
  }

  #deliver({ how }: Deliver, request: RelayedRequest): void {
    if (how === 'kept') {
      this.#queue = this.#queue.then(() => this.#takeKept(request, this.options.catchUp));
      return mustNotFail(this.#queue);
    }
    const taking = how === 'copy' ? this.#takeKept(request, how) : this.#answer(request, how);
    this.#underWay.add(taking);
    mustNotFail(taking.finally(() => this.#underWay.delete(taking)));
  }

  async #answer(request: RelayedRequest, as: 'live' | 'probe'): Promise<void> {
    const { id } = request;
    const outcome = await this.options.take(request, as);
    if (outcome === 'silence') return; // until the relay's own patience ends
    if (outcome === 'again' || outcome.body.length > this.hello.maxBody)
      return this.#send({ type: 'again', id });
    const { status, headers, body } = outcome;
    const pairs = headers.map(([name, value]): [string, string] => [name, value]);
    this.#send({ type: 'answer', id, answer: { status, headers: pairs } }, body);
  }

  async #takeKept(request: RelayedRequest, as: 'copy' | CatchUp): Promise<void> {
    if (this.socket.readyState !== WebSocket.OPEN) return; // it comes by the next connection
    const outcome = await this.options.take(request, as);
    this.#send({ type: outcome === 'again' ? 'again' : 'have', id: request.id });
  }

  #send(head: RelayMessage, body?: Uint8Array): void {
    if (this.socket.readyState === WebSocket.OPEN) this.socket.send(encodeMessage(head, body));
  }

  /** Ends it once what is under way is answered. */
  async leave(): Promise<void> {
    await atMost(leaveWithinMs, Promise.allSettled(this.#underWay));
    await this.close();
  }

  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.socket.once('close', resolve));
    if (this.socket.readyState === WebSocket.CLOSED) return;
    this.socket.close(1000);
    const patience = setTimeout(() => this.socket.terminate(), 500);
    await closed;
    clearTimeout(patience);
  }
}
