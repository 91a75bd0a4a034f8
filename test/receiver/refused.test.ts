import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { Refusals } from '../../src/receiver/refusals.ts';
import type { NewDelivery } from '../../src/store/store.ts';
import { startApp } from '../support/app.ts';
import { newDelivery } from '../support/deliveries.ts';
import { RawClient } from './raw-client.ts';
import { startReceiver } from './start.ts';

const lines = (...parts: string[]): string => `${parts.join('\r\n')}\r\n\r\n`;

describe('what is refused is answered with its reason, and stands in the history', () => {
  test.each<[what: string, bytes: string | Uint8Array, status: number, reason: RegExp, known: object]>([
    [
      'headers over 64 KB',
      lines('POST /big HTTP/1.1', 'Host: localhost', `X: ${'x'.repeat(70_000)}`),
      431,
      /headers are over 64 KB/,
      {},
    ],
    [
      'raw UTF-8 in the target',
      Buffer.from(lines('POST /ü HTTP/1.1', 'Host: localhost')),
      400,
      /percent-encoded/,
      { method: 'POST' },
    ],
    [
      'two kinds of length',
      lines('POST /x HTTP/1.1', 'Host: localhost', 'Content-Length: 2', 'Transfer-Encoding: chunked'),
      400,
      /Transfer-Encoding/,
      { method: 'POST', target: '/x' },
    ],
    ['no Host', lines('POST /x HTTP/1.1'), 400, /no Host header/, { method: 'POST', target: '/x' }],
    [
      'TLS',
      Buffer.from([0x16, 3, 1, 0, 200, 1, 0, 0, 196, 3, 3]),
      400,
      /TLS: this port speaks plain HTTP/,
      { method: '' },
    ],
    [
      'an expectation',
      lines('POST /x HTTP/1.1', 'Host: localhost', 'Expect: foo', 'Content-Length: 0'),
      417,
      /expects "foo"/,
      { method: 'POST', target: '/x' },
    ],
    [
      'a malformed URL',
      lines('POST http://[ HTTP/1.1', 'Host: localhost'),
      400,
      /no path and no http/,
      { target: 'http://[' },
    ],
    [
      'CONNECT',
      lines('CONNECT x.example:443 HTTP/1.1', 'Host: x.example:443'),
      405,
      /CONNECT is for proxies/,
      { method: 'CONNECT' },
    ],
    [
      'a method of no kind',
      lines('FROB /x HTTP/1.1', 'Host: localhost'),
      400,
      /method is none of HTTP/,
      { method: 'FROB' },
    ],
    ['no HTTP', 'hello\r\n\r\n', 400, /HTTP/, {}],
    [
      'a rebound name',
      lines('POST /x HTTP/1.1', 'Host: evil.example'),
      403,
      /the name "evil\.example".*--allow-host/,
      { target: '/x' },
    ],
    [
      'a form on a foreign page',
      lines('POST /x HTTP/1.1', 'Host: localhost', 'Origin: https://evil.example', 'Content-Length: 0'),
      403,
      /a web page of evil\.example/,
      { target: '/x' },
    ],
  ])('%s', async (_, bytes, status, reason, known) => {
    const app = await startApp();
    const { port, newest, deliveries } = await startReceiver({ endpoints: [app.url], allowHost: [] });
    const client = (await RawClient.open(port)).write(bytes);
    const answer = await client.response();
    expect(answer.status).toBe(status);
    expect(JSON.parse(answer.body.toString()).error).toMatch(reason);
    const delivery = await newest(({ intake }) => intake === 'refused');
    expect(delivery).toMatchObject({
      ...known,
      acknowledgement: { status, by: 'tool', note: expect.stringMatching(reason) },
    });
    expect(deliveries()).toHaveLength(1);
    expect(app.requests).toHaveLength(0);
  });

  test('garbage behind a request does not cost it its answer', async () => {
    const app = await startApp({ status: 201 });
    const { port, newest } = await startReceiver({ endpoints: [app.url] });
    const whole = lines('POST /x HTTP/1.1', 'Host: localhost', 'Content-Length: 0');
    const client = (await RawClient.open(port)).write(`${whole}garbage`);
    expect((await client.response()).status).toBe(201);
    await client.untilClosed();
    expect(await newest(({ intake }) => intake === 'refused')).toMatchObject({ target: '' });
  });

  test('a connection that only ends leaves nothing', async () => {
    const { port, deliveries } = await startReceiver();
    const client = (await RawClient.open(port)).write('POST / HT');
    client.socket.destroy();
    const other = (await RawClient.open(port)).write(
      lines('POST /x HTTP/1.1', 'Host: localhost', 'Content-Length: 0'),
    );
    expect((await other.response()).status).toBe(200);
    expect(deliveries().map(({ target }) => target)).toEqual(['/x']);
  });

  test('of a flood some are kept, and the next one tells of the others', async () => {
    const kept: NewDelivery[] = [];
    let now = 1_000_000;
    const store = { addDelivery: async (delivery: NewDelivery) => kept.push(delivery) as never };
    const refusals = new Refusals(store, { now: () => now });
    const answer = { status: 400, headers: [], body: '', by: 'tool', note: 'it is not HTTP' } as const;
    for (let i = 0; i < 1000; i++) await refusals.record(newDelivery(), answer);
    expect(kept).toHaveLength(50);
    now += 60_000;
    for (let i = 0; i < 10; i++) await refusals.record(newDelivery(), answer);
    expect(kept).toHaveLength(51);
    expect(kept.at(-1)!.acknowledgement!.note).toBe('it is not HTTP (950 others were refused before it)');
  });
});

test('headers up to 64 KB are taken and passed on', async () => {
  const app = await startApp();
  const { port } = await startReceiver({ endpoints: [app.url] });
  const token = createHash('sha512').update('x').digest('hex').repeat(470);
  const client = (await RawClient.open(port)).write(
    lines('POST /x HTTP/1.1', 'Host: localhost', `Authorization: Bearer ${token}`, 'Content-Length: 0'),
  );
  expect((await client.response()).status).toBe(200);
  expect(app.requests[0]!.header('authorization')).toBe(`Bearer ${token}`);
  app.answer = { status: 200, headers: [['set-cookie', token]] };
  client.write(lines('POST /x HTTP/1.1', 'Host: localhost', 'Content-Length: 0'));
  expect((await client.response()).header('set-cookie')).toBe(token);
});
