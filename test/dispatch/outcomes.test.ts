import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { describe, expect, test } from 'vitest';
import type { AttemptErrorCode } from '../../src/core/delivery.ts';
import { post, RawClient } from '../receiver/raw-client.ts';
import { startReceiver, type TestReceiverOptions } from '../receiver/start.ts';
import { type Answer, startApp } from '../support/app.ts';
import { onCleanup } from '../support/cleanup.ts';
import { freePort } from '../support/flask.ts';

/** Sends one delivery to `endpoint`; gives what the sender got and what was recorded. */
async function attemptAt(endpoint: string, options: TestReceiverOptions = {}) {
  const { port, attempts, newest } = await startReceiver({ endpoints: [endpoint], ...options });
  const response = await post(port, '{}', { target: '/hook' });
  const [attempt] = await attempts(1);
  const { acknowledgement } = await newest((delivery) => delivery.acknowledgement);
  expect(acknowledgement).toMatchObject({ status: response.status, by: 'tool' });
  const outcome = attempt!.outcome;
  if (outcome.kind !== 'error') throw new Error(`an answer, not an error: ${JSON.stringify(outcome)}`);
  expect(JSON.parse(response.body.toString())).toEqual({ error: outcome.message });
  return { status: response.status, outcome, durationMs: attempt!.durationMs! };
}

describe('an app that does not answer is a precise outcome, and 502 or 504 to the sender', () => {
  test('refused', async () => {
    const endpoint = `http://127.0.0.1:${await freePort()}`;
    const { status, outcome } = await attemptAt(endpoint);
    expect(status).toBe(502);
    expect(outcome).toMatchObject({ code: 'refused', message: expect.stringContaining(endpoint) });
  });

  test('refused by name, where localhost has several addresses', async () => {
    const { status, outcome } = await attemptAt(String(await freePort()));
    expect([status, outcome.code]).toEqual([502, 'refused']);
  });

  test('timed out, after so many ms', async () => {
    const app = await startApp('hang');
    const { status, outcome } = await attemptAt(app.url, { timeoutMs: 150 });
    expect(status).toBe(504);
    expect(outcome).toMatchObject({ code: 'timeout', message: expect.stringContaining('150 ms') });
  });

  test('a name that does not exist', async () => {
    const { status, outcome } = await attemptAt('http://reducto-webhook-dev-test.invalid:3000');
    expect([status, outcome.code]).toEqual([502, 'dns']);
  });

  test('https to an app that speaks http', async () => {
    const app = await startApp();
    const { status, outcome } = await attemptAt(app.url.replace('http:', 'https:'));
    expect([status, outcome.code]).toEqual([502, 'tls']);
    expect(app.requests).toEqual([]);
  });

  test('https on this machine, with a certificate of its own making, is an answer like any other', async () => {
    const pem = readFileSync(new URL('../fixtures/self-signed.pem', import.meta.url));
    const server = createHttpsServer({ key: pem, cert: pem }, (_request, response) =>
      response.end('over TLS'),
    );
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    onCleanup(() => server.close());
    const { port: appPort } = server.address() as AddressInfo;
    const { port } = await startReceiver({ endpoints: [`https://localhost:${appPort}`] });
    const { status, body } = await post(port, '{}');
    expect([status, body.toString()]).toEqual([200, 'over TLS']);
  });

  test.each<[string, Answer, AttemptErrorCode]>([
    ['a reset before the answer', 'reset', 'reset'],
    ['a reset in the middle of the answer', 'reset-midway', 'reset'],
    ['a connection closed without a word', { raw: '' }, 'reset'],
    [
      'an answer that ends before its length',
      { raw: 'HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nshort' },
      'reset',
    ],
    ['what is not HTTP', { raw: 'SSH-2.0-OpenSSH_9.2\r\n' }, 'invalid-response'],
    ['a broken header', { raw: 'HTTP/1.1 200 OK\r\nbroken\r\n\r\n' }, 'invalid-response'],
    [
      'two lengths',
      { raw: 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\nhi!' },
      'invalid-response',
    ],
    [
      'a broken chunk',
      { raw: 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nZZ\r\n' },
      'invalid-response',
    ],
    [
      'a header without end',
      { raw: `HTTP/1.1 200 OK\r\nx: ${'x'.repeat(100_000)}\r\n\r\n` },
      'invalid-response',
    ],
  ])('%s', async (_, answer, code) => {
    const app = await startApp(answer);
    const { status, outcome } = await attemptAt(app.url);
    expect([status, outcome.code]).toEqual([502, code]);
    expect(outcome.message).toContain(app.url);
    expect(outcome.message).not.toMatch(/undefined|\n|\(\)/);
  });

  test('the tool being stopped meanwhile', async () => {
    const app = await startApp('hang');
    const { port, dispatcher, attempts } = await startReceiver({ endpoints: [app.url] });
    const client = await RawClient.open(port);
    client.write('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n');
    await app.received(1);
    await dispatcher.close();
    expect((await client.response()).status).toBe(502);
    expect((await attempts(1))[0]!.outcome).toMatchObject({ kind: 'error', code: 'cancelled' });
  });
});

test('an app that comes back is used at once', async () => {
  const app = await startApp();
  const { port } = await startReceiver({ endpoints: [app.url] });
  expect((await post(port)).status).toBe(200);
  await app.close();
  expect((await post(port)).status).toBe(502);
  const again = await startApp({ status: 201 }, app.port);
  expect((await post(port)).status).toBe(201);
  expect(again.requests).toHaveLength(1);
});
