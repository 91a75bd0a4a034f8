import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Gate } from '../../src/dispatch/gate.ts';
import { post, RawClient } from '../receiver/raw-client.ts';
import { startReceiver } from '../receiver/start.ts';
import { startApp } from '../support/app.ts';
import { waitFor } from '../support/wait.ts';

test('what is held goes on in whatever order it is released, once each', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 0, max: 8 }).chain((count) =>
        fc
          .shuffledSubarray(
            Array.from({ length: count }, (_, i) => i + 1),
            { minLength: 0 },
          )
          .map((order) => ({ count, order })),
      ),
      async ({ count, order }) => {
        const gate = new Gate();
        gate.holding = true;
        const went: number[] = [];
        const waiting = Array.from({ length: count }, (_, i) =>
          gate.pass(i + 1).then((released) => void (released && went.push(i + 1))),
        );
        await new Promise(setImmediate);
        for (const seq of order) {
          expect(gate.release(seq)).toBe(1);
          expect(gate.release(seq)).toBe(0);
        }
        await new Promise(setImmediate);
        expect(went).toEqual(order);
        const rest = Array.from({ length: count }, (_, i) => i + 1).filter((seq) => !order.includes(seq));
        expect(gate.held).toEqual(rest);
        expect(gate.release()).toBe(rest.length);
        await Promise.all(waiting);
        expect(went).toEqual([...order, ...rest]);
      },
    ),
    { numRuns: 100 },
  );
});

describe('deliveries that are held', () => {
  test('are stored, wait, and reach the app and their senders in the order of their release', async () => {
    const app = await startApp(({ body }) => ({ body: `for ${body}` }));
    const { port, dispatcher, deliveries } = await startReceiver({ endpoints: [app.url] });
    const { gate } = dispatcher;
    gate.holding = true;
    const answers: ReturnType<typeof post>[] = [];
    for (const text of ['a', 'b', 'c']) {
      answers.push(post(port, text));
      await waitFor(() => gate.held.length === answers.length);
    }
    expect([gate.held, app.requests.length, deliveries().length]).toEqual([[1, 2, 3], 0, 3]);
    for (const [seq, text] of [
      [3, 'c'],
      [1, 'a'],
      [2, 'b'],
    ] as const) {
      gate.release(seq);
      expect((await answers[seq - 1]!).body.toString()).toBe(`for ${text}`);
    }
    expect(app.requests.map((request) => request.body.toString())).toEqual(['c', 'a', 'b']);
  });

  test('go on waiting when holding ends, while what comes then passes', async () => {
    const app = await startApp();
    const { port, dispatcher } = await startReceiver({ endpoints: [app.url] });
    dispatcher.gate.holding = true;
    const held = post(port, 'held');
    await waitFor(() => dispatcher.gate.held.length === 1);
    dispatcher.gate.holding = false;
    await post(port, 'passes');
    expect(dispatcher.gate.release()).toBe(1);
    await held;
    expect(app.requests.map((request) => request.body.toString())).toEqual(['passes', 'held']);
  });

  test('are not sent when the tool stops, and their senders get no 2xx', async () => {
    const app = await startApp();
    const { port, dispatcher, receiver, newest } = await startReceiver({ endpoints: [app.url] });
    dispatcher.gate.holding = true;
    const client = await RawClient.open(port);
    client.write('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n');
    await waitFor(() => dispatcher.gate.held.length === 1);
    await dispatcher.close();
    await receiver.close();
    await client.untilClosed();
    expect([client.pending.length, app.requests.length]).toEqual([0, 0]);
    expect((await newest((one) => one.acknowledgement)).acknowledgement).toMatchObject({
      status: null,
      by: 'nobody',
    });
  });

  test('reach the app also when their sender has given up', async () => {
    const app = await startApp();
    const { port, dispatcher, attempts } = await startReceiver({ endpoints: [app.url] });
    dispatcher.gate.holding = true;
    const client = await RawClient.open(port);
    client.write('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n');
    await waitFor(() => dispatcher.gate.held.length === 1);
    client.leave();
    dispatcher.gate.release();
    expect((await attempts(1))[0]!.outcome).toMatchObject({ kind: 'response', status: 200 });
  });
});
