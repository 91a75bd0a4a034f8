import { randomBytes } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { signatureHeaders, signedHeaders, signingKey, verifySignature } from '../../src/core/signature.ts';
import { exchange, post, RawClient } from '../receiver/raw-client.ts';
import { startReceiver, type TestReceiverOptions } from '../receiver/start.ts';
import { startApp } from '../support/app.ts';
import { rawListener, startTestRelay } from '../support/relay.ts';
import { startListening } from '../support/relay-listening.ts';
import { waitFor } from '../support/wait.ts';

const toBox = { target: '/in/box/webhook' };

const CRLF = '\r\n';
const big = randomBytes(10 * 1024 * 1024);

describe('what a receiver stores by a relay is what it stores of the same bytes sent to it', () => {
  const cases: [string, string[], Uint8Array | string][] = [
    ['POST', ['POST / HTTP/1.1', 'Host: x', 'Content-Length: 2'], '{}'],
    ['an empty body', ['POST /a HTTP/1.1', 'Host: x', 'Content-Length: 0'], ''],
    ['no body', ['POST /a?b=c&d HTTP/1.1', 'Host: x'], ''],
    ['GET', ['GET /a HTTP/1.1', 'Host: x'], ''],
    ['GET with a body', ['GET /a HTTP/1.1', 'Host: x', 'Content-Length: 3'], 'abc'],
    ['HEAD', ['HEAD /a HTTP/1.1', 'Host: x'], ''],
    ['DELETE with a body', ['DELETE /a HTTP/1.1', 'Host: x', 'Content-Length: 3'], 'abc'],
    ['OPTIONS', ['OPTIONS /a HTTP/1.1', 'Host: x'], ''],
    ['a method of WebDAV', ['PROPFIND /a HTTP/1.1', 'Host: x', 'Content-Length: 1'], 'x'],
    ['HTTP/1.0', ['POST /a HTTP/1.0', 'Content-Length: 3'], 'abc'],
    [
      'chunks',
      ['POST /a HTTP/1.1', 'Host: x', 'Transfer-Encoding: chunked'],
      `3${CRLF}abc${CRLF}2${CRLF}de${CRLF}0${CRLF}${CRLF}`,
    ],
    [
      'headers in any order and case, twice, empty, latin1',
      [
        ...['POST /a HTTP/1.1', 'x-Z: 1', 'HOST: y', 'X-a: 2', 'x-A: 3', 'X-Empty:', 'x-z: 4', 'Cookie: a=b'],
        ...['Cookie: c=d', 'X-Latin: caf\xe9\xff', 'X-Tab: a\tb', 'content-LENGTH: 2', 'Connection: close'],
      ],
      '{}',
    ],
    [
      'what this tool says itself',
      [
        ...['POST /a HTTP/1.1', 'Host: x', 'x-reducto-webhook-dev-relayed: token eyJ9'],
        ...['x-reducto-webhook-dev-probe: 123', 'Content-Length: 2'],
      ],
      '{}',
    ],
    [
      'every byte',
      ['POST /a HTTP/1.1', 'Host: x', 'Content-Length: 256'],
      Buffer.from([...Array(256).keys()]),
    ],
    ['10 MB', ['POST /a HTTP/1.1', 'Host: x', `Content-Length: ${big.length}`], big],
    ['an odd target', ['POST /a/../b//c%2F%zz?d=%&e;f HTTP/1.1', 'Host: x', 'Content-Length: 0'], ''],
  ];
  test.each(cases)('%s', async (_, head, body) => {
    const direct = await startReceiver({ maxBody: 11 * 1024 * 1024 });
    const relay = await startTestRelay();
    const listener = await startListening(relay);
    await exchange(direct.port, head, body);
    const there = head.map((line, i) => (i === 0 ? line.replace(' /', ' /in/box/') : line));
    expect((await exchange(relay.port, there, body)).status).toBe(200);
    const stored = await listener.newest(({ acknowledgement }) => acknowledgement);
    const { method, target, httpVersion, headers, body: bytes, intake } = direct.deliveries()[0]!;
    expect(stored).toMatchObject({ method, target, httpVersion, headers, intake });
    expect(Buffer.compare(stored.body, bytes)).toBe(0);
    expect(listener.deliveries()).toHaveLength(1);
    expect(stored.acknowledgement).toMatchObject({ status: 200 });
  });
});

test('a sender that expects to be told to go on is told so', async () => {
  const relay = await startTestRelay();
  const listener = await startListening(relay);
  const client = await RawClient.open(relay.port);
  client.write('POST /in/box/ HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n');
  expect((await client.response()).status).toBe(100);
  client.write('{}');
  expect((await client.response()).status).toBe(200);
  expect(Buffer.from((await listener.newest()).body).toString()).toBe('{}');
});

test.each(['h2c', 'TLS/1.0, h2c'])(
  'a sender that would rather speak %s is served in HTTP/1.1',
  async (other) => {
    const relay = await startTestRelay();
    const listener = await startListening(relay);
    const client = await RawClient.open(relay.port);
    const head = [
      'POST /in/box/a HTTP/1.1',
      'Host: x',
      'Connection: Upgrade, HTTP2-Settings',
      `Upgrade: ${other}`,
    ];
    client.write(
      [...head, 'HTTP2-Settings: AAMAAABk', 'X-L: caf\xe9', 'Content-Length: 4', '', ''].join(CRLF),
      'ab',
    );
    await waitFor(() => client.socket.bytesWritten > 0);
    client.write('cd');
    expect((await client.response()).status).toBe(200);
    const stored = await listener.newest();
    expect(Buffer.from(stored.body).toString()).toBe('abcd');
    expect(stored).toMatchObject({
      target: '/a',
      headers: [
        ['Host', 'x'],
        ['Connection', 'Upgrade, HTTP2-Settings'],
        ['HTTP2-Settings', 'AAMAAABk'],
        ['X-L', 'caf\xe9'],
        ['Content-Length', '4'],
      ],
    });
    // And goes on by the same connection.
    client.write([...head, 'Content-Length: 0', '', ''].join(CRLF));
    expect((await client.response()).status).toBe(200);
    await listener.newest(({ seq }) => seq === 2);
  },
);

describe("the app's own answer comes back", () => {
  test.each<[string, object, string]>([
    ['200', { body: 'hello', headers: [['X-A', '1']] }, 'POST'],
    ['204', { status: 204 }, 'POST'],
    ['304', { status: 304, headers: [['ETag', '"a"']] }, 'GET'],
    ['404', { status: 404, body: 'no' }, 'POST'],
    ['500', { status: 500, body: 'broken' }, 'POST'],
    ['599', { status: 599, body: '' }, 'POST'],
    ['to HEAD', { headers: [['Content-Length', '1234']] }, 'HEAD'],
    [
      'cookies',
      {
        headers: [
          ['Set-Cookie', 'a=1'],
          ['Set-Cookie', 'b=2'],
        ],
        body: 'x',
      },
      'POST',
    ],
    ['gzip', { headers: [['Content-Encoding', 'gzip']], body: gzipSync('hello') }, 'POST'],
    ['chunks', { chunks: ['a', 'b'] }, 'POST'],
    ['latin1', { headers: [['X-L', 'caf\xe9']], body: Buffer.from([0, 255]) }, 'POST'],
    ['long headers', { headers: [['X-L', 'a'.repeat(40_000)]], body: 'x' }, 'POST'],
    ['5 MB', { body: big.subarray(0, 5e6) }, 'POST'],
  ])('%s', async (_, answer, method) => {
    const app = await startApp({ headers: [['Date', 'now']], ...answer });
    const direct = await startReceiver({ endpoints: [app.url] });
    const relay = await startTestRelay();
    await startListening(relay, { endpoints: [app.url] });
    const ask = (port: number, target: string) =>
      exchange(port, [`${method} ${target} HTTP/1.1`, 'Host: x', 'Content-Length: 0']);
    const there = await ask(direct.port, '/');
    const here = await ask(relay.port, '/in/box/');
    expect(here.status).toBe(there.status);
    const seen = (headers: [string, string][]) => headers.filter(([name]) => name.toLowerCase() !== 'date');
    expect(seen(here.headers)).toEqual(seen(there.headers));
    expect(Buffer.compare(here.body, there.body)).toBe(0);
    expect(app.requests).toHaveLength(2);
  });
});

describe("the tool's own answer comes back", () => {
  test.each<[string, TestReceiverOptions]>([
    ['--ack now', { ack: 'now' }],
    ['--ack 204', { ack: 204 }],
    ['of an app that is not there', { endpoints: ['http://127.0.0.1:9'] }],
    ['of a fault', { faults: 'status=503' }],
    ['to what is not verified', { rejectUnverified: true, secret: 's' }],
    ['to what is too large', { maxBody: 1 }],
  ])('%s', async (_, options) => {
    const direct = await startReceiver(options);
    const relay = await startTestRelay();
    await startListening(relay, options);
    for (const method of ['POST', 'HEAD', 'GET']) {
      const ask = (port: number, target: string) =>
        exchange(port, [`${method} ${target} HTTP/1.1`, 'Host: x', 'Content-Length: 2'], '{}');
      const there = await ask(direct.port, '/a');
      const here = await ask(relay.port, '/in/box/a');
      // Date, too, where Node puts it.
      const seen = (headers: [string, string][]) =>
        headers.map((pair) => (pair[0] === 'Date' ? ['Date'] : pair));
      expect([here.status, ...seen(here.headers)]).toEqual([there.status, ...seen(there.headers)]);
      expect(Buffer.compare(here.body, there.body)).toBe(0);
    }
  });
});

describe('who gets no answer on purpose', () => {
  test('waits until the patience of the relay ends (hang)', async () => {
    const app = await startApp();
    const relay = await startTestRelay({ answerWithinMs: 300 });
    const listener = await startListening(relay, { endpoints: [app.url], faults: 'hang' });
    const began = performance.now();
    expect((await post(relay.port, '1', toBox)).status).toBe(202);
    expect(performance.now() - began).toBeGreaterThanOrEqual(299);
    const stored = await listener.newest(({ acknowledgement }) => acknowledgement);
    expect(stored).toMatchObject({ acknowledgement: { status: null, by: 'nobody' } });
  });

  test.each(['reset', 'lost-ack=reset'])('is told at once that it is kept (%s)', async (faults) => {
    const app = await startApp();
    const relay = await startTestRelay({ answerWithinMs: 60_000 });
    const listener = await startListening(relay, { endpoints: [app.url], faults });
    expect((await post(relay.port, '1', toBox)).status).toBe(202);
    const stored = await listener.newest(({ acknowledgement }) => acknowledgement);
    expect(stored).toMatchObject({ acknowledgement: { status: null, by: 'nobody' } });
    expect(app.requests).toHaveLength(faults === 'reset' ? 0 : 1);
  });
});

describe('what is over a limit is refused for that reason, and the next one within it is taken', () => {
  test('413: a body, announced or not', async () => {
    const relay = await startTestRelay({ maxBytes: 1000 });
    (await rawListener(relay)).obliging();
    for (const length of ['Content-Length: 1001', 'Transfer-Encoding: chunked']) {
      const body = length.startsWith('T')
        ? `3e9${CRLF}${'x'.repeat(1001)}${CRLF}0${CRLF}${CRLF}`
        : 'x'.repeat(1001);
      const refused = await exchange(relay.port, ['POST /in/box HTTP/1.1', 'Host: x', length], body);
      expect([refused.status, String(refused.body)]).toEqual([
        413,
        expect.stringContaining('over this relay'),
      ]);
    }
    expect((await post(relay.port, 'x'.repeat(1000), toBox)).status).toBe(200);
  });

  test.each([
    ['inbox', 'to this inbox'],
    ['address', 'from this address'],
  ])('429: requests, by %s', async (by, said) => {
    const plenty = { count: 1000, perMs: 1000 };
    const rates = { inbox: plenty, address: plenty, [by]: { count: 2, perMs: 3_600_000 } };
    const relay = await startTestRelay({ rates, trustProxy: true });
    for (const inbox of ['box', 'other']) (await rawListener(relay, { inbox })).obliging();
    for (let i = 0; i < 2; i += 1) expect((await post(relay.port, '1', toBox)).status).toBe(200);
    const refused = await post(relay.port, '1', toBox);
    expect([refused.status, String(refused.body)]).toEqual([429, expect.stringContaining(said)]);
    // Half an hour until the next one may come.
    expect(Number(refused.header('retry-after'))).toBeGreaterThan(1000);
    expect(Number(refused.header('retry-after'))).toBeLessThanOrEqual(1800);
    const another = { target: '/in/other', headers: ['X-Forwarded-For: 203.0.113.9'] };
    expect((await post(relay.port, '1', another)).status).toBe(200);
  });

  test.each([{ deliveries: 2 }, { bytes: 3000 }])('507: what is kept, %o', async (quota) => {
    const relay = await startTestRelay({ quota });
    const listener = await rawListener(relay);
    listener.socket.terminate();
    await waitFor(() => !relay.backend.attended('box'));
    const body = 'x'.repeat(1000);
    const sent = () => post(relay.port, body, toBox);
    for (let i = 0; i < 2; i += 1) expect((await sent()).status).toBe(202);
    const refused = await sent();
    expect([refused.status, refused.header('retry-after')]).toEqual([507, '60']);
    expect(String(refused.body)).toContain('holds as much as it may');
    const back = await rawListener(relay, { listener: listener.listener });
    for (const { request } of await back.delivered(2)) back.send({ type: 'have', id: request.id });
    back.obliging();
    await waitFor(async () => (await sent()).status === 200);
  });
});

describe('while nobody answers', () => {
  test('the delivery is kept, and comes in once, in order and as of its time, when somebody listens', async () => {
    let now = Date.UTC(2026, 1, 1);
    const relay = await startTestRelay({ clock: { now: () => now } });
    (await rawListener(relay)).socket.terminate();
    await waitFor(() => !relay.backend.attended('box'));
    for (let i = 0; i < 20; i += 1) {
      now += 1000;
      const answer = await post(relay.port, String(i), toBox);
      expect(answer.status).toBe(202);
      expect(answer.header('x-reducto-webhook-dev-kept')).toMatch(/^rly_/);
    }
    now += 3_600_000;
    const app = await startApp();
    const listener = await startListening(relay, { endpoints: [app.url] });
    expect(listener.connection.note).toContain('20 deliveries came');
    await app.received(20);
    expect(app.requests.map(({ body }) => Number(body))).toEqual(Array.from({ length: 20 }, (_, i) => i));
    expect(listener.deliveries().map(({ receivedAt }) => receivedAt)).toEqual(
      Array.from({ length: 20 }, (_, i) => Date.UTC(2026, 1, 1) + (i + 1) * 1000),
    );
    expect(listener.deliveries()[0]!.acknowledgement).toMatchObject({ status: 202, by: 'tool' });
  });

  test('what was signed when it came is good hours later, and signed anew for an app that verifies it', async () => {
    const at = Date.now() - 6 * 3_600_000;
    const relay = await startTestRelay({ clock: { now: () => at } });
    (await rawListener(relay)).socket.terminate();
    await waitFor(() => !relay.backend.attended('box'));
    const svixSecret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
    const key = signingKey(svixSecret);
    const send = (id: string, by: Buffer) => {
      const signed = signedHeaders(by, { id, timestamp: Math.floor(at / 1000) }, Buffer.from('{}'));
      return post(relay.port, '{}', { ...toBox, headers: signed.map((pair) => pair.join(': ')) });
    };
    await send('msg_1', key);
    await send('msg_2', Buffer.alloc(24, 1));
    const app = await startApp();
    const listener = await startListening(relay, { endpoints: [app.url], svixSecret });
    const [good, forged] = await app.received(2);
    const verdict = ({ headers, body }: { headers: [string, string][]; body: Uint8Array }): string =>
      verifySignature(key, signatureHeaders(headers), body, Date.now()).verdict;
    expect([verdict(good!), verdict(forged!)]).toEqual(['ok', 'bad signature']);
    const stored = listener.deliveries();
    expect(stored.map(({ verification }) => verification.svix?.verdict)).toEqual(['ok', 'bad signature']);
    expect(stored[0]!.headers).toContainEqual(['svix-timestamp', String(Math.floor(at / 1000))]);
    expect(listener.store.attempts(1)[0]!.notes).toContain('signed anew, same svix-id');
  });

  test.each([
    ['forward', 1, []],
    ['hold', 0, [1]],
    ['show', 0, []],
  ] as const)('--catch-up %s', async (catchUp, sent, held) => {
    const relay = await startTestRelay();
    (await rawListener(relay)).socket.terminate();
    await waitFor(() => !relay.backend.attended('box'));
    await post(relay.port, '1', toBox);
    const app = await startApp();
    const listener = await startListening(relay, { endpoints: [app.url], settings: { catchUp } });
    await listener.newest();
    // What comes live does not wait for what was kept.
    expect((await post(relay.port, 'live', toBox)).status).toBe(200);
    await app.received(sent + 1);
    expect(app.requests.map(({ body }) => String(body))).toHaveLength(sent + 1);
    expect(listener.dispatcher.gate.held).toEqual(held);
  });

  test('who does not lead gets what comes live at once, whatever --catch-up says of what came before', async () => {
    const relay = await startTestRelay();
    (await rawListener(relay)).socket.terminate();
    await waitFor(() => !relay.backend.attended('box'));
    await post(relay.port, 'before', toBox);
    const apps = [await startApp({ body: 'leads' }), await startApp({ status: 500 })];
    const leader = await startListening(relay, { endpoints: [apps[0]!.url] });
    await leader.newest();
    const other = await startListening(relay, { endpoints: [apps[1]!.url], settings: { catchUp: 'hold' } });
    for (const body of ['1', '2']) expect(String((await post(relay.port, body, toBox)).body)).toBe('leads');
    await apps[1]!.received(2);
    expect(apps[1]!.requests.map(({ body }) => String(body)).toSorted()).toEqual(['1', '2']);
    expect(apps[0]!.requests.map(({ body }) => String(body))).toEqual(['before', '1', '2']);
    const held = other.dispatcher.gate.held.map((seq) =>
      String(Buffer.from(other.store.delivery(seq)!.body)),
    );
    expect(held.filter((body) => body !== 'before')).toEqual([]);
  });

  test('--when-away 503 refuses', async () => {
    const relay = await startTestRelay({ whenAway: '503' });
    const listener = await rawListener(relay);
    listener.obliging();
    expect((await post(relay.port, '1', toBox)).status).toBe(200);
    listener.socket.terminate();
    await waitFor(() => !relay.backend.attended('box'));
    const refused = await post(relay.port, '1', toBox);
    expect(refused.status).toBe(503);
    expect(refused.header('retry-after')).toBe('30');
  });

  test('an answer that comes too late is no second delivery', async () => {
    const relay = await startTestRelay({ answerWithinMs: 1 });
    let answer = (): void => undefined;
    const app = await startApp(
      () =>
        new Promise((resolve) => {
          answer = () => resolve({});
        }),
    );
    const listener = await startListening(relay, { endpoints: [app.url] });
    expect((await post(relay.port, '1', toBox)).status).toBe(202);
    await app.received(1);
    answer();
    await listener.attempts(1);
    // The next one would come after it.
    const second = post(relay.port, '2', toBox);
    await app.received(2);
    answer();
    await second;
    await listener.again();
    expect(app.requests).toHaveLength(2);
    expect(listener.deliveries()).toHaveLength(2);
  });
});
