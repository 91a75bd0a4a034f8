import type { WebSocket } from 'ws';
import { mustNotFail, UserError } from '../core/errors.ts';
import { atMost } from '../core/patience.ts';
import {
  decodeMessage,
  encodeMessage,
  headOf,
  type RelayedAnswer,
  type RelayedRequest,
  type RelayMessage,
  replacedCode,
} from '../core/relay.ts';
import { longestTimerMs } from '../core/units.ts';
import type { Backend, Follower, Kept, Membership } from './backend.ts';
import type { Outgoing } from './outgoing.ts';

/** What was sent of the log and is not on the listener's disk yet, at most. */
const windowCount = 128;
const windowBytes = 16 * 1024 * 1024;
/** Bytes that wait to go out to one listener, at most; beyond them what comes is kept for it. */
const mostWaiting = 32 * 1024 * 1024;
/** What came live and was not met in the log yet, at most: beyond it is sent once more, and known there. */
const mostRemembered = 10_000;

/** ms that a listener has to close its side, once it was told why. */
const partingMs = 1000;
/** Said to a connection of a listener that has another one now. */
export const replacedReason = 'this listener has connected anew';

/** Who listens, and on what. */
export interface ConnectionOptions {
  inbox: string;
  listener: string;
  lead: boolean;
  /** The inbox's public URL. */
  url: string;
  backend: Backend;
  /** What waits to go out, to all listeners. */
  outgoing: Outgoing;
  /** ms between two pings. */
  pingEveryMs: number;
  /** The connection itself: bytes that come are a sign of life, though no message is whole yet. */
  wire: { readonly bytesRead: number };
  /** Told of a message that is none, and of errors of the backend. */
  onProblem(reason: string): void;
}

/** One listener's WebSocket. */
export class Connection {
  /** Those that wait for an answer of the app. */
  readonly #asked = new Map<string, (answer: RelayedAnswer | null) => void>();
  /** Whether the listener has what came live. */
  readonly #live = new Map<string, Promise<boolean>>();
  /** What was sent of the log, with the bytes of its body. */
  readonly #sent = new Map<string, Pick<Kept, 'done' | 'again'> & { bytes: number }>();
  #sentBytes = 0;
  /** Bytes that wait to go out. */
  #waiting = 0;
  #roomMade: () => void = () => undefined;
  readonly #wake = (): void => this.#roomMade();
  readonly #ending = new AbortController();
  #membership: Membership | null = null;
  #follower: Follower | null = null;
  /** What had come at the last ping; less than nothing before the first. */
  #bytesRead = -1;

  constructor(
    private readonly socket: WebSocket,
    readonly options: ConnectionOptions,
  ) {}

  /** Greets the listener and serves it; resolves when it is gone and its place is free. */
  async run(): Promise<void> {
    const gone = new Promise<void>((resolve) => this.socket.once('close', () => resolve()));
    this.socket.on('error', () => undefined); // "close" follows
    this.socket.on('message', (data: Buffer) => this.#onMessage(data));
    const pinging = setInterval(() => this.#ping(), this.options.pingEveryMs);
    try {
      const { backend, inbox, listener } = this.options;
      this.#follower = await backend.follow(inbox, listener);
      this.#membership = await backend.join(inbox, {
        ...{ listener, lead: this.options.lead },
        serve: (request, how, timeoutMs) => this.#serve(request, how, timeoutMs),
        onLead: (leads) => this.#membership && this.#send({ type: 'leads', leads }),
      });
      this.#greet();
      await Promise.race([gone, this.#passOn()]);
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      this.options.onProblem(error.message);
      if (error.code === 'relay-replaced') {
        this.close(replacedCode, replacedReason);
        await atMost(partingMs, gone);
      }
    } finally {
      clearInterval(pinging);
      this.#ending.abort();
      this.#roomMade();
      this.socket.terminate();
      for (const end of this.#asked.values()) end(null);
      await this.#membership?.leave();
      await this.#follower?.close();
    }
  }

  /** Asks the listener to connect to another relay. */
  drain(): void {
    this.#send({ type: 'drain' });
  }

  /** @param code of a WebSocket's close frame */
  close(code: number, reason: string): void {
    this.socket.close(code, reason);
  }

  #greet(): void {
    const { url, backend, pingEveryMs } = this.options;
    this.#send({
      ...{ type: 'hello', url, leads: this.#membership!.leads, waiting: this.#follower!.waiting },
      ...{ maxBody: backend.maxBytes, pingWithin: Math.min(Math.ceil(2.5 * pingEveryMs), longestTimerMs) },
    });
  }

  #ping(): void {
    const { bytesRead } = this.options.wire;
    if (bytesRead === this.#bytesRead) return this.socket.terminate();
    this.#bytesRead = bytesRead;
    this.socket.ping();
  }

  /** Sends what is in the log for this listener, in order. */
  async #passOn(): Promise<void> {
    const { signal } = this.#ending;
    for (;;) {
      const kept = await this.#follower!.next(signal);
      if (kept === null) return;
      const { id, body } = kept.request;
      const live = this.#live.get(id);
      this.#live.delete(id);
      if (live) mustNotFail(live.then((had) => (had ? kept.done() : kept.again())));
      else {
        await this.#room(body.length);
        if (signal.aborted) return;
        // Without its body, which is in the log.
        this.#sent.set(id, { bytes: body.length, done: kept.done, again: kept.again });
        this.#sentBytes += body.length;
        const how = kept.before ? 'kept' : 'copy';
        this.#send({ type: 'deliver', how, request: headOf(kept.request) }, body);
      }
    }
  }

  async #room(bytes: number): Promise<void> {
    const full = (): boolean =>
      this.#sent.size >= windowCount || (this.#sent.size > 0 && this.#sentBytes + bytes > windowBytes);
    while ((full() || !this.#admits(bytes)) && !this.#ending.signal.aborted)
      await new Promise<void>((resolve) => {
        this.#roomMade = resolve;
        this.options.outgoing.wait(this.#wake);
      });
  }

  /** Whether so much more may wait for this listener. */
  #admits(bytes: number): boolean {
    const over = this.#waiting > 0 && this.#waiting + bytes > mostWaiting;
    return !over && this.options.outgoing.admits(this.#waiting, bytes);
  }

  async #serve(
    request: RelayedRequest,
    how: 'live' | 'probe',
    timeoutMs: number,
  ): Promise<RelayedAnswer | null | 'gone'> {
    const { socket } = this;
    // Not greeted yet, gone, or too slow: it gets it from the log.
    if (this.#membership === null || socket.readyState !== socket.OPEN) return 'gone';
    if (!this.#admits(request.body.length)) return 'gone';
    const { id } = request;
    const answered = new Promise<RelayedAnswer | null>((resolve) => this.#asked.set(id, resolve));
    if (how === 'live') this.#remember(id, answered);
    this.#send({ type: 'deliver', how, request: headOf(request) }, request.body);
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<null>((resolve) => {
      timer = setTimeout(resolve, timeoutMs, null);
    });
    const answer = await Promise.race([answered, late]);
    clearTimeout(timer);
    if (how === 'probe') this.#asked.delete(id);
    return answer;
  }

  #remember(id: string, answered: Promise<RelayedAnswer | null>): void {
    this.#live.set(
      id,
      answered.then((answer) => answer !== null),
    );
    if (this.#live.size > mostRemembered) this.#live.delete(this.#live.keys().next().value!);
  }

  #onMessage(data: Buffer): void {
    try {
      const { head, body } = decodeMessage(data);
      this.#take(head, body);
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      this.options.onProblem(error.message);
      this.socket.close(1002, 'no message of the protocol');
    }
  }

  #take(head: RelayMessage, body: Buffer): void {
    if (head.type !== 'answer' && head.type !== 'have' && head.type !== 'again') return;
    const asked = this.#asked.get(head.id);
    if (asked && head.type !== 'have') {
      this.#asked.delete(head.id);
      asked(head.type === 'answer' ? { ...head.answer, body } : null);
    }
    const kept = this.#sent.get(head.id);
    if (kept === undefined || head.type === 'answer') return;
    this.#sent.delete(head.id);
    this.#sentBytes -= kept.bytes;
    if (head.type === 'have') kept.done();
    else kept.again();
    this.#roomMade();
  }

  #send(head: RelayMessage, body?: Uint8Array): void {
    if (this.socket.readyState !== this.socket.OPEN) return;
    const frame = encodeMessage(head, body);
    const { length } = frame;
    this.#waiting += length;
    this.options.outgoing.add(length);
    // Told also when the connection ends before.
    this.socket.send(frame, () => {
      this.#waiting -= length;
      this.options.outgoing.remove(length);
    });
  }
}
