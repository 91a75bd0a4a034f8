import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import type { Status } from '../../src/core/session.ts';
import { LiveEvents, type LiveMessage } from '../../src/inspector/live.ts';
import type { RuntimeEvent } from '../../src/runtime/session.ts';

import { onCleanup } from '../support/cleanup.ts';
import { waitFor } from '../support/wait.ts';
import { summaryOf } from '../tui/fixtures/deliveries.ts';

/** The stream behind a server of its own; what happens is told by the test. */
async function serve(everyMs?: number) {
  let tell: (event: RuntimeEvent) => void = () => undefined;
  let deliveries = 0;
  const source = {
    status: () => ({ deliveries }) as Status,
    summary: (seq: number) => (seq === 3 ? null : summaryOf(seq)),
    subscribe(listener: typeof tell) {
      tell = listener;
      return () => undefined;
    },
  };
  const events = new LiveEvents(source, everyMs);
  const server = createServer();
  const accepted: Socket[] = [];
  server.on('upgrade', (request, socket, head) => {
    accepted.push(socket as Socket);
    events.accept(request, socket, head);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onCleanup(async () => {
    await events.close();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return {
    port,
    url: `ws://127.0.0.1:${port}/api/events`,
    accepted,
    events,
    tell: (event: RuntimeEvent) => tell(event),
    error: (code: string) => tell({ type: 'error', code, message: '' }),
    status(count: number) {
      deliveries = count;
      tell({ type: 'status', status: source.status() });
    },
  };
}

/** Connects, and gathers what comes. */
function follow(url: string) {
  const socket = new WebSocket(url);
  const messages: LiveMessage[] = [];
  socket.on('message', (data) => messages.push(JSON.parse(String(data)) as LiveMessage));
  let closed: number | null = null;
  socket.on('close', (code) => {
    closed = code;
  });
  socket.on('error', () => undefined);
  onCleanup(() => socket.terminate());
  return {
    socket,
    messages,
    closed: () => closed,
    codes: () => messages.flatMap(({ events }) => events.map((event) => (event as { code: string }).code)),
    last: () => messages.at(-1)?.last,
    begun: () => waitFor(() => messages.length > 0),
  };
}

const codes = (from: number, to: number): string[] =>
  Array.from({ length: to - from + 1 }, (_, i) => String(from + i));

test('who wants rows has the newest of those that events name, as they are now, without secrets', async () => {
  const live = await serve();
  const [two, none, many] = ['rows=2', 'rows=x', 'rows=1e9'].map((query) => follow(`${live.url}?${query}`));
  await Promise.all([two!.begun(), none!.begun(), many!.begun()]);
  for (const seq of [1, 2, 3, 4, 2, ...Array.from({ length: 120 }, (_, i) => i + 5)])
    live.tell({ type: 'delivery', seq } as RuntimeEvent);
  live.error('a line that names none');
  const readers = [two!, none!, many!];
  await waitFor(() => readers.every(({ last }) => last() === 126));
  const rows = readers.map(({ messages }) => messages.at(-1)!.rows?.map(({ seq }) => seq));
  expect(rows).toEqual([[124, 123], undefined, Array.from({ length: 100 }, (_, i) => 124 - i)]);
  expect(JSON.stringify(many!.messages)).not.toContain('hunter');
  expect(JSON.stringify(many!.messages)).not.toContain('topsecret');
});

describe('a reader', () => {
  test('is told where it stands, then of all that happens, in order and in few messages', async () => {
    const live = await serve();
    live.error('before');
    const reader = follow(live.url);
    await reader.begun();
    expect(reader.messages[0]).toEqual({
      epoch: expect.stringMatching(/^[\w-]{36}$/),
      last: 1,
      events: [],
      status: { deliveries: 0 },
      reset: true,
    });
    for (const code of codes(1, 5000)) live.error(code);
    await waitFor(() => reader.last() === 5001);
    expect(reader.codes()).toEqual(codes(1, 5000));
    expect(reader.messages.length).toBeLessThan(10);
  });

  test('that was away is told of exactly what it missed', async () => {
    const live = await serve();
    const first = follow(live.url);
    await first.begun();
    live.error('1');
    await waitFor(() => first.last() === 1);
    first.socket.close();
    for (const code of codes(2, 3000)) live.error(code);
    const second = follow(`${live.url}?epoch=${first.messages[0]!.epoch}&after=1`);
    await waitFor(() => second.last() === 3000);
    expect(second.codes()).toEqual(codes(2, 3000));
    expect(second.messages.some(({ reset }) => reset)).toBe(false);
  });

  test.each([
    'epoch=EPOCH&after=-1',
    'epoch=EPOCH&after=7',
    'epoch=EPOCH&after=x',
    'epoch=EPOCH&after=0.5',
    'epoch=EPOCH',
    'epoch=other&after=3',
    'after=3',
  ])('whose place is not known (%s) starts anew', async (query) => {
    const live = await serve();
    for (const code of codes(1, 3)) live.error(code);
    const epoch = follow(live.url);
    await epoch.begun();
    const reader = follow(`${live.url}?${query.replace('EPOCH', epoch.messages[0]!.epoch)}`);
    await reader.begun();
    expect(reader.messages[0]).toMatchObject({ reset: true, last: 3, events: [] });
  });

  test('that missed more than is kept starts anew', async () => {
    const live = await serve();
    const first = follow(live.url);
    await first.begun();
    first.socket.close();
    for (const code of codes(1, 31_000)) live.error(code);
    const second = follow(`${live.url}?epoch=${first.messages[0]!.epoch}&after=0`);
    await second.begun();
    expect(second.messages[0]).toMatchObject({ reset: true, last: 31_000 });
  });

  test('is told of the last status, also when nothing else happens', async () => {
    const live = await serve();
    const reader = follow(live.url);
    await reader.begun();
    for (let count = 1; count <= 100; count++) live.status(count);
    await waitFor(() => reader.messages.at(-1)?.status?.deliveries === 100);
    expect(reader.messages.length).toBeLessThan(10);
    expect(reader.codes()).toEqual([]);
  });

  test('that sends much, or no WebSocket frames, is dropped alone', async () => {
    const live = await serve();
    const [good, loud] = [follow(live.url), follow(live.url)];
    await Promise.all([good.begun(), loud.begun()]);
    loud.socket.send('x'.repeat(2000));
    await waitFor(() => loud.closed() !== null);
    live.error('1');
    await waitFor(() => good.codes().length === 1);
  });
});

test('at the end all are told what they lack, and one that does not read holds nothing up', async () => {
  const live = await serve();
  const reader = follow(live.url);
  const deaf = follow(live.url);
  await Promise.all([reader.begun(), deaf.begun()]);
  deaf.socket.pause();
  live.error('last');
  await live.events.close();
  expect(live.accepted.every(({ destroyed }) => destroyed)).toBe(true);
  await waitFor(() => reader.closed() === 1001);
  expect(reader.codes()).toEqual(['last']);
});

test('fifty readers are told, the next one is refused until one has gone', async () => {
  const live = await serve();
  const readers = Array.from({ length: 50 }, () => follow(live.url));
  await Promise.all(readers.map((reader) => reader.begun()));
  const next = follow(live.url);
  await waitFor(() => next.closed() !== null);
  live.error('1');
  await waitFor(() => readers.every((reader) => reader.codes().length === 1));
  readers[0]!.socket.close();
  await waitFor(async () => {
    const again = follow(live.url);
    await once(again.socket, 'open');
    return true;
  });
});

test('one that never reads costs little while much happens, and is dropped', async () => {
  const live = await serve(200);
  const good = follow(live.url);
  await good.begun();
  const deaf = connect(live.port, '127.0.0.1');
  onCleanup(() => deaf.destroy());
  deaf.on('error', () => undefined);
  deaf.write(
    'GET /api/events HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n',
  );
  deaf.pause();
  await waitFor(() => live.accepted.length === 2);
  const socket = live.accepted[1]!;
  let most = 0;
  for (let i = 0; i < 60_000; i++) {
    live.tell({ type: 'error', code: 'x', message: 'x'.repeat(100) });
    if (i % 500 === 0) await new Promise((resolve) => setImmediate(resolve));
    most = Math.max(most, socket.writableLength);
  }
  await waitFor(() => good.last() === 60_000);
  await waitFor(() => socket.destroyed);
  expect(most).toBeLessThan(8 * 1024 * 1024);
  expect(good.closed()).toBeNull();
});
