import { describe, expect, test } from 'vitest';
import { parseEndpoint } from '../../src/core/endpoint.ts';
import { FaultSet } from '../../src/core/faults/fault-set.ts';
import { EndpointMonitor } from '../../src/dispatch/endpoint-monitor.ts';
import { HttpClient } from '../../src/dispatch/http-client.ts';
import { Work, WorkList } from '../../src/dispatch/work.ts';
import { startBench } from '../runtime/commands/context.ts';
import { type Answer, startApp } from '../support/app.ts';
import { freePort } from '../support/flask.ts';
import { backTo, busyWith, countingSignal } from '../support/leaks.ts';
import { waitFor } from '../support/wait.ts';

const answers: [string, Answer][] = [
  ['an answer', { body: 'x' }],
  ['a reset', 'reset'],
  ['a reset midway', 'reset-midway'],
  ['nothing', 'hang'],
  ['nonsense', { raw: 'SSH-2.0-OpenSSH_9.2\r\n' }],
  ['a status and a body without end', { raw: 'HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf' }],
];

describe('a client that is closed has nothing open, whatever came', () => {
  test.each(answers)('%s', async (_name, answer) => {
    const app = await startApp(answer);
    await waitFor(() => true);
    const before = busyWith();
    const client = new HttpClient();
    const counting = countingSignal();
    const request = { endpoint: app.url, origin: app.url, path: '/', method: 'POST', headers: [] };
    const body = Buffer.from('{}');
    await Promise.all(
      Array.from({ length: 10 }, (_, i) =>
        client.send({ ...request, body, fresh: i % 2 === 0 }, 200, counting.signal),
      ),
    );
    expect(counting.listeners()).toBe(0);
    await client.close();
    await backTo(before);
  });

  test('nobody there, and a name that nobody knows', async () => {
    const before = busyWith();
    const client = new HttpClient();
    for (const origin of [`http://localhost:${await freePort()}`, 'http://nowhere.invalid'])
      await client.send(
        { endpoint: origin, origin, path: '/', method: 'POST', headers: [], body: Buffer.from('{}') },
        5000,
      );
    await client.close();
    await backTo(before);
  });

  test('attempts that are cancelled while they connect, wait or send slowly', async () => {
    const app = await startApp('hang');
    const before = busyWith();
    const client = new HttpClient();
    const { signal, listeners, abort } = countingSignal();
    const request = { endpoint: app.url, origin: app.url, path: '/', method: 'POST', headers: [] };
    const body = Buffer.alloc(100, 'x');
    const far = { ...request, origin: 'http://192.0.2.1', endpoint: 'far' }; // RFC 5737: nobody is there
    const sends = [{ ...request }, { ...request, bytesPerSecond: 1 }, far].map((each) =>
      client.send({ ...each, body }, 60_000, signal),
    );
    await app.received(1);
    abort();
    const outcomes = (await Promise.all(sends)).map(({ outcome }) => outcome);
    for (const outcome of outcomes)
      expect(['cancelled', 'unreachable', 'refused']).toContain(outcome.kind === 'error' && outcome.code);
    expect(listeners()).toBe(0);
    await client.close();
    await backTo(before);
  });
});

test('a dispatcher with duplicates, delays and windows leaves nothing behind', async () => {
  const app = await startApp();
  const before = busyWith();
  const bench = startBench({ endpoints: [app.url] });
  for (let i = 0; i < 6; i++) await bench.add(`${i}`);
  const counting = countingSignal();
  const faults = FaultSet.parse('duplicate=2,concurrent reorder=3 delay=5ms', 1);
  for (const seqs of [
    [1, 2, 3],
    [4, 5, 6],
  ])
    await Promise.all(
      seqs.map((seq) =>
        bench.dispatcher.send(bench.store.delivery(seq)!, 'replay', { faults, signal: counting.signal }),
      ),
    );
  expect(app.requests).toHaveLength(18);
  await bench.dispatcher.close();
  await backTo(before);
});

test('work that has ended listens to nothing', async () => {
  const { signal, listeners } = countingSignal();
  const list = new WorkList();
  for (let i = 0; i < 20; i++) list.start('work', null, signal).finish();
  expect([listeners(), list.statuses]).toEqual([0, []]);
  const before = busyWith();
  const work = new Work({ id: '1', label: 'waits', total: null });
  const pause = work.pause(60_000, Date.now);
  work.cancel();
  await pause;
  await backTo(before);
});

test('a monitor that is closed looks no more', async () => {
  const app = await startApp();
  const before = busyWith();
  const monitor = new EndpointMonitor([parseEndpoint(app.url)], () => undefined, 5);
  await monitor.start();
  monitor.close();
  await backTo(before);
});
