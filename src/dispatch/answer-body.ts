import type { IncomingMessage } from 'node:http';
import { Gathering } from '../core/gathering.ts';

/** Bytes of an answer's body that are passed on to the sender; of a longer one, its beginning. */
const maxResponseBytes = 10 * 1024 * 1024;
/** ms for which a stream's events are gathered: it has no end to wait for. */
const streamMs = 1000;

/** Media types whose answers go on for as long as the connection stays (HTML standard, 9.2; RFC 2046, 5.1). */
const endless = /^\s*(text\/event-stream|multipart\/x-mixed-replace)\b/i;

/** A body, and why it was not waited for to its end; null when it was. */
export interface ReadBody {
  bytes: Uint8Array;
  cut: string | null;
}

/**
 * Reads the body of an answer whose status has come. From then on the sender has its answer whatever the body does:
 * one that is too long or does not end is cut.
 */
export class BodyReader {
  /** Rejects with what ended the body before its end. */
  readonly read: Promise<ReadBody>;
  readonly #body: Gathering;
  #resolve!: (body: ReadBody) => void;
  #reject!: (error: unknown) => void;
  #streaming: NodeJS.Timeout | undefined;
  #over = false;

  constructor(answer: IncomingMessage) {
    this.#body = new Gathering(Math.min(Number(answer.headers['content-length']) || 0, maxResponseBytes));
    this.read = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    this.read.catch(() => undefined); // whoever reads it sees its failure
    answer.on('data', (chunk: Uint8Array) => this.#take(chunk));
    answer.on('end', () => this.#settle(null));
    answer.on('error', (error) => this.fail(error));
    if (endless.test(answer.headers['content-type'] ?? ''))
      this.#streaming = setTimeout(() => this.cut('it is a stream'), streamMs);
  }

  /** Ends it here: what has come is the body. @returns false when it was over already */
  cut(why: string): boolean {
    return this.#settle(`the body was cut after ${this.#body.size} bytes: ${why}`);
  }

  /** Ends it without a body. */
  fail(error: unknown): void {
    clearTimeout(this.#streaming);
    this.#over = true;
    this.#reject(error);
  }

  #take(chunk: Uint8Array): void {
    if (this.#over) return;
    const room = maxResponseBytes - this.#body.size;
    this.#body.add(chunk.length > room ? chunk.subarray(0, room) : chunk);
    if (chunk.length > room) this.cut(`it is over ${maxResponseBytes / 1024 / 1024} MB`);
  }

  #settle(cut: string | null): boolean {
    if (this.#over) return false;
    clearTimeout(this.#streaming);
    this.#over = true;
    this.#resolve({ bytes: this.#body.bytes, cut });
    return true;
  }
}
