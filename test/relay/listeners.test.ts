import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { describe, expect, test } from 'vitest';
import { messageOf } from '../../src/core/errors.ts';
import { listenPath, subprotocolOf } from '../../src/core/relay.ts';
import { exchange, post } from '../receiver/raw-client.ts';
import { onCleanup } from '../support/cleanup.ts';
import { backTo, busyWith } from '../support/leaks.ts';
import {
  aKey,
  newListener,
  type RawListenerOptions,
  rawListener,
  refusalFor,
  startTestRelay,
} from '../support/relay.ts';
import { startListening } from '../support/relay-listening.ts';
import { waitFor } from '../support/wait.ts';

const upgrade = [
  'Connection: Upgrade',
  'Upgrade: websocket',
  'Sec-WebSocket-Version: 13',
  'Sec-WebSocket-Key: AQIDBAUGBwgJCgsMDQ4PEA==',
  `Sec-WebSocket-Protocol: ${subprotocolOf(1)}`,
];

describe('who is not taken is told why', () => {
  test.each<[string, RawListenerOptions, number, RegExp]>([
    [
      'a newer listener',
      { protocols: [subprotocolOf(2)] },
      426,
      /speaks version 1 .* this listener 2: update/,
    ],
    ['another program', { protocols: ['chat'] }, 426, /this listener none/],
    ['no protocol', { protocols: [] }, 426, /this listener none/],
    ['no inbox', { inbox: '' }, 404, /\/listen\/ and the name of an inbox/],
    ['an upper-case inbox', { inbox: 'Box' }, 404, /nothing here/],
    ['an encoded inbox', { inbox: '%62ox' }, 404, /nothing here/],
    ['a path after the inbox', { inbox: 'box/' }, 404, /nothing here/],
    ['no listener', { listener: '' }, 400, /no name/],
    ['a listener of another kind', { listener: 'x'.repeat(32) }, 400, /no name/],
    ['no key', { key: '' }, 401, /missing/],
    ['a short key', { key: 'a'.repeat(15) }, 401, /fewer than 16/],
    ['a long key', { key: 'a'.repeat(201) }, 401, /fewer than 16/],
  ])('%s', async (_, options, status, reason) => {
    const relay = await startTestRelay();
    expect(await refusalFor(relay, options)).toMatchObject({
      status,
      reason: expect.stringMatching(reason),
    });
    // The relay lives on.
    await rawListener(relay);
  });

  test('with the wrong key, however often: 403, then 429, and the right key still opens', async () => {
    const relay = await startTestRelay();
    await rawListener(relay);
    const wrong = aKey.replace('a', 'b');
    for (let i = 0; i < 20; i += 1)
      expect(await refusalFor(relay, { key: wrong })).toMatchObject({
        status: 403,
        reason: expect.stringContaining('belongs to somebody with another key'),
      });
    expect(await refusalFor(relay, { key: wrong })).toMatchObject({ status: 429 });
    await rawListener(relay);
    expect(JSON.stringify(relay.log)).not.toContain(aKey);
    expect(JSON.stringify(relay.log)).not.toContain(wrong);
  });

  test('targets that are no URL and headers of any shape', async () => {
    const relay = await startTestRelay();
    for (const target of ['//', 'http://[', '/\\', '*', 'x:', '/listen/box?listener=%', '/listen/%'])
      expect(await exchange(relay.port, [`GET ${target} HTTP/1.1`, 'Host: x', ...upgrade])).toMatchObject({
        status: expect.toBeOneOf([400, 404]),
      });
    const spaces = `Sec-WebSocket-Protocol: a${' '.repeat(60_000)}b`;
    const head = [`GET ${listenPath}box HTTP/1.1`, 'Host: x', ...upgrade.slice(0, 4), spaces];
    expect((await exchange(relay.port, head)).status).toBe(426);
  });
});

test('a listener says why it is not taken, in one line: another version of the protocol, and what is no relay', async () => {
  let answer: [number, string] = [200, ''];
  const server = createServer().on('upgrade', (_, socket) => {
    const [status, body] = answer;
    socket.end(`HTTP/1.1 ${status} X${'\r\n'}content-length: ${body.length}${'\r\n\r\n'}${body}`);
  });
  onCleanup(() => server.close());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const said = (): Promise<string> => startListening({ url }).then(() => 'taken', messageOf);
  // As a relay of the next version says it, in the words of this one.
  const versions =
    'this relay speaks version 2 of the relay protocol, and this listener 1: update the older one';
  answer = [426, JSON.stringify({ error: versions })];
  expect(await said()).toBe(`${new URL(url).host}: ${versions}`);
  answer = [426, JSON.stringify({ error: 'a\nb\x1b[31m' })];
  expect(await said()).not.toMatch(/[\n\x1b]/);
  for (answer of [
    [200, '<html>'],
    [404, 'null'],
  ] as [number, string][])
    expect(await said()).toMatch(new RegExp(`it answered with status ${answer[0]}, as no relay would$`));
});

test('of two who ask for a name at once one gets it, whose key opens it from then on', async () => {
  const relay = await startTestRelay();
  const keys = Array.from({ length: 10 }, (_, i) => `${aKey}-${i}`);
  const taken = await Promise.allSettled(keys.map((key) => rawListener(relay, { key })));
  const winners = keys.filter((_, i) => taken[i]!.status === 'fulfilled');
  expect(winners).toHaveLength(1);
  await rawListener(relay, { key: winners[0]! });
});

test('as many inboxes as may be, and no more', async () => {
  const relay = await startTestRelay({ quota: { inboxes: 2 } });
  await Promise.all(['a', 'b'].map((inbox) => rawListener(relay, { inbox })));
  expect(await refusalFor(relay, { inbox: 'c' })).toMatchObject({ status: 507 });
  await rawListener(relay, { inbox: 'a' });
});

describe('places', () => {
  test('are not exceeded by many who come at once', async () => {
    const relay = await startTestRelay({ most: { perInbox: 3, inAll: 5 } });
    const come = (inbox: string): Promise<unknown>[] =>
      Array.from({ length: 10 }, () => rawListener(relay, { inbox }));
    const count = (settled: PromiseSettledResult<unknown>[]): number =>
      settled.filter(({ status }) => status === 'fulfilled').length;
    expect(count(await Promise.allSettled(come('a')))).toBe(3);
    expect(count(await Promise.allSettled(come('b')))).toBe(2);
    expect(await refusalFor(relay, { inbox: 'a' })).toMatchObject({ status: 429 });
    expect(await refusalFor(relay, { inbox: 'c' })).toMatchObject({ status: 503 });
  });

  test('who connects anew takes its own, and the connection before ends', async () => {
    const relay = await startTestRelay({ most: { perInbox: 1, inAll: 1 } });
    const listener = newListener();
    const first = await rawListener(relay, { listener });
    const second = await rawListener(relay, { listener });
    expect(await waitFor(() => first.closed)).toMatchObject({ code: 4001 });
    second.obliging(201);
    expect((await post(relay.port, '{}', { target: '/in/box' })).status).toBe(201);
  });

  test('are free again when a listener falls silent, without a word of its end', async () => {
    const relay = await startTestRelay({ pingEveryMs: 50, most: { perInbox: 1, inAll: 1 } });
    const silent = await rawListener(relay);
    silent.socket.pause(); // it reads nothing any more, and so answers no ping
    await waitFor(async () => {
      await rawListener(relay);
      return true;
    });
  });
});

test('of two that listen in one name the first stays away, and says what to do', async () => {
  const relay = await startTestRelay();
  const listener = newListener();
  const first = await startListening(relay, { listener });
  const second = await startListening(relay, { listener });
  await waitFor(() => first.failures.length > 0);
  await expect(first.again()).rejects.toThrow(/its data directory is a copy\..*--inbox-key\.$/);
  await post(relay.port, '1', { target: '/in/box' });
  await second.newest();
  expect(second.failures).toEqual([]);
});

test('who does not speak the protocol is cut off, and that is logged without what was said', async () => {
  const relay = await startTestRelay();
  const listener = await rawListener(relay);
  listener.socket.send('a secret');
  expect(await waitFor(() => listener.closed)).toMatchObject({ code: 1002 });
  expect(relay.log).toContainEqual(
    expect.objectContaining({ level: 'warn', message: 'a listener was cut off', inbox: 'box' }),
  );
  expect(JSON.stringify(relay.log)).not.toContain('secret');
});

test("messages that are not a listener's, and answers to nothing, change nothing", async () => {
  const relay = await startTestRelay();
  const listener = await rawListener(relay);
  listener.send({ type: 'have', id: 'nothing' });
  listener.send({ type: 'again', id: 'nothing' });
  listener.send({ type: 'answer', id: 'nothing', answer: { status: 200, headers: [] } });
  listener.send({ type: 'drain' });
  listener.send({ type: 'leads', leads: true });
  listener.obliging();
  expect((await post(relay.port, '{}', { target: '/in/box' })).status).toBe(200);
  expect(listener.closed).toBe(null);
});

describe('an end', () => {
  test('tells listeners first, answers what is under way, and leaves nothing open', async () => {
    const before = busyWith();
    const relay = await startTestRelay();
    const listener = await rawListener(relay);
    const asked = post(relay.port, '{}', { target: '/in/box' });
    const [delivery] = await listener.delivered(1);
    const closed = relay.close();
    await listener.first('drain');
    expect(relay.log).toContainEqual(expect.objectContaining({ message: 'stopping' }));
    listener.send({ type: 'answer', id: delivery!.request.id, answer: { status: 207, headers: [] } });
    expect((await asked).status).toBe(207);
    await closed;
    expect(await waitFor(() => listener.closed)).toMatchObject({ code: 1012 });
    await backTo(before);
  });

  test('serves what comes while something is under way, and is not ready any more', async () => {
    const relay = await startTestRelay({ metricsToken: 'a token' });
    const get = (path: string, headers = {}) => fetch(`http://127.0.0.1:${relay.port}${path}`, { headers });
    expect((await get('/readyz')).status).toBe(200);
    const listener = await rawListener(relay);
    const asked = post(relay.port, '1', { target: '/in/box' });
    const [first] = await listener.delivered(1);
    const closed = relay.close();
    const ready = await get('/readyz');
    expect([ready.status, await ready.text()]).toEqual([503, expect.stringContaining('about to stop')]);
    expect((await get('/healthz')).status).toBe(200);
    const metrics = await get('/metrics', { authorization: 'Bearer a token' });
    expect(await metrics.text()).toContain('reducto_relay_listeners 1');
    expect((await get('/metrics', { authorization: 'Bearer another' })).status).toBe(403);
    expect(await refusalFor(relay)).toMatchObject({ status: 503, reason: expect.stringContaining('stop') });
    listener.obliging(201);
    expect((await post(relay.port, '2', { target: '/in/box' })).status).toBe(201);
    listener.send({ type: 'answer', id: first!.request.id, answer: { status: 207, headers: [] } });
    expect((await asked).status).toBe(207);
    await closed;
  });

  test('does not wait for who was refused and keeps its connection, nor for a listener that reads nothing', async () => {
    const relay = await startTestRelay();
    const refused = connect({ port: relay.port, host: '127.0.0.1', allowHalfOpen: true });
    refused.write(['GET /nothing HTTP/1.1', 'Host: x', ...upgrade, '', ''].join('\r\n'));
    await waitFor(() => refused.bytesRead > 0);
    const stuck = await rawListener(relay);
    stuck.socket.pause();
    await relay.close();
    refused.destroy();
  });
});
