import { getEventListeners } from 'node:events';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { mirrorPath, probeHeader, probePath } from '../../src/core/probe.ts';
import type { RelayedAnswer, RelayedAs, RelayedOutcome, RelayedRequest } from '../../src/core/relay.ts';
import type { Receiver } from '../../src/receiver/receiver.ts';
import { StoreWriteError } from '../../src/store/writer.ts';
import { startApp } from '../support/app.ts';
import { relayedRequest } from '../support/relay.ts';
import { waitFor } from '../support/wait.ts';
import { gate, startReceiver, type TestReceiver, type TestReceiverOptions, withMethods } from './start.ts';

const { signal: stays } = new AbortController();

/** Has a receiver take a request that came by a relay. */
const take = (
  { receiver }: { receiver: Receiver },
  request: Partial<RelayedRequest> = {},
  as: RelayedAs = 'live',
  connection = stays,
): Promise<RelayedOutcome> => receiver.takeRelayed(relayedRequest(request), as, connection);

/** An outcome that is an answer. */
function answerOf(outcome: RelayedOutcome): RelayedAnswer {
  if (typeof outcome === 'string') throw new Error(`no answer, but "${outcome}"`);
  return outcome;
}

const statusOf = (outcome: RelayedOutcome): number | string =>
  typeof outcome === 'string' ? outcome : outcome.status;

const ways = ['live', 'copy', 'forward', 'hold', 'show'] as const;
const acknowledged = async (receiver: TestReceiver) =>
  (await receiver.newest(({ acknowledgement }) => acknowledgement)).acknowledgement!;

test('whatever comes stands in the history as it was at the relay, whichever way it came', async () => {
  const receiver = await startReceiver();
  const pair = fc.tuple(
    fc.stringMatching(/^[\w!#$%&'*+.^`|~-]{1,20}$/),
    fc.stringMatching(/^[\t\x20-\x7e\x80-\xff]{0,40}$/),
  );
  const request = fc.record({
    at: fc.nat(),
    method: fc.constantFrom('GET', 'HEAD', 'POST', 'DELETE', 'OPTIONS', 'PROPFIND', 'M-SEARCH', 'NEW'),
    target: fc.stringMatching(/^\/[\x21-\xff]{0,40}$/),
    httpVersion: fc.constantFrom('1.0', '1.1'),
    // Such as say how long the body is, or about one connection only, say it of another connection.
    headers: fc
      .array(
        fc.oneof(
          pair,
          fc.constantFrom<[string, string]>(
            ['Content-Length', '7'],
            ['Transfer-Encoding', 'gzip, chunked'],
            ['Expect', '100-continue'],
            ['Connection', 'close, x-own'],
            ['Trailer', 'x-own'],
          ),
        ),
        { maxLength: 12 },
      )
      .map((headers): [string, string][] => [...headers, ['hOST', 'x']]),
    remoteAddress: fc.ipV6(),
    body: fc.uint8Array({ maxLength: 200 }),
  });
  await fc.assert(
    fc.asyncProperty(request, fc.constantFrom(...ways), async (came, as) => {
      expect(statusOf(await take(receiver, came, as))).toBe(200);
      const { at: receivedAt, body, ...head } = came;
      const stored = await receiver.newest();
      expect(stored).toMatchObject({ ...head, receivedAt, source: 'tunnel', intake: 'complete' });
      expect(Buffer.compare(stored.body, body)).toBe(0);
      expect(receiver.store.hadRelayed(stored.relayId!)).toBe(true);
    }),
    { numRuns: 100 },
  );
});

describe('what came by a relay', () => {
  test('is taken once, live or kept, after the first and at once with it', async () => {
    const app = await startApp({ status: 201 });
    const receiver = await startReceiver({ endpoints: [app.url] });
    const outcomes = await Promise.all(
      [...ways, 'live' as const].map((as) => take(receiver, { id: 'a' }, as)),
    );
    outcomes.push(await take(receiver, { id: 'a' }, 'forward'));
    expect(outcomes.map(statusOf)).toEqual([201, ...Array(6).fill(200)]);
    expect(receiver.deliveries()).toHaveLength(1);
    expect(app.requests).toHaveLength(1);
  });

  test('held, it keeps nobody waiting: not its tunnel, and not the same once more', async () => {
    const app = await startApp();
    const receiver = await startReceiver({ endpoints: [app.url] });
    for (let i = 0; i < 2; i += 1) expect(statusOf(await take(receiver, { id: 'a' }, 'hold'))).toBe(200);
    expect(app.requests).toEqual([]);
    const { seq } = receiver.deliveries()[0]!;
    expect(await receiver.dispatcher.release([seq])).toBe(1);
    await app.received(1);
  });

  test('as copies goes to the app side by side, by the live faults, and keeps its tunnel waiting for the disk only', async () => {
    const answering = gate();
    const app = await startApp(async () => {
      await answering.passed;
      return {};
    });
    const receiver = await startReceiver({ endpoints: [app.url], faults: 'duplicate=1' });
    for (let i = 0; i < 2; i += 1) expect(statusOf(await take(receiver, {}, 'copy'))).toBe(200);
    await app.received(2);
    answering.open();
    await app.received(4);
    expect(receiver.deliveries()).toHaveLength(2);
    expect(receiver.deliveries()[0]!.acknowledgement).toMatchObject({
      ...{ status: 202, by: 'tool', note: expect.stringContaining('another listener answers') },
    });
  });

  test('is known, though the history has no room for it any more or was cleared', async () => {
    const receiver = await startReceiver();
    for (const id of ['a', 'b']) await take(receiver, { id });
    await receiver.store.remove([1]);
    expect(receiver.store.hadRelayed('a')).toBe(true);
    await receiver.store.clear();
    for (const id of ['a', 'b']) expect(statusOf(await take(receiver, { id }, 'forward'))).toBe(200);
    expect(receiver.deliveries()).toEqual([]);
    expect(receiver.store.hadRelayed('c')).toBe(false);
  });

  test('has its answer with the length that Node would say, and a body where one may be', async () => {
    const headers = [
      ['Set-Cookie', 'a'],
      ['Set-Cookie', 'b'],
    ] as const;
    const app = await startApp(({ url, method }) => ({
      ...{ status: Number(url.slice(1)), headers: [['Date', 'now'], ...headers] },
      ...(method === 'HEAD' ? {} : { body: url === '/200' ? 'done' : '' }),
    }));
    const receiver = await startReceiver({ endpoints: [app.url] });
    const ask = async (method: string, target: string) => {
      const answer = answerOf(await take(receiver, { method, target }));
      const seen = answer.headers.filter(([name]) => !/^(date|transfer-encoding)$/i.test(name));
      return [answer.status, seen, String(Buffer.from(answer.body))];
    };
    const length = (bytes: number) => ['content-length', String(bytes)];
    expect(await ask('POST', '/200')).toEqual([200, [...headers, length(4)], 'done']);
    expect(await ask('POST', '/404')).toEqual([404, [...headers, length(0)], '']);
    for (const status of [204, 304]) expect(await ask('POST', `/${status}`)).toEqual([status, headers, '']);
    const [status, , body] = await ask('HEAD', '/200');
    expect([status, body]).toEqual([200, '']);
  });

  test("a probe is answered with what came of it; another listener's is no delivery", async () => {
    const app = await startApp();
    const receiver = await startReceiver({
      endpoints: [app.url],
      answerProbe: (nonce) => (nonce === 'mine' ? 'proof' : null),
      mirrorProbe: (_, seen) => JSON.stringify(seen),
    });
    const ask = async (target: string, nonce: string) => {
      const headers: [string, string][] = [
        ['Host', 'x'],
        [probeHeader, nonce],
      ];
      return answerOf(await take(receiver, { target, headers, body: Buffer.from('abc') }, 'probe'));
    };
    expect(String(Buffer.from((await ask(probePath, 'mine')).body))).toBe('proof');
    const mirrored = await ask(`${mirrorPath}?a=%2F`, 'mine');
    expect(JSON.parse(String(Buffer.from(mirrored.body)))).toMatchObject({
      ...{ method: 'POST', target: `${mirrorPath}?a=%2F`, bytes: 3 },
      headers: ['Host', 'x', probeHeader, 'mine'],
    });
    for (const target of [probePath, mirrorPath, '/'])
      expect((await ask(target, 'of another')).status).toBe(404);
    expect(receiver.deliveries()).toEqual([]);
    expect(app.requests).toEqual([]);
  });
});

describe('what is refused for good need not come again, and stands in the history with the reason', () => {
  const long: [string, string][] = [
    ['Host', 'x'],
    ['x', 'a'.repeat(64 * 1024 - 10)],
  ];
  test.each<[string, Partial<RelayedRequest>, number, RegExp]>([
    ['a head that is too large', { headers: long }, 431, /over 64 KB/],
    ['CONNECT', { method: 'CONNECT' }, 405, /proxies/],
    ['no Host', { headers: [] }, 400, /no Host/],
    ['another HTTP', { httpVersion: '2.0' }, 400, /HTTP 1.0 or 1.1/],
  ])('%s', async (_, request, status, reason) => {
    const app = await startApp();
    const receiver = await startReceiver({ endpoints: [app.url] });
    for (const as of ways) expect(statusOf(await take(receiver, request, as))).toBe(status);
    const stored = await receiver.newest();
    const { remoteAddress, headers, method } = relayedRequest(request);
    expect(stored).toMatchObject({ intake: 'refused', source: 'tunnel', remoteAddress, headers, method });
    expect(stored.acknowledgement).toMatchObject({ status, note: expect.stringMatching(reason) });
    expect(app.requests).toEqual([]);
  });

  test('a head that just fits is taken', async () => {
    const receiver = await startReceiver();
    const value = 'a'.repeat(64 * 1024 - 'Hostxx/webhook'.length - 1);
    const headers: [string, string][] = [
      ['Host', 'x'],
      ['x', value],
    ];
    expect(statusOf(await take(receiver, { headers }))).toBe(200);
  });

  test.each<[string, TestReceiverOptions, number]>([
    ['a body that is too large', { maxBody: 1 }, 413],
    ['a signature that is none', { rejectUnverified: true, secret: 's' }, 401],
  ])('%s', async (_, options, status) => {
    const receiver = await startReceiver(options);
    for (const as of ways) expect(statusOf(await take(receiver, {}, as))).toBe(as === 'live' ? status : 200);
    expect(receiver.deliveries()).toHaveLength(ways.length);
    expect(Buffer.from(receiver.deliveries()[0]!.body).toString()).toBe(status === 413 ? '{' : '{}');
  });
});

describe('what is not taken comes again', () => {
  test.each(ways)('when the store can not write (injected: a store that rejects); %s', async (as) => {
    let works = false;
    const receiver = await startReceiver({
      wrapStore: (store) =>
        withMethods(store, {
          startDelivery: (fresh, owedTo) =>
            works
              ? store.startDelivery(fresh, owedTo)
              : {
                  delivery: { ...fresh, seq: 1, id: 'dlv_1' },
                  stored: Promise.reject(
                    new StoreWriteError('The disk is full', new Error('disk I/O error')),
                  ),
                },
        }),
    });
    expect(await take(receiver, { id: 'a' }, as)).toBe('again');
    works = true;
    expect(statusOf(await take(receiver, { id: 'a' }, as))).toBe(200);
    expect(receiver.deliveries()).toHaveLength(1);
  });

  test.each(ways)('when an error of this tool is in the way, which is told; %s', async (as) => {
    const told: unknown[] = [];
    const bug = new Error('a bug');
    const receiver = await startReceiver({
      onBug: (error) => told.push(error),
      wrapStore: (store) =>
        withMethods(store, {
          startDelivery: () => {
            throw bug;
          },
        }),
    });
    expect(await take(receiver, {}, as)).toBe('again');
    expect(told).toEqual([bug]);
  });

  test('when there is no room for its body until the tool stops, while small ones pass', async () => {
    const mb = 1024 * 1024;
    const disk = gate();
    const receiver = await startReceiver({
      maxBody: 64 * mb,
      // Injected: a disk that is slow with large bodies.
      wrapStore: (store) =>
        withMethods(store, {
          startDelivery: (fresh, owedTo) =>
            fresh.target === '/large'
              ? { delivery: { ...fresh, seq: 1, id: 'dlv_1' }, stored: disk.passed }
              : store.startDelivery(fresh, owedTo),
        }),
    });
    const large = (length: number) => take(receiver, { target: '/large', body: Buffer.alloc(length) });
    // These take all the room that there is, the next waits for some.
    const held = [large(64 * mb), large(64 * mb)];
    const waits = large(mb);
    expect(statusOf(await take(receiver))).toBe(200);
    const closed = receiver.receiver.close();
    expect(await waits).toBe('again');
    disk.open();
    expect((await Promise.all(held)).map(statusOf)).toEqual([200, 200]);
    await closed;
  });

  test('when the tool closes while it waits to go to the app, or has closed', async () => {
    const app = await startApp();
    const receiver = await startReceiver({ endpoints: [app.url] });
    receiver.dispatcher.gate.holding = true;
    const underWay = take(receiver);
    await receiver.newest();
    await receiver.dispatcher.close();
    await receiver.receiver.close();
    expect(await underWay).toBe('again');
    const gone = { status: null, note: 'the sender went away before it was answered' };
    expect(await acknowledged(receiver)).toMatchObject(gone);
    for (const as of ways) expect(await take(receiver, {}, as)).toBe('again');
    expect(receiver.deliveries()).toHaveLength(1);
    expect(app.requests).toEqual([]);
  });
});

test('a connection that lives long gathers nothing, whatever was made of what came by it', async () => {
  const receiver = await startReceiver({ faults: 'hang:1 reset:1', maxBody: 2 });
  const { signal } = new AbortController();
  for (const as of [...ways, ...ways, 'probe'] as const)
    for (const request of [{}, { body: Buffer.from('123') }, { headers: [] }])
      await take(receiver, request, as, signal);
  expect(getEventListeners(signal, 'abort')).toEqual([]);
});

describe('no answer', () => {
  test.each([
    ['hang', 'silence'],
    ['reset', 'again'],
    ['lost-ack=reset', 'again'],
  ])('on purpose, by the fault %s: "%s"', async (faults, outcome) => {
    const app = await startApp();
    const receiver = await startReceiver({ endpoints: [app.url], faults });
    expect(await take(receiver, { id: 'a' })).toBe(outcome);
    expect(await acknowledged(receiver)).toMatchObject({ status: null, by: 'nobody', faults: [faults] });
    // The relay sends it again, for nothing.
    expect(statusOf(await take(receiver, { id: 'a' }, 'forward'))).toBe(200);
    expect(receiver.deliveries()).toHaveLength(1);
  });

  test('while the app has not answered, and then the connection ends: the sender went away', async () => {
    const answering = gate();
    const app = await startApp(async () => {
      await answering.passed;
      return { status: 201 };
    });
    const receiver = await startReceiver({ endpoints: [app.url] });
    const connection = new AbortController();
    const outcome = take(receiver, {}, 'live', connection.signal);
    await app.received(1);
    connection.abort();
    expect(await outcome).toBe('again');
    const gone = { status: null, by: 'nobody', note: 'the sender went away before it was answered' };
    expect(await acknowledged(receiver)).toMatchObject(gone);
    answering.open();
    await receiver.attempts(1);
    expect(await acknowledged(receiver)).toMatchObject(gone);
    // So it is with what comes over it as it ends.
    expect(await take(receiver, {}, 'live', connection.signal)).toBe('again');
    await app.received(2);
    await waitFor(() => receiver.deliveries()[1]?.acknowledgement);
    expect(receiver.deliveries()[1]!.acknowledgement).toMatchObject(gone);
  });

  test('is not what a connection that ends makes of one that was given', async () => {
    const app = await startApp({ status: 201 });
    const receiver = await startReceiver({ endpoints: [app.url] });
    const connection = new AbortController();
    expect(statusOf(await take(receiver, {}, 'live', connection.signal))).toBe(201);
    connection.abort();
    expect(await acknowledged(receiver)).toMatchObject({ status: 201, by: 'app' });
  });

  test('for some time only, by the fault sender.delay', async () => {
    const app = await startApp({ status: 201 });
    const receiver = await startReceiver({ endpoints: [app.url], faults: 'sender.delay=50ms' });
    expect(statusOf(await take(receiver))).toBe(201);
    expect((await acknowledged(receiver)).durationMs).toBeGreaterThanOrEqual(49);
  });
});
