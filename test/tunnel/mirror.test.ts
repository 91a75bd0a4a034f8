import http, { type IncomingMessage, type OutgoingHttpHeaders } from 'node:http';
import { expect, test } from 'vitest';
import { parseEndpoint } from '../../src/core/endpoint.ts';
import { createProbe, type Probe } from '../../src/tunnel/probe.ts';
import { createLocaltunnel } from '../../src/tunnel/providers/localtunnel.ts';
import { start } from '../runtime/start.ts';
import { onCleanup } from '../support/cleanup.ts';
import { startLocaltunnelServer } from '../support/localtunnel-server.ts';
import { waitFor } from '../support/wait.ts';
import { answering, listen, never } from './support.ts';

/** What a proxy on the way makes of a request. */
interface Proxy {
  headers?(headers: OutgoingHttpHeaders): OutgoingHttpHeaders;
  target?(target: string): string;
  body?(body: Buffer): Buffer;
  /** A status by which it answers a POST itself. */
  refuse?: number;
}

/** A receiver behind a proxy. @returns what the probe finds through it */
async function through(proxy: Proxy): Promise<string[]> {
  const probe: Probe = createProbe();
  const receiver = await listen(answering(probe));
  const same = <T>(value: T): T => value;
  const { headers = same, target = same, body = same, refuse } = proxy;
  const { url } = await listen(async (request, response) => {
    if (request.method === 'POST' && refuse !== undefined) {
      request.resume();
      return void response.writeHead(refuse).end();
    }
    const bytes = body(Buffer.concat((await request.toArray()) as Buffer[]));
    const given: OutgoingHttpHeaders = {};
    for (let i = 0; i < request.rawHeaders.length; i += 2)
      given[request.rawHeaders[i]!] = request.rawHeaders[i + 1];
    delete given['content-length'];
    http
      .request(
        `http://localhost:${receiver.port}`,
        {
          method: request.method,
          path: target(request.url!),
          headers: { ...headers(given), 'x-forwarded-for': '1.2.3.4' },
        },
        (answer: IncomingMessage) => answer.pipe(response.writeHead(answer.statusCode!)),
      )
      .end(bytes);
  });
  return probe.compare(url, never);
}

test('nothing is changed: nothing is found, whatever is added', async () => {
  expect(await through({})).toEqual([]);
});

test.each<[string, Proxy, RegExp]>([
  [
    'lower case',
    {
      headers: (given) =>
        Object.fromEntries(Object.entries(given).map(([name, value]) => [name.toLowerCase(), value])),
    },
    /^names of headers arrive in another case$/,
  ],
  [
    'a header that is dropped',
    { headers: ({ 'svix-signature': _, ...rest }) => rest },
    /^the header svix-signature does not arrive$/,
  ],
  [
    'a header that is set',
    { headers: (given) => ({ ...given, Accept: 'text/html' }) },
    /^the header Accept arrives as "text\/html"/,
  ],
  [
    'spaces put together',
    {
      headers: (given) => ({
        ...given,
        ...(given['X-Mixed-Case'] ? { 'X-Mixed-Case': 'Two Words; "quoted"' } : {}),
      }),
    },
    /^the header X-Mixed-Case arrives as/,
  ],
  ['a query encoded anew', { target: (target) => target.replace('%2F', '/') }, /^path and query arrive as/],
  [
    'a body that is cut',
    { body: (bytes) => bytes.subarray(0, 1000) },
    /^a body of 1000013 bytes arrives changed, as 1000 bytes$/,
  ],
  ['a POST that is refused', { refuse: 403 }, /^a POST with a body of 1 MB is answered with status 403$/],
  ['a body that is too large', { refuse: 413 }, /413: the body is too large for the tunnel server$/],
])('found: %s', async (_, proxy, found) => {
  expect(await through(proxy)).toEqual([expect.stringMatching(found)]);
});

test('through a real localtunnel server: names in lower case, nothing else', async () => {
  const server = await startLocaltunnelServer();
  const probe = createProbe();
  const { port } = await listen(answering(probe));
  const connection = await createLocaltunnel({ host: server.url }).open({
    port,
    signal: never,
    onFailure: () => undefined,
  });
  onCleanup(() => connection.close());
  expect(await probe.compare(connection.url, never)).toEqual(['names of headers arrive in another case']);
});

test('the running tool says it of its URL, and keeps no delivery of it', async () => {
  const server = await startLocaltunnelServer();
  const runtime = await start({
    endpoints: [parseEndpoint('http://127.0.0.1:1')],
    tunnel: { order: ['localtunnel'], settings: { host: server.url } },
  });
  const { changes, latencyMs } = await waitFor(() => {
    const { tunnel } = runtime.status();
    return tunnel.changes === null ? null : tunnel;
  });
  expect(changes).toEqual(['names of headers arrive in another case']);
  expect(latencyMs).toBeGreaterThan(-1);
  expect(runtime.status().deliveries).toBe(0);
});
