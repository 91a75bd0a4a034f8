import type { IncomingMessage, ServerResponse } from 'node:http';
import type { DeliverySource } from '../core/delivery.ts';
import { type HeaderPair, pairsOf } from '../core/headers.ts';
import type { RelayedAs } from '../core/relay.ts';
import { type Answer, write } from './answer.ts';
import { type ReadBody, readBody } from './body.ts';

/** What of a request is known before its body is read; it stands in the history as it came. */
export interface RequestHead {
  source: DeliverySource;
  /** Empty where even that could not be read. */
  method: string;
  target: string;
  httpVersion: string;
  headers: readonly HeaderPair[];
  remoteAddress: string;
}

/** A request on its way in, by HTTP or by a relay, and its sender. */
export interface Incoming {
  readonly head: RequestHead;
  /** What a relay said of it; null for what came by HTTP. */
  readonly relayed: { id: string; at: number; as: RelayedAs } | null;
  /** Bytes of its body as far as they are known before it is read; else 0. */
  readonly announced: number;
  readonly sender: Sender;
  /** A header's value by its name in lower case; of several, the first or all of them joined. */
  header(name: string): string | undefined;
  /** Reads its body; see {@link readBody}. */
  read(limit: number, grow: (to: number) => boolean): Promise<ReadBody>;
  /** Lets its body pass unread, so that the sender can finish writing and read its answer. */
  skip(): void;
}

/** Who waits for the answer to a request. */
export interface Sender {
  /** Whether no answer reaches it any more. */
  readonly gone: boolean;
  /** Answers it; without effect when it is gone or has an answer. */
  answer(answer: Answer): void;
  /** Calls `told` when it goes, or has gone, before an answer has reached it. */
  onLeaving(told: () => void): void;
}

/** The head of a request that a server of Node's has got. */
export const requestHead = (request: IncomingMessage, source: DeliverySource): RequestHead => ({
  source,
  method: request.method ?? '',
  target: request.url ?? '',
  httpVersion: request.httpVersion,
  headers: pairsOf(request.rawHeaders),
  remoteAddress: request.socket.remoteAddress ?? '',
});

/** A request that a server of Node's has got. */
export class HttpIncoming implements Incoming {
  readonly relayed = null;
  readonly head: RequestHead;
  readonly announced: number;
  readonly sender: Sender;

  constructor(
    private readonly request: IncomingMessage,
    response: ServerResponse,
    source: DeliverySource,
  ) {
    this.head = requestHead(request, source);
    this.announced = Number(request.headers['content-length']) || 0;
    this.sender = new HttpSender(response);
  }

  header(name: string): string | undefined {
    const value = this.request.headers[name];
    return typeof value === 'object' ? value.join(', ') : value;
  }

  read(limit: number, grow: (to: number) => boolean): Promise<ReadBody> {
    return readBody(this.request, limit, grow);
  }

  skip(): void {
    this.request.resume();
  }
}

class HttpSender implements Sender {
  constructor(private readonly response: ServerResponse) {}

  get gone(): boolean {
    return this.response.destroyed;
  }

  answer(answer: Answer): void {
    if (!this.response.destroyed && !this.response.headersSent) write(this.response, answer);
  }

  onLeaving(told: () => void): void {
    const look = (): void => {
      if (!this.response.writableFinished) told();
    };
    if (this.response.destroyed) look();
    else this.response.once('close', look);
  }
}
