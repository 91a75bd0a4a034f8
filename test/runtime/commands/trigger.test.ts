import { describe, expect, test } from 'vitest';
import { StoreWriteError } from '../../../src/store/writer.ts';
import { startApp } from '../../support/app.ts';
import { waitFor } from '../../support/wait.ts';
import { type Bench, startBench } from './context.ts';

/** Has every write of a delivery from the given one on fail, as on a full disk. */
function failFrom({ store }: Bench, seq: number): void {
  const add = store.addDelivery.bind(store);
  let count = 0;
  store.addDelivery = (delivery) => {
    count += 1;
    return count < seq ? add(delivery) : Promise.reject(new StoreWriteError('The disk is full.', null));
  };
}

describe('trigger --rate', () => {
  test.each([
    ['with --rate', { rate: 1000 }],
    ['one after another', {}],
  ])('a write that fails ends the command with its reason, and nothing else: %s', async (_how, pace) => {
    const app = await startApp();
    const bench = startBench({ endpoints: [app.url] });
    failFrom(bench, 3);
    const run = bench.run('trigger', { event: 'parse.completed', count: 1000, ...pace });
    await expect(run).rejects.toMatchObject({ code: 'store-write', message: 'The disk is full.' });
    expect([app.requests.length, bench.work.statuses]).toEqual([2, []]);
  });

  test('Ctrl-C ends the pause between two at once', async () => {
    const app = await startApp();
    const bench = startBench({ endpoints: [app.url] });
    const gone = new AbortController();
    const run = bench.run(
      'trigger',
      { event: 'parse.completed', count: 10, rate: 0.001 }, // 1,000 s between two
      gone.signal,
    );
    await waitFor(() => bench.work.statuses[0]?.done === 1);
    gone.abort();
    expect(await run).toMatchObject({ sent: 1, failed: 0, cancelled: true });
  });
});

test('what is triggered or replayed is not held: who asks for it waits for the answer', async () => {
  const app = await startApp();
  const { dispatcher, run } = startBench({ endpoints: [app.url] });
  dispatcher.gate.holding = true;
  expect(await run('trigger', { event: 'parse.completed' })).toMatchObject({ sent: 1, failed: 0 });
  expect(await run('replay', { id: 'last' })).toMatchObject({ sent: 1, failed: 0 });
  expect([app.requests.length, dispatcher.gate.held]).toEqual([2, []]);
});

describe('what a command answers is bounded, and its numbers are whole', () => {
  test('attempts beyond a thousand are counted and not carried', async () => {
    const app = await startApp(({ number }) => ({ status: number % 2 === 0 ? 500 : 200 }));
    const { add, run } = startBench({ endpoints: [app.url] });
    await add('a');
    const result = await run('replay', { id: 'last', times: 1200, concurrency: 50 });
    expect(result).toMatchObject({ sent: 1200, failed: 600, omitted: 200 });
    expect(result.outcomes).toEqual({ 200: 600, 500: 600 });
    expect(result.attempts).toHaveLength(1000);
  });

  test('bodies of answers beyond 4 MB are not carried, and their size is told', async () => {
    const app = await startApp({ body: Buffer.alloc(1024 * 1024, 'x') });
    const { add, run } = startBench({ endpoints: [app.url] });
    await add('a');
    const { attempts } = await run('replay', { id: 'last', times: 8 });
    const bodies = attempts.map(({ outcome }) => (outcome.kind === 'response' ? outcome.body : null));
    expect(bodies.map((body) => body?.size)).toEqual(Array(8).fill(1024 * 1024));
    expect(bodies.filter((body) => body?.data === '')).toHaveLength(4);
  });

  test('changed bodies beyond 4 MB are not carried either', async () => {
    const app = await startApp();
    const { add, run } = startBench({ endpoints: [app.url] });
    await add(JSON.stringify({ n: 1, pad: 'x'.repeat(1024 * 1024) }));
    const result = await run('replay', { id: 'last', times: 6, set: ['n=2'] });
    expect([result.sent, result.omitted, result.attempts.length]).toEqual([6, 3, 3]);
  });
});
