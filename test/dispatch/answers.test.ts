import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { keptResponseBytes } from '../../src/dispatch/http-client.ts';
import { exchange, post } from '../receiver/raw-client.ts';
import { startReceiver } from '../receiver/start.ts';
import { type Answer, startApp } from '../support/app.ts';

const answering = async (answer: Answer) => {
  const app = await startApp(answer);
  return { app, ...(await startReceiver({ endpoints: [app.url] })) };
};

describe("the app's answer as the sender gets it", () => {
  test.each([200, 201, 202, 299, 300, 400, 401, 404, 410, 418, 429, 500, 503, 599])(
    'has status %d',
    async (status) => {
      const { port, attempts } = await answering({ status, body: 'said' });
      const response = await post(port);
      expect([response.status, response.body.toString()]).toEqual([status, 'said']);
      expect((await attempts(1))[0]!.outcome).toMatchObject({ kind: 'response', status, bodySize: 4 });
    },
  );

  test.each([204, 304])('may be a %d, which has no body', async (status) => {
    const { port } = await answering({ status, headers: [['x-app', 'yes']] });
    const response = await post(port);
    expect(response).toMatchObject({ status, body: Buffer.alloc(0) });
    expect(response.header('x-app')).toBe('yes');
    expect(response.header('content-length')).toBeUndefined();
  });

  test('has its headers in order and case, duplicates too, without those of the connection', async () => {
    const { port } = await answering({
      headers: [
        ['Set-Cookie', 'a=1'],
        ['X-One', '1'],
        ['set-cookie', 'b=2'],
        ['Keep-Alive', 'timeout=99'],
        ['Proxy-Authenticate', 'Basic'],
        ['Connection', 'close, x-named'],
        ['X-Named', 'for the next hop only'],
        ['Date', 'Thu, 01 Jan 1970 00:00:00 GMT'],
        ['X-Latin', 'caf\xe9'],
      ],
      body: 'x',
    });
    const { headers } = await post(port);
    expect(headers.filter(([name]) => !/^(connection|keep-alive|content-length)$/i.test(name))).toEqual([
      ['Set-Cookie', 'a=1'],
      ['X-One', '1'],
      ['set-cookie', 'b=2'],
      ['Date', 'Thu, 01 Jan 1970 00:00:00 GMT'],
      ['X-Latin', 'caf\xe9'],
    ]);
    expect(headers).not.toContainEqual(['Keep-Alive', 'timeout=99']);
  });

  test.each([
    ['UTF-8 text beyond Latin', Buffer.from('Größe 日本 🎉')],
    ['bytes that are no UTF-8', Buffer.from([0x78, 0xe9, 0xff, 0x80])],
  ])('keeps header bytes as they are: %s', async (_, bytes) => {
    const { port, newest } = await answering({
      raw: Buffer.concat([
        Buffer.from('HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-Text: '),
        bytes,
        Buffer.from('\r\n\r\nhi'),
      ]),
    });
    const response = await post(port);
    expect(response.status).toBe(200);
    expect(Buffer.from(response.header('x-text')!, 'latin1')).toEqual(bytes);
    expect((await newest(({ acknowledgement }) => acknowledgement)).acknowledgement).toMatchObject({
      by: 'app',
    });
  });

  test('may be chunked', async () => {
    const { port } = await answering({ chunks: ['one ', 'two ', 'three'] });
    const { body } = await post(port);
    expect(body.toString()).toBe('one two three');
  });

  test('may be compressed: its bytes are passed on as they are', async () => {
    const packed = gzipSync('a compressed answer');
    const { port, attempts } = await answering({ headers: [['content-encoding', 'gzip']], body: packed });
    const response = await post(port);
    expect(response.header('content-encoding')).toBe('gzip');
    expect(response.body).toEqual(packed);
    const { outcome } = (await attempts(1))[0]!;
    expect(outcome.kind === 'response' && Buffer.from(outcome.body)).toEqual(packed);
  });

  test('may be a redirect, which is for the sender to follow', async () => {
    const { app, port } = await answering({ status: 307, headers: [['location', '/elsewhere']] });
    const response = await post(port);
    expect([response.status, response.header('location')]).toEqual([307, '/elsewhere']);
    expect(app.requests).toHaveLength(1);
  });

  test('comes after interim answers', async () => {
    const { port } = await answering({
      raw: 'HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\nHTTP/1.1 201 Created\r\ncontent-length: 2\r\n\r\nok',
    });
    expect(await post(port)).toMatchObject({ status: 201, body: Buffer.from('ok') });
  });

  test('may end with its connection, from an HTTP/1.0 app', async () => {
    const { port } = await answering({ raw: 'HTTP/1.0 200 OK\r\nServer: old\r\n\r\nuntil the end' });
    expect((await post(port)).body.toString()).toBe('until the end');
  });

  test('to HEAD has the length that GET would have', async () => {
    const { port } = await answering({ headers: [['content-length', '123']] });
    const response = await exchange(port, ['HEAD / HTTP/1.1', 'Host: x']);
    expect([response.status, response.header('content-length')]).toEqual([200, '123']);
  });

  test('is kept up to the stated limit, and passed on whole', async () => {
    const body = Buffer.alloc(keptResponseBytes + 5000, 'x');
    const { port, attempts } = await answering({ body });
    expect((await post(port)).body.length).toBe(body.length);
    const { outcome } = (await attempts(1))[0]!;
    expect(outcome.kind === 'response' && [outcome.body.length, outcome.bodySize]).toEqual([
      keptResponseBytes,
      body.length,
    ]);
  });
});
