import type { AttemptError, AttemptResponse } from '../core/delivery.ts';
import { pairsOf } from '../core/headers.ts';
import type { BodyReader } from './answer-body.ts';
import { AppAgent } from './app-agent.ts';
import { placeOf } from './connect.ts';
import { answerTo, type OutgoingRequest, open, writeBody } from './exchange.ts';
import { AttemptEnded, errorOutcome } from './outcome.ts';

/**
 * The answer with its body as the sender gets it (`outcome` has only the stored beginning of it), or the error.
 * `remarks`: what is odd about an answer that was taken all the same.
 */
export type Exchange =
  | { outcome: AttemptResponse; wholeBody: Uint8Array; remarks: readonly string[] }
  | { outcome: AttemptError; wholeBody: null; remarks: readonly string[] };

/** Bytes of a response's body that are kept with the attempt. */
export const keptResponseBytes = 1024 * 1024;

/** Told as an exchange goes on. */
interface Progress {
  /** The status has come, and this reads what follows. */
  body(reader: BodyReader): void;
  /** Nothing is left to be done, also not in the background. */
  over(): void;
}

/** Sends attempts to apps: connections are kept alive, redirects are not followed, nothing is decoded. */
export class HttpClient {
  readonly #plain: AppAgent;
  readonly #secure: AppAgent;
  /** Origins that have answered. */
  readonly #known = new Set<string>();

  /** @param insecure whether certificates that nobody vouches for are taken from other machines too */
  constructor(private readonly insecure = false) {
    this.#plain = new AppAgent(false, insecure);
    this.#secure = new AppAgent(true, insecure);
  }

  /**
   * @param timeoutMs for the whole exchange; when it is over and a status has come, that is the answer
   * @param signal ends the attempt as `cancelled`
   */
  async send(request: OutgoingRequest, timeoutMs: number, signal?: AbortSignal): Promise<Exchange> {
    const { endpoint, origin } = request;
    const life = new AbortController();
    let body: BodyReader | null = null;
    const end = (outcome: Omit<AttemptError, 'kind'>): void => {
      const ended = new AttemptEnded({ kind: 'error', ...outcome });
      body?.fail(ended);
      life.abort(ended);
    };
    const timer = setTimeout(() => {
      if (body?.cut(`it had not ended after ${timeoutMs} ms`)) return;
      end({ code: 'timeout', message: `${endpoint}: no complete answer in ${timeoutMs} ms` });
    }, timeoutMs);
    const cancel = (): void => end({ code: 'cancelled', message: 'cancelled before the app answered' });
    signal?.addEventListener('abort', cancel, { once: true });
    if (signal?.aborted) cancel();
    const over = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', cancel);
    };
    try {
      return await this.#exchange(request, life.signal, {
        body: (reader) => {
          body = reader;
        },
        over,
      });
    } catch (error) {
      over();
      // What ended it, also where a slow body's own pause was cut short first and tells only that.
      const cause: unknown = life.signal.aborted ? life.signal.reason : error;
      life.abort();
      return {
        outcome: await errorOutcome(cause, { endpoint, origin, known: this.#known.has(origin) }),
        wholeBody: null,
        remarks: [],
      };
    }
  }

  /** Ends all connections; what is under way fails. */
  async close(): Promise<void> {
    this.#plain.destroy();
    this.#secure.destroy();
  }

  async #exchange(request: OutgoingRequest, life: AbortSignal, on: Progress): Promise<Exchange> {
    life.throwIfAborted();
    const place = placeOf(request.origin);
    const { secure } = place;
    const shared = secure ? this.#secure : this.#plain;
    const agent = request.fresh ? new AppAgent(secure, this.insecure) : shared;
    const sent = open(request, place, agent, life);
    life.addEventListener('abort', () => sent.destroy(), { once: true });
    if (request.fresh) sent.once('close', () => agent.destroy());
    // Its connection is up by then, so that nothing comes between what is told of it and the request itself.
    sent.once('socket', () => {
      sent.once('finish', () => {
        // Node says so of what was cut off as well.
        if (!sent.destroyed && !sent.socket?.destroyed) request.onSend?.('sent');
      });
      writeBody(sent, request, life).catch((error: Error) => sent.destroy(error));
    });
    const { message, body, remarks } = await answerTo(sent);
    on.body(body);
    this.#known.add(request.origin);
    const { bytes, cut } = await body.read;
    if (cut !== null) {
      remarks.push(cut);
      sent.destroy();
    }
    // An app may answer before it has read the request, and read and work afterwards: it gets all of it.
    if (sent.writableFinished || sent.destroyed) on.over();
    else sent.once('close', on.over).once('finish', on.over);
    return {
      outcome: {
        kind: 'response',
        status: message.statusCode!,
        headers: pairsOf(message.rawHeaders),
        body: bytes.subarray(0, keptResponseBytes),
        bodySize: bytes.length,
      },
      wholeBody: bytes,
      remarks,
    };
  }
}
