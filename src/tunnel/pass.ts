import http, { type IncomingMessage } from 'node:http';
import { systemCode } from '../core/errors.ts';
import { type HeaderPair, pairsOf } from '../core/headers.ts';
import {
  type CatchUp,
  type Relayed,
  type RelayedAnswer,
  type RelayedRequest,
  relayedHeader,
  relayedValue,
} from '../core/relay.ts';
import { maxHeadBytes } from '../dispatch/answer-head.ts';

/** Where requests of a relay go on this machine. */
export interface PassOptions {
  /** The receiver's. */
  port: number;
  /** Tells the receiver that it is this process which speaks for a relay. */
  token: string;
  /** What becomes of what came while nobody listened here. */
  catchUp: CatchUp;
}

/** Passes requests that came by a relay on to the receiver, as they were. */
export class Pass {
  readonly #agent = new http.Agent({ keepAlive: true });

  constructor(private readonly options: PassOptions) {}

  /**
   * One whose sender waits.
   * @param isDelivery false for a probe, which is nothing but itself
   * @returns the answer for it; null when the receiver could not store it or is gone
   */
  async live(request: RelayedRequest, isDelivery: boolean): Promise<RelayedAnswer | null> {
    if (!isDelivery) return this.#send(request, undefined);
    const answer = await this.#send(request, 'live');
    return answer && hasIt(answer)
      ? { ...answer, headers: answer.headers.filter((pair) => !isMark(pair)) }
      : null;
  }

  /** One whose sender does not wait for this answer. @returns whether it is on the disk here */
  async kept(request: RelayedRequest, how: 'copy' | 'kept'): Promise<boolean> {
    const answer = await this.#send(request, how === 'copy' ? 'copy' : this.options.catchUp);
    return answer !== null && hasIt(answer);
  }

  close(): void {
    this.#agent.destroy();
  }

  /** @param as undefined for what is no delivery */
  #send(request: RelayedRequest, as: Relayed['as'] | undefined): Promise<RelayedAnswer | null> {
    const { port, token } = this.options;
    const { id, at, remoteAddress: from, httpVersion, method, target: path, body } = request;
    const about =
      as === undefined ? 'probe' : { id, at, from, httpVersion, headers: request.headers.length, as };
    const headers = [relayedHeader, relayedValue(token, about), ...request.headers.flat()];
    const to = { host: 'localhost', port, method, path, headers, agent: this.#agent };
    return new Promise((resolve, reject) => {
      const sent = http.request({ ...to, maxHeaderSize: maxHeadBytes }, (response) => {
        readAnswer(response).then(resolve, onError);
      });
      const onError = (error: unknown): void => {
        // The tool is about to stop, or was too busy: the relay sends it again.
        if (systemCode(error) === undefined) reject(error as Error);
        else resolve(null);
      };
      sent.on('error', onError);
      sent.end(body.length > 0 ? body : undefined);
    });
  }
}

const isMark = ([name]: HeaderPair): boolean => name.toLowerCase() === relayedHeader;

/** Whether the receiver says that it has stored it, or never will. */
const hasIt = ({ headers }: RelayedAnswer): boolean => headers.some(isMark);

async function readAnswer(response: IncomingMessage): Promise<RelayedAnswer> {
  const chunks: Buffer[] = [];
  for await (const chunk of response as AsyncIterable<Buffer>) chunks.push(chunk);
  return { status: response.statusCode!, headers: pairsOf(response.rawHeaders), body: Buffer.concat(chunks) };
}
