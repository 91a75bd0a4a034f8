import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { exchange, post } from '../receiver/raw-client.ts';
import { startReceiver } from '../receiver/start.ts';
import { startApp } from '../support/app.ts';
import { onCleanup } from '../support/cleanup.ts';

describe('what the app gets', () => {
  test('is the body byte for byte, binary or not, whole or in chunks', async () => {
    const app = await startApp();
    const { port } = await startReceiver({ endpoints: [app.url] });
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 2000 }), async (body) => {
        await post(port, body);
        expect(app.requests.at(-1)!.body.equals(body)).toBe(true);
        const chunk = Buffer.concat([
          Buffer.from(`${body.length.toString(16)}\r\n`),
          body,
          Buffer.from('\r\n0\r\n\r\n'),
        ]);
        await exchange(port, ['POST / HTTP/1.1', 'Host: x', 'Transfer-Encoding: chunked'], chunk);
        expect(app.requests.at(-1)!.body.equals(body)).toBe(true);
        expect(app.requests.at(-1)!.header('content-length')).toBe(String(body.length));
        expect(app.requests.at(-1)!.header('transfer-encoding')).toBeUndefined();
      }),
      { numRuns: 15 },
    );
  });

  test('may be large', async () => {
    const app = await startApp();
    const { port } = await startReceiver({ endpoints: [app.url], maxBody: 30 * 1024 * 1024 });
    const body = randomBytes(20 * 1024 * 1024);
    expect((await post(port, body)).status).toBe(200);
    const hash = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
    expect(hash(app.requests[0]!.body)).toBe(hash(body));
  });

  test("is the sender's headers in their order and case, with what a proxy must change", async () => {
    const app = await startApp();
    const { port, newest, attempts } = await startReceiver({ endpoints: [app.url] });
    await exchange(
      port,
      [
        'POST / HTTP/1.1',
        'Host: public.test',
        'X-Twice: one',
        'svix-ID: msg_1',
        'x-twice: two',
        'X-Latin: caf\xe9',
        'X-Empty:',
        'Connection: keep-alive, X-Named',
        'X-Named: for the next hop only',
        'Keep-Alive: timeout=5',
        'TE: trailers',
        'Proxy-Authorization: Basic abc',
        'Proxy-Connection: keep-alive',
        'Upgrade: h2c',
        'Authorization: Bearer kept',
        'X-Webhook-Delivery-Id: forged',
        'x-webhook-attempt: forged',
        'Content-Length: 2',
      ],
      'hi',
    );
    const { id } = await newest();
    const [attempt] = await attempts(1);
    const sent = app.requests[0]!.headers.filter(([name]) => !/^(connection|content-length)$/i.test(name));
    expect(sent).toEqual([
      ['host', `127.0.0.1:${app.port}`],
      ['X-Twice', 'one'],
      ['svix-ID', 'msg_1'],
      ['x-twice', 'two'],
      ['X-Latin', 'caf\xe9'],
      ['X-Empty', ''],
      ['Authorization', 'Bearer kept'],
      ['x-forwarded-for', '127.0.0.1'],
      ['x-forwarded-host', 'public.test'],
      ['x-forwarded-proto', 'http'],
      ['x-webhook-delivery-id', id],
      ['x-webhook-attempt', attempt!.id],
    ]);
    expect(app.requests[0]!.headers.filter(([name]) => name.toLowerCase() === 'content-length')).toEqual([
      ['content-length', '2'],
    ]);
    // What is recorded is what was sent.
    expect(attempt!.request).toMatchObject({ method: 'POST', url: `${app.url}/`, headers: sent });
  });

  test('says where the request came from when proxies stand before us', async () => {
    const app = await startApp();
    const { port } = await startReceiver({ endpoints: [app.url] });
    await post(port, '{}', {
      headers: [
        'X-Forwarded-For: 203.0.113.7, 198.51.100.2',
        'X-Forwarded-Host: mine.loca.lt',
        'X-Forwarded-Proto: https',
      ],
    });
    const [request] = app.requests;
    expect(request!.header('x-forwarded-for')).toBe('203.0.113.7, 198.51.100.2, 127.0.0.1');
    expect(request!.header('x-forwarded-host')).toBe('mine.loca.lt');
    expect(request!.header('x-forwarded-proto')).toBe('https');
    expect(request!.headers.filter(([name]) => /^x-forwarded/i.test(name))).toHaveLength(3);
  });

  test('comes from HTTP/1.0 senders without a host, too', async () => {
    const app = await startApp();
    const { port } = await startReceiver({ endpoints: [app.url] });
    expect((await exchange(port, 'GET / HTTP/1.0')).status).toBe(200);
    expect(app.requests[0]!.header('host')).toBe(`127.0.0.1:${app.port}`);
  });

  test.each(['GET', 'HEAD', 'DELETE', 'OPTIONS', 'PUT', 'PATCH', 'PROPFIND', 'QUERY'])(
    'may be a %s without a body',
    async (method) => {
      const app = await startApp();
      const { port } = await startReceiver({ endpoints: [app.url] });
      await exchange(port, [`${method} /x HTTP/1.1`, 'Host: x']);
      expect(app.requests[0]).toMatchObject({ method, url: '/x', body: Buffer.alloc(0) });
    },
  );

  test.each(['GET', 'DELETE', 'OPTIONS'])('may be a %s with a body', async (method) => {
    const app = await startApp();
    const { port } = await startReceiver({ endpoints: [app.url] });
    const { status } = await exchange(
      port,
      [`${method} /x HTTP/1.1`, 'Host: x', 'Content-Length: 4'],
      'body',
    );
    expect(status).toBe(200);
    expect(app.requests[0]!.body.toString()).toBe('body');
  });

  test('never asks to continue: that was settled with the sender', async () => {
    const app = await startApp();
    const { port } = await startReceiver({ endpoints: [app.url] });
    await post(port, 'body', { headers: ['Expect: 100-continue'] });
    await app.received(1);
    expect(app.requests[0]!.header('expect')).toBeUndefined();
  });
});

describe('the path that the app gets', () => {
  const odd = [
    '/',
    '/a/b?x=1',
    '/a/../b?x=%zz',
    '//x',
    '/%2e%2e/a',
    '/?',
    '/a?b?c',
    '/~"<>\\^`{|}',
    '/a;b=c',
    '/a#b',
  ];

  test.each(odd)('is the inbound one, untouched, for an endpoint without a path: %s', async (target) => {
    const app = await startApp();
    const { port } = await startReceiver({ endpoints: [app.port] });
    await post(port, '{}', { target });
    expect(app.requests[0]!.url).toBe(target);
  });

  test.each([
    ['/', '/hook'],
    ['/a/b?x=1&y=%zz', '/hook?x=1&y=%zz'],
    ['//x', '/hook'],
    ['/?', '/hook?'],
    ['/a?b?c', '/hook?b?c'],
  ])(
    "is the endpoint's own, with the inbound query, for an endpoint with one: %s → %s",
    async (target, expected) => {
      const app = await startApp();
      const { port } = await startReceiver({ endpoints: [`${app.url}/hook`] });
      await post(port, '{}', { target });
      expect(app.requests[0]!.url).toBe(expected);
    },
  );

  test('keeps a slash at the end of the endpoint', async () => {
    const app = await startApp();
    const { port } = await startReceiver({ endpoints: [`${app.url}/hook/`] });
    await post(port, '{}', { target: '/in?q' });
    expect(app.requests[0]!.url).toBe('/hook/?q');
  });

  test.each([
    ['http://public.test/abs?q=1', '/abs?q=1'],
    ['http://public.test', '/'],
    ['*', '/'],
  ])('is made from a target in another form: %s → %s', async (target, expected) => {
    const app = await startApp();
    const { port } = await startReceiver({ endpoints: [app.url] });
    await exchange(port, [`OPTIONS ${target} HTTP/1.1`, 'Host: x']);
    expect(app.requests[0]!.url).toBe(expected);
  });
});

describe('many at once', () => {
  test('200 deliveries are all forwarded, each to its own sender', async () => {
    const app = await startApp((request) => ({ body: request.body, delayMs: 20 }));
    const { port, store } = await startReceiver({ endpoints: [app.url] });
    const bodies = Array.from({ length: 200 }, (_, i) => `delivery ${i}`);
    const answers = await Promise.all(bodies.map((body) => post(port, body)));
    expect(answers.map(({ body }) => body.toString())).toEqual(bodies);
    expect(app.requests.map(({ body }) => body.toString()).sort()).toEqual([...bodies].sort());
    expect(store.count()).toBe(200);
  });

  test('connections to the app are used again', async () => {
    let connections = 0;
    const server = createServer((_request, response) => response.end()).on('connection', () => {
      connections += 1;
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    onCleanup(() => {
      server.closeAllConnections();
      server.close();
    });
    const { port } = await startReceiver({ endpoints: [(server.address() as AddressInfo).port] });
    for (let i = 0; i < 5; i++) await post(port);
    expect(connections).toBe(1);
  });
});
