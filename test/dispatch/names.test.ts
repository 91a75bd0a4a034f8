import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { networkInterfaces } from 'node:os';
import { describe, expect, test } from 'vitest';
import { isLoopback, parseEndpoint } from '../../src/core/endpoint.ts';
import { fetchFromApp, knock } from '../../src/dispatch/connect.ts';
import { EndpointMonitor } from '../../src/dispatch/endpoint-monitor.ts';
import { startBench } from '../runtime/commands/context.ts';
import { onCleanup } from '../support/cleanup.ts';
import { freePort } from '../support/flask.ts';

const pem = readFileSync(new URL('../fixtures/self-signed.pem', import.meta.url));

/** An app on one address of this machine. @returns its port */
async function appOn(host: string, secure = false): Promise<number> {
  const answer = (_request: unknown, response: { end(text: string): void }): void => response.end('here');
  const server = secure ? createSecureServer({ key: pem, cert: pem }, answer) : createServer(answer);
  await once(server.listen(0, host), 'listening');
  onCleanup(() => {
    server.closeAllConnections();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

/** What a delivery to an endpoint, as a user writes it, comes to. */
async function deliver(endpoint: string, insecure = false) {
  const bench = startBench({ endpoints: [endpoint], insecure });
  await bench.add('{}');
  await bench.run('replay', { id: 'last' });
  return bench.store.attempts(1)[0]!.outcome;
}

describe('an app on this machine is found', () => {
  const wherever: [what: string, host: string, endpoint: (port: number) => string][] = [
    ['on ::1 alone, by a bare port', '::1', String],
    ['on 127.0.0.1 alone, by a bare port', '127.0.0.1', String],
    ['by a name below localhost', '127.0.0.1', (port) => `http://app.localhost:${port}`],
    ['by a name below localhost, on ::1 alone', '::1', (port) => `http://a.b.localhost:${port}`],
    ['by its IPv6 address', '::1', (port) => `http://[::1]:${port}`],
  ];
  test.each(wherever)('%s', async (_what, host, endpoint) => {
    const port = await appOn(host);
    const { name, origin } = parseEndpoint(endpoint(port));
    expect(await deliver(name)).toMatchObject({ kind: 'response', status: 200 });
    expect(await knock(origin, 2000)).toBeNull();
    expect(await (await fetchFromApp(`${origin}/effects`)).text()).toBe('here');
    const monitor = new EndpointMonitor([parseEndpoint(name)], () => undefined);
    onCleanup(() => monitor.close());
    await monitor.start();
    expect(monitor.statuses).toMatchObject([{ state: 'up' }]);
  });

  test('with a certificate of its own making, by any of its names', async () => {
    const port = await appOn('127.0.0.1', true);
    for (const host of ['localhost', 'app.localhost', '127.0.0.1'])
      expect(await deliver(`https://${host}:${port}`)).toMatchObject({ kind: 'response', status: 200 });
  });
});

describe('an error says what to do', () => {
  test('https behind a bare port', async () => {
    const port = await appOn('127.0.0.1', true);
    expect(await deliver(String(port))).toMatchObject({
      code: 'tls',
      message: expect.stringContaining(`the app speaks https: give it as https://localhost:${port}`),
    });
  });

  test('nothing there, on both families', async () => {
    expect(await deliver(String(await freePort()))).toMatchObject({
      code: 'refused',
      message: expect.stringMatching(/is the app running\? \(ECONNREFUSED\)/),
    });
  });

  test('a certificate that nobody vouches for, elsewhere: --insecure takes it', async () => {
    const address = Object.values(networkInterfaces())
      .flat()
      .find((one) => one && !one.internal && one.family === 'IPv4')?.address;
    if (!address) throw new Error('This test needs an address that is not loopback.');
    const port = await appOn('0.0.0.0', true);
    expect(await deliver(`https://${address}:${port}`)).toMatchObject({
      code: 'tls',
      message: expect.stringMatching(/not trusted \([A-Z_]+\): --insecure/),
    });
    expect(await deliver(`https://${address}:${port}`, true)).toMatchObject({ status: 200 });
  });
});

test('what is this machine is judged by name or address, as sockets write it', () => {
  for (const host of [
    'localhost',
    'LOCALHOST.',
    'a.b.localhost',
    '127.0.0.1',
    '127.9.9.9',
    '::1',
    '[::1]',
    '::ffff:127.0.0.1',
  ])
    expect([host, isLoopback(host)]).toEqual([host, true]);
  for (const host of [
    '',
    'localhost.example',
    'notlocalhost',
    '127.0.0.1.example',
    '10.0.0.1',
    '::2',
    '::ffff:10.0.0.1',
    '128.0.0.1',
  ])
    expect([host, isLoopback(host)]).toEqual([host, false]);
});
