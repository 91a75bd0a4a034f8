import { once } from 'node:events';
import http, { type RequestListener, type ServerOptions } from 'node:http';
import type { AddressInfo } from 'node:net';
import { digestOf, mirrorPath, probeHeader, probePath } from '../../src/core/probe.ts';
import type { Probe } from '../../src/tunnel/probe.ts';
import { onCleanup } from '../support/cleanup.ts';

/** What listens behind a tunnel. */
export interface LocalServer {
  port: number;
  url: string;
  /** Connections taken so far. */
  connections(): number;
  /** Connections that stand. */
  open(): number;
}

/** Listens on a free port of `localhost` until the test ends; idle connections stay, as in the receiver. */
export async function listen(handler: RequestListener, settings: ServerOptions = {}): Promise<LocalServer> {
  const server = http.createServer(
    { headersTimeout: 0, requestTimeout: 0, keepAliveTimeout: 0, ...settings },
    handler,
  );
  let connections = 0;
  let open = 0;
  server.on('connection', (socket) => {
    connections += 1;
    open += 1;
    socket.on('close', () => {
      open -= 1;
    });
  });
  server.listen(0, 'localhost');
  await once(server, 'listening');
  onCleanup(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { port, url: `http://localhost:${port}`, connections: () => connections, open: () => open };
}

/** Answers probes as the receiver does, and everything else with its body. */
export const answering =
  (probe: Pick<Probe, 'answer' | 'mirror'>): RequestListener =>
  async (request, response) => {
    const { method = '', url = '', rawHeaders } = request;
    const nonce = String(request.headers[probeHeader]);
    if (url !== probePath && !url.startsWith(`${mirrorPath}?`)) return void request.pipe(response);
    const chunks: Buffer[] = await request.toArray().catch(() => []); // the sender has gone
    const body = Buffer.concat(chunks);
    const seen = { method, target: url, headers: rawHeaders, bytes: body.length, sha256: digestOf(body) };
    const answer = url === probePath ? probe.answer(nonce) : probe.mirror(nonce, seen);
    response.writeHead(answer === null ? 404 : 200).end(answer ?? '');
  };

/** A signal that is never aborted. */
export const never = new AbortController().signal;
