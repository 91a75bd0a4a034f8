import { describe, expect, test } from 'vitest';
import type { Attempt } from '../../src/core/delivery.ts';
import { post } from '../receiver/raw-client.ts';
import { gate, startReceiver } from '../receiver/start.ts';
import { startApp } from '../support/app.ts';
import { waitFor } from '../support/wait.ts';

describe('attempts', () => {
  test('are recorded when they begin and when they end, in this order', async () => {
    const released = gate();
    const app = await startApp(async () => {
      await released.passed;
      return { status: 201 };
    });
    const { port, store } = await startReceiver({ endpoints: [app.url] });
    const changes: string[] = [];
    store.subscribe((change) => {
      const detail = change.type === 'attempt' ? ` ${change.attempt.outcome.kind}` : '';
      changes.push(`${change.type}${detail}`);
    });
    const answered = post(port);
    await app.received(1);
    const pending = await waitFor(() => store.attempts(1)[0]);
    expect(pending).toMatchObject({
      number: 1,
      reason: 'forward',
      durationMs: null,
      outcome: { kind: 'pending' },
    });
    expect(store.summary(1)).toMatchObject({ attempts: 1, lastAttempt: { label: 'pending' } });
    released.open();
    await answered;
    await waitFor(() => changes.includes('acknowledgement') && changes.includes('attempt response'));
    expect(changes.slice(0, 2)).toEqual(['delivery', 'attempt pending']);
    expect(changes.slice(2).sort()).toEqual(['acknowledgement', 'attempt response']);
    expect(store.attempts(1)[0]).toMatchObject({
      id: pending.id,
      outcome: { kind: 'response', status: 201 },
    });
    expect(store.summary(1)).toMatchObject({ lastAttempt: { label: '201', status: 201 } });
  });

  test('by replay are added with that reason, and are the same request byte for byte', async () => {
    const app = await startApp();
    const { port, store, dispatcher, attempts } = await startReceiver({ endpoints: [app.url] });
    const body = Buffer.from([0, 1, 255, 254, 10, 13]);
    await post(port, body, {
      target: '/a/../b?x=%zz',
      headers: ['X-Twice: 1', 'svix-signature: v1,abc', 'X-Twice: 2'],
    });
    await attempts(1);
    await dispatcher.send(store.delivery(1)!, 'replay');
    const both = await attempts(2);
    expect(both.map(({ number, reason }) => [number, reason])).toEqual([
      [1, 'forward'],
      [2, 'replay'],
    ]);
    const [first, second] = app.requests;
    const plain = (headers: [string, string][]) => headers.filter(([name]) => name !== 'x-webhook-attempt');
    expect(second).toMatchObject({ method: first!.method, url: first!.url, body });
    expect(plain(second!.headers)).toEqual(plain(first!.headers));
    expect(second!.header('x-webhook-attempt')).toBe(both[1]!.id);
    expect(first!.header('x-webhook-attempt')).not.toBe(both[1]!.id);
  });

  test('get their own numbers when many run at the same time', async () => {
    const app = await startApp({ delayMs: 10 });
    const { port, store, dispatcher, attempts } = await startReceiver({ endpoints: [app.url] });
    await post(port);
    const delivery = store.delivery(1)!;
    await Promise.all(Array.from({ length: 20 }, () => dispatcher.send(delivery, 'replay')));
    const all = await attempts(21);
    expect(all.map(({ number }) => number)).toEqual(Array.from({ length: 21 }, (_, i) => i + 1));
    expect(new Set(all.map(({ id }) => id)).size).toBe(21);
    expect(store.summary(1)?.attempts).toBe(21);
  });

  test('at several endpoints are one each', async () => {
    const apps = await Promise.all([startApp({ status: 200 }), startApp({ status: 500 }), startApp('reset')]);
    const { port, attempts } = await startReceiver({ endpoints: apps.map(({ url }) => url) });
    await post(port);
    const all = await attempts(3);
    const brief = ({ endpoint, outcome }: Attempt) => [
      endpoint,
      outcome.kind === 'response' ? outcome.status : 'error',
    ];
    expect(all.map(brief)).toEqual([
      [apps[0]!.url, 200],
      [apps[1]!.url, 500],
      [apps[2]!.url, 'error'],
    ]);
  });

  test('need an endpoint', async () => {
    const { port, store, dispatcher } = await startReceiver();
    await post(port);
    const send = async () => await dispatcher.send(store.delivery(1)!, 'replay');
    await expect(send()).rejects.toMatchObject({ name: 'UserError', code: 'no-endpoint' });
  });
});
