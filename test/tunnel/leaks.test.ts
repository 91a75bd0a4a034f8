import { get } from 'node:http';
import { createServer, type Socket } from 'node:net';
import { describe, expect, test } from 'vitest';
import { systemClock } from '../../src/core/ids.ts';
import type { TunnelState } from '../../src/core/session.ts';
import { createProbe } from '../../src/tunnel/probe.ts';
import type { TunnelConnection } from '../../src/tunnel/provider.ts';
import { createLocaltunnel } from '../../src/tunnel/providers/localtunnel.ts';
import { createTunnelSupervisor } from '../../src/tunnel/supervisor.ts';
import { onCleanup } from '../support/cleanup.ts';
import { backTo, busyWith, countingSignal } from '../support/leaks.ts';
import { freePort, startLocaltunnelServer } from '../support/localtunnel-server.ts';
import { waitFor } from '../support/wait.ts';
import { answering, listen } from './support.ts';

/** A server that takes connections and never answers. */
async function silentServer(): Promise<string> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => sockets.add(socket.on('error', () => undefined).resume()));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onCleanup(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as { port: number }).port}`;
}

describe('a supervisor that is closed has nothing open, and nobody listens to it', () => {
  const cases: [TunnelState, string, () => Promise<string>][] = [
    ['open', 'with requests under way', async () => (await startLocaltunnelServer()).url],
    ['opening', 'where nobody listens', async () => `http://127.0.0.1:${await freePort()}`],
    ['opening', 'where nobody answers', silentServer],
  ];
  test.each(cases)('while %s, %s', async (state, _, hostOf) => {
    const probe = createProbe();
    // What comes through the tunnel is never answered, but for the probes.
    let waiting = 0;
    const { port } = await listen((request, response) => {
      if (request.url !== '/wait') answering(probe)(request, response);
      else waiting += 1;
    });
    const host = await hostOf();
    const before = busyWith();
    const tunnel = createTunnelSupervisor({
      providers: [createLocaltunnel({ host, subdomain: 'reducto-leaks' })],
      ...{ port, probe, clock: systemClock, random: Math.random },
    });
    const seen: TunnelState[] = [];
    tunnel.subscribe((status) => seen.push(status.state));
    tunnel.start();
    await waitFor(() => tunnel.status().state === state);
    const { url } = tunnel.status();
    if (url !== null) {
      const { host: name, port: at } = new URL(url);
      const sender = get({
        host: '127.0.0.1',
        port: at,
        path: '/wait',
        headers: { host: name },
        agent: false,
      });
      sender.on('error', () => undefined).on('response', (response) => response.resume());
      await waitFor(() => waiting > 0);
    }
    await tunnel.close();
    const told = seen.length;
    tunnel.reopen();
    await backTo(before);
    expect(seen.at(-1)).toBe('closed');
    expect(seen).toHaveLength(told);
  });

  test('after it was opened again and again, and lost', async () => {
    const [server, probe] = [await startLocaltunnelServer(), createProbe()];
    const { port } = await listen(answering(probe));
    const before = busyWith();
    const tunnel = createTunnelSupervisor({
      providers: [createLocaltunnel({ host: server.url, subdomain: 'reducto-again' })],
      ...{ port, probe, clock: systemClock, random: () => 0 },
      timing: { backoffFirst: 10, backoffMost: 10, degradedEvery: 10 },
    });
    let opened = 0;
    let last: TunnelState = 'opening';
    tunnel.subscribe(({ state }) => {
      if (state === 'open' && last !== 'open') opened += 1;
      last = state;
    });
    tunnel.start();
    await waitFor(() => opened === 1);
    for (let times = 2; times <= 4; times++) {
      tunnel.reopen();
      await waitFor(() => opened === times, { timeoutMs: 20_000 });
    }
    await server.kill();
    await waitFor(() => tunnel.status().state === 'reconnecting');
    await tunnel.close();
    await backTo(before);
  });
});

describe('nobody listens to the signal any more', () => {
  const open = async (host: string, signal: AbortSignal): Promise<TunnelConnection | null> =>
    createLocaltunnel({ host })
      .open({ port: await freePort(), signal, onFailure: () => undefined })
      .catch(() => null);

  test('of what was opened, could not be, and was given up', async () => {
    const server = await startLocaltunnelServer();
    const silent = await silentServer();
    const before = busyWith();
    const { signal, listeners, abort } = countingSignal();
    const connection = await open(server.url, signal);
    expect(connection?.url).toMatch(/^http/);
    await connection!.close();
    expect(await open(`http://127.0.0.1:${await freePort()}`, signal)).toBeNull();
    expect(listeners()).toBe(0);
    const hanging = open(silent, signal);
    await waitFor(() => listeners() > 0);
    abort();
    expect(await hanging).toBeNull();
    expect(listeners()).toBe(0);
    await backTo(before);
  });

  test('of a probe, whatever it found', async () => {
    const probe = createProbe({ timeoutMs: 100 });
    const works = await listen(answering(probe));
    const fails = await listen((_, response) => response.writeHead(503).end());
    const silent = await silentServer();
    const before = busyWith();
    const { signal, listeners } = countingSignal();
    for (const url of [works.url, fails.url, silent, `http://127.0.0.1:${await freePort()}`])
      await probe.check(url, signal);
    expect(listeners()).toBe(0);
    await backTo(before);
  });
});
