import { describe, expect, test } from 'vitest';
import { probeHeader, probePath } from '../../src/core/probe.ts';
import { type Relayed, relayedHeader, relayedValue } from '../../src/core/relay.ts';
import { startApp } from '../support/app.ts';
import { waitFor } from '../support/wait.ts';
import { exchange, RawClient, type RawResponse } from './raw-client.ts';
import { gate, startReceiver } from './start.ts';

const token = 'token of these tests';
const at = Date.UTC(2026, 0, 2);

/** A request as a tunnel of this process brings it from a relay. */
const head = (rest: Partial<Relayed> = {}, length = 2): string[] => {
  const about = {
    id: 'rly_1',
    at,
    from: '203.0.113.9',
    httpVersion: '1.0',
    headers: 1,
    as: 'live' as const,
    ...rest,
  };
  return [
    ...['POST /a HTTP/1.1', `${relayedHeader}: ${relayedValue(token, about)}`, 'X-Own: 1'],
    ...['Host: x', `Content-Length: ${length}`],
  ];
};
const has = (response: RawResponse): boolean => response.header(relayedHeader) === 'have';

describe('what came by a relay', () => {
  test('stands in the history as it was there', async () => {
    const receiver = await startReceiver();
    expect(has(await exchange(receiver.port, head(), '{}'))).toBe(true);
    expect(receiver.deliveries()).toMatchObject([
      {
        ...{ relayId: 'rly_1', receivedAt: at, remoteAddress: '203.0.113.9', httpVersion: '1.0' },
        headers: [['X-Own', '1']],
      },
    ]);
  });

  test('is taken once, live or kept, after the first and at once with it', async () => {
    const app = await startApp({ status: 201 });
    const receiver = await startReceiver({ endpoints: [app.url] });
    const answers = await Promise.all(
      (['live', 'forward', 'hold', 'show', 'copy', 'live'] as const).map((as) =>
        exchange(receiver.port, head({ as }), '{}'),
      ),
    );
    expect(answers.every(has)).toBe(true);
    expect(has(await exchange(receiver.port, head({ as: 'forward' }), '{}'))).toBe(true);
    expect(receiver.deliveries()).toHaveLength(1);
    expect(app.requests.length).toBeLessThanOrEqual(1);
  });

  test.each(['live', 'copy', 'forward'] as const)(
    'broken off is not taken, and whole it is (%s)',
    async (as) => {
      const receiver = await startReceiver();
      const client = await RawClient.open(receiver.port);
      client.write(`${head({ as }, 10).join('\r\n')}\r\n\r\n`, 'abc');
      await waitFor(() => client.socket.bytesWritten > 0);
      client.leave();
      await waitFor(async () => {
        const whole = await exchange(receiver.port, head({ as }, 10), 'abcdefghij');
        return has(whole);
      });
      expect(receiver.deliveries().map(({ body }) => Buffer.from(body).toString())).toEqual(['abcdefghij']);
    },
  );

  test('held, it keeps nobody waiting: not its tunnel, and not the same once more', async () => {
    const app = await startApp();
    const receiver = await startReceiver({ endpoints: [app.url] });
    for (let i = 0; i < 2; i += 1)
      expect(has(await exchange(receiver.port, head({ as: 'hold' }), '{}'))).toBe(true);
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
    const copy = (id: string) => exchange(receiver.port, head({ as: 'copy', id }), '{}');
    expect(has(await copy('rly_1')) && has(await copy('rly_2'))).toBe(true);
    await app.received(2);
    answering.open();
    await app.received(4);
    expect(receiver.deliveries()).toHaveLength(2);
    expect(receiver.deliveries()[0]!.acknowledgement).toMatchObject({
      ...{ status: 202, by: 'tool', note: expect.stringContaining('another listener answers') },
    });
  });

  test('that is refused need not come again', async () => {
    const receiver = await startReceiver({ maxBody: 1, rejectUnverified: true, secret: 's' });
    for (const as of ['live', 'copy', 'forward'] as const)
      expect(has(await exchange(receiver.port, head({ as, id: `rly_${as}` }), '{}'))).toBe(true);
  });

  test('is known, though the history has no room for it any more or was cleared', async () => {
    const receiver = await startReceiver();
    for (const id of ['rly_1', 'rly_2']) await exchange(receiver.port, head({ id }), '{}');
    await receiver.store.remove([1]);
    expect(receiver.store.hadRelayed('rly_1')).toBe(true);
    await receiver.store.clear();
    for (const id of ['rly_1', 'rly_2'])
      expect(has(await exchange(receiver.port, head({ id, as: 'forward' }), '{}'))).toBe(true);
    expect(receiver.deliveries()).toEqual([]);
    expect(receiver.store.hadRelayed('rly_3')).toBe(false);
  });

  test('headers of the answer that come twice come twice', async () => {
    const app = await startApp({
      headers: [
        ['Set-Cookie', 'a'],
        ['Set-Cookie', 'b'],
      ],
    });
    const receiver = await startReceiver({ endpoints: [app.url] });
    const { headers } = await exchange(receiver.port, head(), '{}');
    expect(headers.filter(([name]) => name === 'Set-Cookie')).toEqual([
      ['Set-Cookie', 'a'],
      ['Set-Cookie', 'b'],
    ]);
  });

  test('a probe of another listener is no delivery', async () => {
    const app = await startApp();
    const receiver = await startReceiver({ endpoints: [app.url] });
    const lines = [`GET ${probePath} HTTP/1.1`, `${relayedHeader}: ${relayedValue(token, 'probe')}`];
    expect((await exchange(receiver.port, [...lines, `${probeHeader}: ab`, 'Host: x'])).status).toBe(404);
    expect(receiver.deliveries()).toEqual([]);
    expect(app.requests).toEqual([]);
  });

  test('who does not know the token is a sender like any other', async () => {
    const receiver = await startReceiver();
    const value = relayedValue('another token', {
      id: 'x',
      at,
      from: '',
      httpVersion: '1.1',
      headers: 0,
      as: 'live',
    });
    const answer = await exchange(
      receiver.port,
      ['POST / HTTP/1.1', `${relayedHeader}: ${value}`, 'Host: x', 'Content-Length: 2'],
      '{}',
    );
    expect(has(answer)).toBe(false);
    expect(receiver.deliveries()[0]).not.toHaveProperty('relayId');
    expect(receiver.deliveries()[0]!.receivedAt).toBeGreaterThan(at);
  });
});
