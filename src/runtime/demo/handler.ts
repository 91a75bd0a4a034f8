import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mustNotFail } from '../../core/errors.ts';
import { recognise } from '../../core/payload.ts';

/** How a job is called on the screen: the beginning of its id. */
export const shortJob = (jobId: string): string => jobId.slice(0, 8);

/**
 * The app of the demo: it charges a customer for each document that is done. Its bug is on purpose: it does not look
 * whether it has charged for a job already.
 */
export class SampleHandler {
  /** How often was charged for each job. */
  readonly charges = new Map<string, number>();
  /** So many of the next requests are answered 503. */
  down = 0;
  readonly #server: Server;

  /**
   * @param secret expected in the metadata
   * @param say told each line that it would log, with the job it is about
   */
  constructor(
    private readonly secret: string,
    private readonly say: (line: string, jobId: string) => void,
  ) {
    this.#server = createServer((request, response) => mustNotFail(this.#handle(request, response)));
  }

  /** Opens it on a free loopback port. @returns its URL */
  async listen(): Promise<string> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    // Whoever goes away before the end has nothing to be answered.
    request.on('end', () => {
      const { status, said } = this.#work(Buffer.concat(chunks));
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify({ said }));
    });
  }

  #work(body: Buffer): { status: number; said: string } {
    const webhook = recognise(body);
    if (webhook.kind !== 'reducto') return { status: 400, said: webhook.reason };
    const { status, jobId, metadata } = webhook;
    if ((metadata as { secret?: unknown } | null)?.secret !== this.secret)
      return { status: 401, said: 'wrong secret' };
    const log = (said: string, answer = 200): { status: number; said: string } => {
      this.say(said, jobId);
      return { status: answer, said };
    };
    const name = shortJob(jobId);
    if (this.down > 0) {
      this.down -= 1;
      return log(`job ${name}: the database is down, try again`, 503);
    }
    if (status === 'Failed') return log(`job ${name} failed: nothing charged`);
    // The bug: a second webhook for the same job charges a second time.
    const times = (this.charges.get(jobId) ?? 0) + 1;
    this.charges.set(jobId, times);
    return log(`invoice for job ${name}: charged ${times === 1 ? 'once' : `${times} times`}`);
  }
}
