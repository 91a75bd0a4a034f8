import type { AddressInfo } from 'node:net';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import WebSocket, { WebSocketServer } from 'ws';
import { Connection } from '../../src/relay/connection.ts';
import { Outgoing } from '../../src/relay/outgoing.ts';
import { post } from '../receiver/raw-client.ts';
import { onCleanup } from '../support/cleanup.ts';
import { rawListener, relayedRequest, startTestRelay } from '../support/relay.ts';
import { waitFor } from '../support/wait.ts';

test('whatever listeners do, less than the bound waits, and half of what is left is there for one for whom nothing waits', () => {
  const most = 1000;
  const step = fc.record({ who: fc.nat(19), bytes: fc.integer({ min: 1, max: 600 }), reads: fc.boolean() });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
      const outgoing = new Outgoing(most);
      const held = new Map<number, number>();
      let all = 0;
      for (const { who, bytes, reads } of steps) {
        const own = held.get(who) ?? 0;
        if (reads) {
          outgoing.remove(own);
          held.set(who, 0);
          all -= own;
        } else if (outgoing.admits(own, bytes)) {
          outgoing.add(bytes);
          held.set(who, own + bytes);
          all += bytes;
        }
        expect(all).toBeLessThan(most);
        expect(outgoing.admits(0, Math.floor((most - all) / 2))).toBe(true);
      }
    }),
  );
});

test('who waits is woken once there is more room', async () => {
  const outgoing = new Outgoing(10);
  outgoing.add(8);
  let woken = 0;
  outgoing.wait(() => {
    woken += 1;
  });
  for (let i = 0; i < 4; i += 1) outgoing.remove(2);
  await waitFor(() => woken > 0);
  expect(woken).toBe(1);
  expect(outgoing.admits(0, 5)).toBe(true);
});

test('listeners that read nothing hold up nobody: others get all, live and from the log, and so do they once they read', {
  timeout: 60_000,
}, async () => {
  const relay = await startTestRelay({ answerWithinMs: 3000 });
  const slow = await Promise.all(Array.from({ length: 4 }, () => rawListener(relay)));
  for (const each of slow) each.socket.pause();
  const leader = (await rawListener(relay, { lead: true })).obliging();
  const other = (await rawListener(relay)).obliging();
  const body = Buffer.alloc(2_000_000, 7);
  const count = 20;
  for (let i = 0; i < count; i += 1)
    expect((await post(relay.port, body, { target: '/in/box' })).status).toBe(200);
  await other.delivered(count);
  expect(leader.delivers.filter(({ how }) => how === 'live')).toHaveLength(count);
  for (const each of slow) each.obliging().socket.resume();
  for (const each of slow)
    expect(new Set((await each.delivered(count)).map(({ request }) => request.id)).size).toBe(count);
});

test('what waited for a listener that is cut off waits no more', async () => {
  const { backend } = await startTestRelay();
  const most = 50_000_000;
  const outgoing = new Outgoing(most);
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  onCleanup(() => server.close());
  const ended: Promise<void>[] = [];
  server.on('connection', (socket, { socket: wire }) => {
    const who = { inbox: 'box', listener: 'anna', lead: false, url: 'http://x', pingEveryMs: 60_000, wire };
    ended.push(new Connection(socket, { ...who, backend, outgoing, onProblem: () => undefined }).run());
  });
  await waitFor(() => server.address());
  const client = new WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`);
  onCleanup(() => client.terminate());
  client.once('open', () => client.pause());
  await waitFor(() => ended.length > 0);
  for (let i = 0; i < 14; i += 1)
    await backend.keep('box', relayedRequest({ body: Buffer.alloc(1_000_000) }));
  await waitFor(() => !outgoing.admits(0, most / 2));
  client.terminate();
  await ended[0];
  await waitFor(() => outgoing.admits(0, most / 2));
});
