import { describe, expect, test } from 'vitest';
import type { NewDelivery, Store } from '../../src/store/store.ts';
import { StoreWriteError } from '../../src/store/writer.ts';
import { startApp } from '../support/app.ts';
import { waitFor } from '../support/wait.ts';
import { post, RawClient } from './raw-client.ts';
import { gate, startReceiver, type TestReceiverOptions, withMethods } from './start.ts';

const request = 'POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nhi';

/** A delivery whose write fails. */
const unstored = (fresh: NewDelivery, error: Error): ReturnType<Store['startDelivery']> => ({
  delivery: { ...fresh, seq: 1, id: 'dlv_1' },
  stored: Promise.reject(error),
});

describe('no sender has its 2xx before the delivery is on disk', () => {
  test.each<[string, TestReceiverOptions]>([
    ['without an endpoint', {}],
    ['with --ack now', { ack: 'now' }],
    ['with --ack 204', { ack: 204 }],
    ['with an app', {}],
  ])('%s', async (name, options) => {
    const app = await startApp({ status: 200 });
    const held = gate();
    const asked = gate();
    // Injected: a commit that is held back, as a slow disk would.
    const { port } = await startReceiver({
      ...options,
      endpoints: name === 'with an app' ? [app.url] : [],
      wrapStore: (store) =>
        withMethods(store, {
          startDelivery(fresh, owedTo) {
            const { delivery, stored } = store.startDelivery(fresh, owedTo);
            if (fresh.target === '/other') return { delivery, stored };
            asked.open();
            return { delivery, stored: held.passed.then(() => stored) };
          },
        }),
    });
    const client = await RawClient.open(port);
    client.write(request);
    await asked.passed;
    // Another sender is served from beginning to end meanwhile.
    await post(port, '{}', { target: '/other' });
    expect(client.pending).toHaveLength(0);
    expect(app.requests.map(({ url }) => url)).not.toContain('/x');
    held.open();
    expect((await client.response()).status).toBe(options.ack === 204 ? 204 : 200);
  });
});

describe('when the store can not write (injected: a store that rejects)', () => {
  const failing = (): { wrapStore: NonNullable<TestReceiverOptions['wrapStore']>; works: boolean } => {
    const state = {
      works: false,
      wrapStore: (store: Parameters<NonNullable<TestReceiverOptions['wrapStore']>>[0]) =>
        withMethods(store, {
          startDelivery: (fresh, owedTo) =>
            state.works
              ? store.startDelivery(fresh, owedTo)
              : unstored(fresh, new StoreWriteError('The disk is full', new Error('disk I/O error'))),
        }),
    };
    return state;
  };

  test.each<[string, TestReceiverOptions]>([
    ['default', {}],
    ['--ack now', { ack: 'now' }],
    ['--ack 200', { ack: 200 }],
  ])('the sender gets 503 and when to try again, and the app nothing (%s)', async (_, options) => {
    const app = await startApp();
    const disk = failing();
    const { port } = await startReceiver({ ...options, endpoints: [app.url], wrapStore: disk.wrapStore });
    const response = await post(port);
    expect(response.status).toBe(503);
    expect(response.header('retry-after')).toBe('5');
    expect(app.requests).toEqual([]);
    disk.works = true;
    expect((await post(port)).status).toBe(200);
    await app.received(1);
  });

  test('an attempt that can not be recorded still reaches the app, and the tool lives on', async () => {
    let noticed = false;
    const app = await startApp(async () => {
      await waitFor(() => noticed, { what: 'the failed write to be noticed' });
      return { status: 201 };
    });
    const problem = (): StoreWriteError =>
      new StoreWriteError('The disk is full', new Error('disk I/O error'));
    const { port } = await startReceiver({
      endpoints: [app.url],
      wrapStore: (store) =>
        withMethods(store, {
          startAttempt: (attempt) => {
            const stored = Promise.reject(problem());
            stored.catch(() => setImmediate(() => (noticed = true)));
            return { ...store.startAttempt(attempt), stored };
          },
          finishAttempt: () => Promise.reject(problem()),
          acknowledge: () => Promise.reject(problem()),
        }),
    });
    expect((await post(port)).status).toBe(201);
    expect((await post(port)).status).toBe(201);
  });
});

test('an answer that a sender has is one that is recorded', async () => {
  const app = await startApp({ status: 202 });
  const { port, newest } = await startReceiver({ endpoints: [app.url] });
  await post(port);
  expect((await newest(({ acknowledgement }) => acknowledgement)).acknowledgement).toMatchObject({
    status: 202,
  });
});

test('closing lets go of senders, records what was under way, and leaves no error behind', async () => {
  const app = await startApp('hang');
  const { port, store, receiver, dispatcher } = await startReceiver({ endpoints: [app.url] });
  const waiting = await RawClient.open(port);
  waiting.write(request);
  const halfWay = await RawClient.open(port);
  halfWay.write('POST /half HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nhalf');
  await app.received(1);
  await dispatcher.close();
  await receiver.close();
  await Promise.all([waiting.untilClosed(), halfWay.untilClosed()]);
  const { seq } = store.resolve('1');
  expect(await waitFor(() => store.attempts(seq)[0])).toMatchObject({
    outcome: { kind: 'error', code: 'cancelled' },
  });
  await waitFor(() => store.page({ limit: 10 }).find(({ intake }) => intake === 'aborted'));
});

test('a port that is taken is an error that names it', async () => {
  const { receiver, port } = await startReceiver();
  await expect(receiver.listen('127.0.0.1', port, 'local')).rejects.toMatchObject({
    code: 'port-in-use',
    message: `Port ${port} is in use: choose another one with --port.`,
  });
});

test('a bug is told, and its sender is answered 500 so that it tries again', async () => {
  const told: unknown[] = [];
  const bug = new TypeError('injected');
  const { port } = await startReceiver({
    onBug: (error) => told.push(error),
    wrapStore: (store) => withMethods(store, { startDelivery: (fresh) => unstored(fresh, bug) }),
  });
  expect((await post(port, '{}')).status).toBe(500);
  expect(told).toEqual([bug]);
});
