import { describe, expect, test } from 'vitest';
import { probeHeader } from '../../src/core/probe.ts';
import { createProbe } from '../../src/tunnel/probe.ts';
import { freePort } from '../support/localtunnel-server.ts';
import { answering, listen, never } from './support.ts';

test('verifies its own receiver, also under a name below localhost', async () => {
  const probe = createProbe();
  const { port } = await listen(answering(probe));
  expect(await probe.check(`http://some.name.localhost:${port}`, never)).toMatchObject({ ok: true });
});

test('answers a nonce only while its probe is under way', async () => {
  const probe = createProbe();
  let seen = '';
  const { url } = await listen((request, response) => {
    seen = String(request.headers[probeHeader]);
    response.end(probe.answer(seen));
  });
  expect(await probe.check(url, never)).toMatchObject({ ok: true });
  expect(seen).toMatch(/^[0-9a-f]{32}$/);
  expect(probe.answer(seen)).toBeNull();
  expect(probe.answer('0'.repeat(32))).toBeNull();
});

test('an impostor is found out: another process, an echo, an endless answer', async () => {
  const [probe, other] = [createProbe(), createProbe()];
  const someoneElse = { ok: false, reason: expect.stringContaining('another client has taken this name') };
  const echo = await listen((request, response) => response.end(request.headers[probeHeader]));
  expect(await probe.check(echo.url, never)).toEqual(someoneElse);
  const same = await listen((_, response) => response.end(other.answer('x') ?? 'f'.repeat(64)));
  expect(await probe.check(same.url, never)).toEqual(someoneElse);
  const endless = await listen((_, response) => {
    const timer = setInterval(() => response.write('x'.repeat(50)), 5);
    response.on('close', () => clearInterval(timer));
  });
  expect(await probe.check(endless.url, never)).toEqual(someoneElse);
});

describe('says why a URL does not work', () => {
  const reasonFor = async (url: string): Promise<unknown> =>
    createProbe({ timeoutMs: 1_000 }).check(url, never);
  const failure = (reason: string | RegExp): unknown => ({
    ok: false,
    reason: expect.stringMatching(reason),
  });

  test.each([
    [404, 'no longer knows this name'],
    [503, 'no connection to this machine'],
    [511, 'log-in page'],
    [418, /^answered with status 418$/],
  ])('status %d', async (status, reason) => {
    const { url } = await listen((_, response) => response.writeHead(status).end());
    expect(await reasonFor(url)).toEqual(failure(reason));
  });

  test('refused', async () => {
    const port = await freePort();
    expect(await reasonFor(`http://127.0.0.1:${port}`)).toEqual(
      failure(`127.0.0.1:${port} refused the connection`),
    );
  });

  test('no such name', async () => {
    expect(await reasonFor('http://reducto.invalid')).toEqual(failure('DNS'));
  });

  test('no answer in time', async () => {
    const { url } = await listen(() => {});
    expect(await reasonFor(url)).toEqual(failure('timed out after 1.0 s'));
  });

  test('reset', async () => {
    const { url } = await listen((request) => request.socket.destroy());
    expect(await reasonFor(url)).toEqual(failure('closed the connection without an answer'));
  });
});

test('an aborted check throws the reason, and its nonce is done', async () => {
  const probe = createProbe();
  const aborting = new AbortController();
  const reason = new Error('given up');
  let seen = '';
  const { url } = await listen((request) => {
    seen = String(request.headers[probeHeader]);
    aborting.abort(reason);
  });
  await expect(probe.check(url, aborting.signal)).rejects.toBe(reason);
  expect(probe.answer(seen)).toBeNull();
});
