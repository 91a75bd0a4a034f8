import { randomBytes } from 'node:crypto';
import { METHODS } from 'node:http';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { exchange, post, RawClient } from './raw-client.ts';
import { startReceiver } from './start.ts';

describe('what is captured', () => {
  test('is the request as it stood on the wire: method, target, version, header pairs, address, bytes', async () => {
    const { port, newest } = await startReceiver();
    const body = Buffer.from([0, 255, 13, 10, 128, 0, 7]);
    const before = Date.now();
    await exchange(
      port,
      [
        'PUT /a%20b/../c?x=1&x=%zz#frag HTTP/1.1',
        'hOsT: Example.test',
        'X-Twice: one',
        'x-other:   padded   ',
        'X-TWICE: two',
        'x-latin: caf\xe9',
        'X-Empty:',
        `Content-Length: ${body.length}`,
      ],
      body,
    );
    const delivery = await newest();
    expect(delivery).toMatchObject({
      seq: 1,
      source: 'local',
      method: 'PUT',
      target: '/a%20b/../c?x=1&x=%zz#frag',
      httpVersion: '1.1',
      remoteAddress: '127.0.0.1',
      intake: 'complete',
      headers: [
        ['hOsT', 'Example.test'],
        ['X-Twice', 'one'],
        ['x-other', 'padded'],
        ['X-TWICE', 'two'],
        ['x-latin', 'caf\xe9'],
        ['X-Empty', ''],
        ['Content-Length', '7'],
      ],
    });
    expect(Buffer.from(delivery.body)).toEqual(body);
    expect(delivery.receivedAt).toBeGreaterThanOrEqual(before);
    expect(delivery.receivedAt).toBeLessThanOrEqual(Date.now());
  });

  test('may have any method that HTTP clients use', async () => {
    const { port, deliveries } = await startReceiver();
    // CONNECT asks a proxy for a raw connection: there is no request in it that could be a delivery.
    const methods = METHODS.filter((method) => method !== 'CONNECT');
    for (const method of methods) {
      const { status } = await exchange(port, [`${method} /m HTTP/1.1`, 'Host: x']);
      expect(status, method).toBe(200);
    }
    expect(deliveries().map(({ method }) => method)).toEqual(methods);
  });

  test.each([
    '/',
    '//double',
    '/a/../../b',
    '/?',
    '/%',
    '/x?__proto__[a]=1&a[b]=2',
    '/%00',
    '/%2e%2e/x',
    '*',
    'http://other.test/abs?q=1',
    '/~"<>\\^`{|}',
    '/with/a/fragment#x',
  ])('keeps the target %j as it is', async (target) => {
    const { port, newest } = await startReceiver();
    const { status } = await exchange(port, [`OPTIONS ${target} HTTP/1.1`, 'Host: x']);
    expect(status).toBe(200);
    expect((await newest()).target).toBe(target);
  });

  test.each([
    'application/json',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'text/plain; charset=utf-16',
    'nonsense',
  ])('may have the content type %s: the body is never read as what it claims to be', async (type) => {
    const { port, newest } = await startReceiver();
    const body = Buffer.concat([Buffer.from('{"broken": %%\r\n--x'), randomBytes(200)]);
    await post(port, body, { headers: [`Content-Type: ${type}`] });
    expect(Buffer.from((await newest()).body)).toEqual(body);
  });

  test('is byte-exact for any body, sent at once or in chunks', async () => {
    const { port, newest } = await startReceiver();
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.uint8Array({ minLength: 1, maxLength: 300 }), { maxLength: 5 }),
        async (parts) => {
          const client = await RawClient.open(port);
          client.write('POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n');
          for (const part of parts) client.write(`${part.length.toString(16)}\r\n`, part, '\r\n');
          client.write('0\r\n\r\n');
          expect((await client.response()).status).toBe(200);
          client.leave();
          const whole = Buffer.concat(parts);
          expect(Buffer.from((await newest()).body).equals(whole)).toBe(true);
          await post(port, whole);
          expect(Buffer.from((await newest()).body).equals(whole)).toBe(true);
        },
      ),
      { numRuns: 20 },
    );
  });

  test('is never decoded: a compressed body stays compressed', async () => {
    const { port, newest } = await startReceiver();
    const body = randomBytes(64);
    await post(port, body, { headers: ['Content-Encoding: gzip'] });
    expect(Buffer.from((await newest()).body)).toEqual(body);
  });

  test('may come from an HTTP/1.0 client without a Host header', async () => {
    const { port, newest } = await startReceiver();
    const client = await RawClient.open(port);
    client.write('POST /old HTTP/1.0\r\nContent-Length: 2\r\n\r\nhi');
    expect((await client.response()).status).toBe(200);
    await client.untilClosed();
    expect(await newest()).toMatchObject({ target: '/old', httpVersion: '1.0' });
  });

  test('is every request of a kept-alive connection', async () => {
    const { port, deliveries } = await startReceiver();
    const client = await RawClient.open(port);
    for (const word of ['one', 'two', 'three']) {
      client.write(`POST /${word} HTTP/1.1\r\nHost: x\r\nContent-Length: ${word.length}\r\n\r\n${word}`);
      expect((await client.response()).status).toBe(200);
    }
    expect(deliveries().map(({ target }) => target)).toEqual(['/one', '/two', '/three']);
  });

  test('is every one of several pipelined requests, answered in order', async () => {
    const { port, deliveries } = await startReceiver({ ack: 201 });
    const client = await RawClient.open(port);
    const words = ['one', 'two', 'three', 'four'];
    client.write(
      words
        .map((word) => `POST /${word} HTTP/1.1\r\nHost: x\r\nContent-Length: ${word.length}\r\n\r\n${word}`)
        .join(''),
    );
    for (const _ of words) expect((await client.response()).status).toBe(201);
    expect(
      deliveries()
        .map(({ body }) => Buffer.from(body).toString())
        .sort(),
    ).toEqual([...words].sort());
  });

  test('is what a client sends after it was told to continue', async () => {
    const { port, newest } = await startReceiver();
    const client = await RawClient.open(port);
    client.write('POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n');
    expect((await client.response()).status).toBe(100);
    client.write('body');
    expect((await client.response()).status).toBe(200);
    expect(Buffer.from((await newest()).body).toString()).toBe('body');
  });

  test('comes from slow senders too', async () => {
    const { port, newest } = await startReceiver();
    const client = await RawClient.open(port);
    const body = 'a slow body';
    client.write(`POST / HTTP/1.1\r\nHost: x\r\nContent-Length: ${body.length}\r\n\r\n`);
    for (const letter of body) {
      client.write(letter);
      await new Promise(setImmediate);
    }
    expect((await client.response()).status).toBe(200);
    expect(Buffer.from((await newest()).body).toString()).toBe(body);
  });
});

describe('what is not HTTP', () => {
  test.each([
    'GARBAGE\r\n\r\n',
    'GET /caf\xe9 HTTP/1.1\r\nHost: x\r\n\r\n',
    '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03',
    'GET / HTTP/9.9\r\n\r\n',
    'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: abc\r\n\r\n',
    'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\nabc',
    'POST / HTTP/1.1\r\nHost: x\r\nBad Header: 1\r\n\r\n',
    'POST / HTTP/1.1\r\nHost: x\r\nX-Smuggled: a\rb: c\r\n\r\n',
  ])('gets 400 and harms nobody: %j', async (bytes) => {
    const { port, deliveries } = await startReceiver();
    const client = await RawClient.open(port);
    client.write(bytes);
    expect((await client.response()).status).toBe(400);
    await client.untilClosed();
    expect(deliveries().map(({ intake }) => intake)).toEqual(['refused']);
    expect((await post(port)).status).toBe(200);
  });

  test('is kept as aborted when only its chunks are nonsense', async () => {
    const { port, newest } = await startReceiver();
    const client = await RawClient.open(port);
    client.write('POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\nZZZ\r\n');
    await client.untilClosed();
    const delivery = await newest();
    expect(delivery.intake).toBe('aborted');
    expect((await post(port)).status).toBe(200);
  });
});

test.each([
  '{"__proto__":{"polluted":true}}',
  '{"status":"Completed","job_id":"j","metadata":{"__proto__":{"polluted":true},"secret":"x"}}',
  '{"status":"Completed","job_id":"j","constructor":{"prototype":{"polluted":true}}}',
  '{"status":"Completed","job_id":"__proto__","metadata":{"toString":1,"hasOwnProperty":null}}',
  `${'['.repeat(100_000)}`,
  `{"metadata":${'{"a":'.repeat(5000)}1${'}'.repeat(5000)}}`,
])('a body made to do harm does none (%#)', async (body) => {
  const { port, newest } = await startReceiver({ secret: 'x' });
  expect((await post(port, body)).status).toBe(200);
  expect(Buffer.from((await newest()).body).toString()).toBe(body);
  expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
});
