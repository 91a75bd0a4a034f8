import { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { Agent, buildConnector } from 'undici';
import type { AttemptError, AttemptResponse, HeaderPair } from '../core/delivery.ts';
import { isLoopback } from '../core/endpoint.ts';
import { pairsOf } from '../core/headers.ts';
import { AttemptEnded, errorOutcome } from './outcome.ts';

/** A request as it goes out; `path` is used as it is, never normalised. */
export interface OutgoingRequest {
  endpoint: string;
  origin: string;
  path: string;
  method: string;
  headers: readonly HeaderPair[];
  body: Uint8Array;
  /** The body's speed; null for as fast as it goes. */
  bytesPerSecond?: number | null;
  /** Holds back its last byte. */
  gate?: LastByteGate | undefined;
}

/** Holds the last byte of requests back, so that many, each on a connection of its own, are whole at one instant. */
export interface LastByteGate {
  /** Told when all but the last byte is on its way. */
  arrived(): void;
  /** Resolves when the last byte may go. */
  opened: Promise<void>;
  /** Told when the last byte is on its way. */
  sent?(): void;
}

/** The answer with its whole body (`kept` has only the stored beginning of it), or the error. */
export type Exchange =
  | { outcome: AttemptResponse; wholeBody: Uint8Array }
  | { outcome: AttemptError; wholeBody: null };

/** Bytes of a response's body that are kept with the attempt. */
export const keptResponseBytes = 1024 * 1024;
/** Bytes of a response's body that are passed on to the sender; a longer one is an error. */
export const maxResponseBytes = 10 * 1024 * 1024;

const strict = buildConnector({ timeout: 0 });
// An app on this machine has a certificate of its own making, which nobody but its developer vouches for.
const lenient = buildConnector({ timeout: 0, rejectUnauthorized: false });
const connect: buildConnector.connector = (options, callback) =>
  (isLoopback(options.hostname) ? lenient : strict)(options, callback);

/** Sends attempts to apps: connections are kept alive, redirects are not followed, nothing is decoded. */
export class HttpClient {
  readonly #agent = new Agent({
    headersTimeout: 0,
    bodyTimeout: 0,
    keepAliveTimeout: 4000,
    connect,
  });

  /**
   * @param timeoutMs for the whole exchange
   * @param signal ends the attempt as `cancelled`
   */
  async send(request: OutgoingRequest, timeoutMs: number, signal?: AbortSignal): Promise<Exchange> {
    const controller = new AbortController();
    const end = (outcome: AttemptError): void => controller.abort(new AttemptEnded(outcome));
    const timer = setTimeout(
      () =>
        end({
          kind: 'error',
          code: 'timeout',
          message: `${request.endpoint}: no complete answer in ${timeoutMs} ms`,
        }),
      timeoutMs,
    );
    const cancel = (): void =>
      end({ kind: 'error', code: 'cancelled', message: 'cancelled before the app answered' });
    signal?.addEventListener('abort', cancel, { once: true });
    if (signal?.aborted) cancel();
    try {
      return await this.#exchange(request, controller.signal);
    } catch (error) {
      // What ended it, also where a slow body's own pause was cut short first and tells only that.
      const cause: unknown = controller.signal.aborted ? controller.signal.reason : error;
      return { outcome: errorOutcome(cause, request.endpoint), wholeBody: null };
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener('abort', cancel);
    }
  }

  async #exchange(request: OutgoingRequest, signal: AbortSignal): Promise<Exchange> {
    const { bytesPerSecond: slow, gate } = request;
    const inPieces = slow
      ? trickle(request.body, slow, signal)
      : gate && request.body.length > 0
        ? heldBack(request.body, gate)
        : null;
    const { statusCode, headers, body } = await this.#agent.request({
      origin: request.origin,
      path: request.path,
      method: request.method as 'POST',
      headers: [
        ...request.headers.flat(),
        ...(inPieces ? ['content-length', String(request.body.length)] : []),
      ],
      body: inPieces ? Readable.from(inPieces) : request.body.length > 0 ? request.body : null,
      responseHeaders: 'raw',
      signal,
    });
    const chunks: Uint8Array[] = [];
    let size = 0;
    for await (const chunk of body as AsyncIterable<Uint8Array>) {
      size += chunk.length;
      if (size > maxResponseBytes)
        throw new AttemptEnded({
          kind: 'error',
          code: 'response-too-large',
          message: `${request.endpoint}: the answer is over ${maxResponseBytes / 1024 / 1024} MB`,
        });
      chunks.push(chunk);
    }
    const wholeBody = chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks);
    return {
      outcome: {
        kind: 'response',
        status: statusCode,
        headers: pairsOf(headers as unknown as string[]),
        body: wholeBody.subarray(0, keptResponseBytes),
        bodySize: size,
      },
      wholeBody,
    };
  }

  /** Ends all connections; what is under way fails. */
  close(): Promise<void> {
    return this.#agent.destroy();
  }
}

/** A body in small pieces, at most ten a second. */
async function* trickle(
  body: Uint8Array,
  bytesPerSecond: number,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const size = Math.max(1, Math.floor(bytesPerSecond / 10));
  for (let from = 0; from < body.length; from += size) {
    await delay((size / bytesPerSecond) * 1000, undefined, { signal });
    yield body.subarray(from, from + size);
  }
}

/** A body whose last byte waits for the gate. */
async function* heldBack(body: Uint8Array, gate: LastByteGate): AsyncGenerator<Uint8Array> {
  if (body.length > 1) yield body.subarray(0, -1);
  gate.arrived(); // asked for more: what came before is on its way, so the connection is up
  await gate.opened;
  yield body.subarray(-1);
  gate.sent?.();
}
