import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { HttpClient } from '../../src/dispatch/http-client.ts';
import { onCleanup } from '../support/cleanup.ts';
import { waitFor } from '../support/wait.ts';

const copies = 8;

test('requests that share a gate are all there but for their last byte, and whole only when it opens', async () => {
  const got = new Map<number, number>();
  let whole = 0;
  const server = createServer((request, response) => {
    const port = request.socket.remotePort!;
    got.set(port, 0);
    request.on('data', (chunk: Buffer) => got.set(port, got.get(port)! + chunk.length));
    request.on('end', () => {
      whole += 1;
      response.end();
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const client = new HttpClient();
  onCleanup(async () => {
    await client.close();
    server.close();
  });

  const body = Buffer.from('{"status":"Completed"}');
  let arrived = 0;
  let open: () => void = () => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  const gate = {
    arrived: () => {
      arrived += 1;
    },
    opened,
  };
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const request = { endpoint: origin, origin, path: '/', method: 'POST', headers: [], body, gate };
  const exchanges = Array.from({ length: copies }, () => client.send(request, 10_000));

  await waitFor(
    () =>
      arrived === copies && [...got.values()].filter((size) => size === body.length - 1).length === copies,
  );
  expect([got.size, whole]).toEqual([copies, 0]); // each on a connection of its own
  open();
  const outcomes = await Promise.all(exchanges);
  expect(outcomes.map(({ outcome }) => outcome.kind)).toEqual(Array(copies).fill('response'));
  expect(whole).toBe(copies);
});
