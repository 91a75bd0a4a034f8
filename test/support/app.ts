import { once, setMaxListeners } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { onCleanup } from './cleanup.ts';
import { waitFor } from './wait.ts';

/** A request as the app got it. */
export interface AppRequest {
  /** From 1 up, in order of arrival. */
  number: number;
  method: string;
  url: string;
  httpVersion: string;
  /** Tells whether two requests came over the same connection. */
  remotePort: number;
  /** Pairs in the order and case of the wire. */
  headers: [name: string, value: string][];
  /** The last value of a header, by its name in any case. */
  header(name: string): string | undefined;
  body: Buffer;
}

/** An answer that is HTTP. */
export interface HttpAnswer {
  /** 200 when left out. */
  status?: number;
  headers?: readonly (readonly [name: string, value: string])[];
  body?: string | Uint8Array;
  /** Sent one by one in chunked encoding, in place of `body`. */
  chunks?: readonly (string | Uint8Array)[];
  /** How long the app thinks before it answers. */
  delayMs?: number;
}

/**
 * What the app does with a request: `reset` sends a TCP RST, `reset-midway` does so after the head and a part of
 * the body, `hang` never answers, `raw` puts bytes on the socket (nonsense, for example) and closes it.
 */
export type Answer = HttpAnswer | 'reset' | 'reset-midway' | 'hang' | { raw: string | Uint8Array };

/** A small app under test: a real server that keeps what it got and answers as it is told. */
export interface App {
  readonly url: string;
  readonly port: number;
  readonly requests: readonly AppRequest[];
  /** How it answers from now on. */
  answer: Answer | ((request: AppRequest) => Answer | Promise<Answer>);
  /** Resolves with all requests once there are `count`. */
  received(count: number): Promise<readonly AppRequest[]>;
  /** Closes the port and every connection; nothing listens there then. */
  close(): Promise<void>;
}

/**
 * Starts an app on a free port.
 * @param port a fixed one, to come back where an earlier app was
 */
export async function startApp(answer: App['answer'] = {}, port = 0): Promise<App> {
  const requests: AppRequest[] = [];
  const closing = new AbortController();
  setMaxListeners(0, closing.signal); // every answer that is delayed listens
  const server = createServer({ maxHeaderSize: 128 * 1024 }, (incoming, response) => {
    handle(incoming, response).catch((error: unknown) => {
      // The other side going away while we read or wait is part of many tests; anything else is a bug here.
      if (!incoming.destroyed && !closing.signal.aborted) throw error;
    });
  });

  async function handle(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const body: Buffer[] = [];
    for await (const chunk of incoming) body.push(chunk as Buffer);
    const request = toRequest(requests.length + 1, incoming, Buffer.concat(body));
    requests.push(request);
    const chosen = typeof app.answer === 'function' ? await app.answer(request) : app.answer;
    await send(chosen, incoming, response, closing.signal);
  }

  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  const bound = (server.address() as AddressInfo).port;
  const app: App = {
    url: `http://127.0.0.1:${bound}`,
    port: bound,
    requests,
    answer,
    async received(count) {
      await waitFor(() => requests.length >= count, {
        what: `request ${count} at the app (has ${requests.length})`,
      });
      return requests;
    },
    async close() {
      if (!server.listening) return;
      closing.abort();
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
  onCleanup(() => app.close());
  return app;
}

function toRequest(number: number, incoming: IncomingMessage, body: Buffer): AppRequest {
  const { rawHeaders } = incoming;
  const headers = Array.from({ length: rawHeaders.length / 2 }, (_, i): [string, string] => [
    rawHeaders[2 * i]!,
    rawHeaders[2 * i + 1]!,
  ]);
  return {
    number,
    method: incoming.method!,
    url: incoming.url!,
    httpVersion: incoming.httpVersion,
    remotePort: incoming.socket.remotePort!,
    headers,
    header: (name) => headers.findLast(([other]) => other.toLowerCase() === name.toLowerCase())?.[1],
    body,
  };
}

async function send(
  answer: Answer,
  { socket }: IncomingMessage,
  response: ServerResponse,
  closing: AbortSignal,
): Promise<void> {
  if (answer === 'hang') return;
  if (answer === 'reset') return void socket.resetAndDestroy();
  if (answer === 'reset-midway') {
    response.writeHead(200, { 'content-length': '1000' });
    // Only once the bytes are out, so that the other side has really begun to read an answer.
    response.write('the beginning', () => socket.resetAndDestroy());
    return;
  }
  if ('raw' in answer) return void socket.end(answer.raw);
  if (answer.delayMs !== undefined) await delay(answer.delayMs, undefined, { signal: closing });
  response.writeHead(answer.status ?? 200, (answer.headers ?? []).flat());
  for (const chunk of answer.chunks ?? []) response.write(chunk);
  response.end(answer.body);
}
