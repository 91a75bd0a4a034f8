import { expect, test, vi } from 'vitest';
import { UserError } from '../../src/core/errors.ts';
import { systemClock } from '../../src/core/ids.ts';
import type { TunnelStatus } from '../../src/core/session.ts';
import { createProbe } from '../../src/tunnel/probe.ts';
import { tunnelProviders } from '../../src/tunnel/providers/index.ts';
import {
  createTunnelSupervisor,
  type TunnelSupervisor,
  type TunnelSupervisorOptions,
} from '../../src/tunnel/supervisor.ts';
import { onCleanup } from '../support/cleanup.ts';
import { freePort, startLocaltunnelServer } from '../support/localtunnel-server.ts';
import { waitFor } from '../support/wait.ts';
import { answering, listen, never } from './support.ts';

interface Watched {
  tunnel: TunnelSupervisor;
  seen: TunnelStatus[];
  changes: string[][];
  /** Waits for the current status to fit. */
  until(state: string, reason?: RegExp): Promise<TunnelStatus>;
}

/** A started supervisor, with all that it said. */
function supervise(host: string, port: number, options: Partial<TunnelSupervisorOptions> = {}): Watched {
  const seen: TunnelStatus[] = [];
  const changes: string[][] = [];
  const tunnel = createTunnelSupervisor({
    provider: tunnelProviders.localtunnel.create({ host }),
    port,
    subdomain: 'reducto-test',
    probe: createProbe(),
    clock: systemClock,
    random: Math.random,
    onUrlChanged: (from, to) => changes.push([from, to]),
    ...options,
  });
  onCleanup(() => tunnel.close());
  tunnel.subscribe((status) => seen.push(status));
  tunnel.start();
  const until = (state: string, reason = /(?:)/): Promise<TunnelStatus> =>
    waitFor(
      () => {
        const status = tunnel.status();
        return status.state === state && reason.test(status.reason ?? '') ? status : null;
      },
      { timeoutMs: 20_000, what: `${state} ${reason}` },
    );
  return { tunnel, seen, changes, until };
}

const states = (seen: TunnelStatus[]): string[] =>
  seen.map(({ state }) => state).filter((state, index, all) => state !== all[index - 1]);

test('comes back under the same URL within 15 s after its server was killed and started again', async () => {
  const server = await startLocaltunnelServer();
  const probe = createProbe();
  const { port } = await listen(answering(probe));
  const { until, seen, changes, tunnel } = supervise(server.url, port, { probe });
  expect(tunnel.status().state).toBe('opening');
  const { url } = await until('open');
  expect(url).toBe(`http://reducto-test.lt.localhost:${server.port}`);

  await server.kill();
  await until('reconnecting', /refused/);
  await server.start();
  const returned = performance.now();
  await until('open');
  expect(await probe.check(url!, never)).toEqual({ ok: true });
  const elapsed = performance.now() - returned;
  expect(elapsed).toBeLessThan(15_000);
  expect(states(seen)).toEqual(['open', 'degraded', 'reconnecting', 'open']);
  expect(changes).toEqual([]);
});

test('the wanted name is taken from the start: works under another, and says so', async () => {
  const server = await startLocaltunnelServer();
  const probe = createProbe();
  const { port } = await listen(answering(probe));
  await supervise(server.url, port, { probe }).until('open');
  const { until, changes } = supervise(server.url, port, { probe });
  const { url } = await until('open', /"reducto-test" is held by another client/);
  expect(url).not.toContain('reducto-test');
  expect(changes).toEqual([]);
});

test('another client took the name while the server was away: the new URL is announced loudly', async () => {
  const server = await startLocaltunnelServer();
  const probe = createProbe();
  const { port } = await listen(answering(probe));
  const { until, changes, tunnel } = supervise(server.url, port, {
    probe,
    timing: { backoffFirst: 60_000, backoffMost: 60_000 },
  });
  const { url: before } = await until('open');
  await server.kill();
  await until('reconnecting');
  await server.start();
  await supervise(server.url, port, { probe }).until('open', /^$/);
  tunnel.reopen();
  const { url: after } = await until('open', /^THE PUBLIC URL HAS CHANGED/);
  expect(changes).toEqual([[before, after]]);
  expect(tunnel.status().reason).toContain(`from ${before} to ${after}`);
});

test('reopen() keeps the URL, though the server still holds the name for the old connection', async () => {
  const server = await startLocaltunnelServer();
  const probe = createProbe();
  const { port } = await listen(answering(probe));
  const { until, seen, changes, tunnel } = supervise(server.url, port, { probe });
  const { url } = await until('open');
  tunnel.reopen();
  await until('reconnecting', /as asked/);
  expect(await until('open')).toMatchObject({ url, reason: null });
  expect(states(seen)).toEqual(['open', 'reconnecting', 'open']);
  expect(changes).toEqual([]);
});

test('without a server: says why, keeps trying, and opens when it comes', async () => {
  const free = await freePort();
  const probe = createProbe();
  const { port } = await listen(answering(probe));
  const { until, tunnel } = supervise(`http://127.0.0.1:${free}`, port, { probe });
  await until('opening', new RegExp(`127.0.0.1:${free} refused the connection`));
  expect(tunnel.status().url).toBeNull();
  await startLocaltunnelServer(free);
  await until('open', /^$/);
});

test('one failed probe: degraded, and open again; two: reconnecting', async () => {
  const server = await startLocaltunnelServer();
  const probe = createProbe();
  let toFail = 0;
  const { port } = await listen((request, response) => {
    if (toFail === 0) return answering(probe)(request, response);
    toFail -= 1;
    response.writeHead(503).end();
  });
  const { until, seen } = supervise(server.url, port, {
    probe,
    timing: { probeEvery: 50, degradedEvery: 50 },
  });
  await until('open');
  toFail = 1;
  await waitFor(() => states(seen).length === 3);
  expect(states(seen)).toEqual(['open', 'degraded', 'open']);
  expect(seen[1]?.reason).toMatch(/answered with status 503/);
  toFail = 2;
  await waitFor(() => states(seen).length === 6);
  expect(states(seen).slice(3)).toEqual(['degraded', 'reconnecting', 'open']);
});

test('a URL that someone else answers is never called open', async () => {
  const impostor = await listen((_, response) => response.end('f'.repeat(64)));
  const provider = {
    name: 'impostor',
    nameHeldMs: 0,
    checkSubdomain: () => {},
    open: async () => ({ url: impostor.url, subdomain: 'reducto-test', close: async () => {} }),
  };
  const { until, seen } = supervise('http://unused', 1, { provider, timing: { verifyWithin: 500 } });
  expect((await until('opening', /answered by someone else/)).url).toBeNull();
  expect(states(seen)).toEqual(['opening']);
});

test('waits 0.5 s before the second try, then longer, and never more than 5 s', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  onCleanup(() => vi.useRealTimers());
  const waits: number[] = [];
  for (const random of [0, 0.999]) {
    let tries = 0;
    const provider = {
      name: 'offline',
      nameHeldMs: 0,
      checkSubdomain: () => {},
      open: () => Promise.reject(new UserError('dns', `no network ${++tries}`)),
    };
    const { tunnel } = supervise('http://unused', 1, { provider, random: () => random });
    for (let turn = 1; turn <= 6; turn += 1) {
      await vi.advanceTimersByTimeAsync(0);
      let waited = 0;
      for (; tries === turn; waited += 1) await vi.advanceTimersByTimeAsync(1);
      waits.push(waited);
    }
    expect(tunnel.status()).toMatchObject({ state: 'opening', reason: 'no network 7' });
  }
  expect(waits).toEqual([500, 1000, 2000, 4000, 4000, 4000, 624, 1249, 2499, 4999, 4999, 4999]);
});

test('close() leaves nothing behind, whatever was under way', async () => {
  const resources = (): number =>
    process.getActiveResourcesInfo().filter((name) => /TCPSocketWrap|TCPWrap|Timeout/.test(name)).length;
  const server = await startLocaltunnelServer();
  const silent = await listen(() => {});
  const probe = createProbe();
  const { port } = await listen(answering(probe));
  await waitFor(() => !process.getActiveResourcesInfo().includes('TCPSocketWrap'));
  const before = resources();

  const opening = supervise(silent.url, port, { probe });
  await waitFor(() => silent.connections() === 1);
  const reconnecting = supervise(`http://127.0.0.1:${await freePort()}`, port, { probe });
  await reconnecting.until('opening', /refused/);
  const open = supervise(server.url, port, { probe });
  await open.until('open');
  for (const { tunnel, seen } of [opening, reconnecting, open]) {
    await tunnel.close();
    expect(tunnel.status().state).toBe('closed');
    expect(seen.at(-1)?.state).toBe('closed');
  }
  await waitFor(() => resources() <= before, { timeoutMs: 3_000, what: 'sockets and timers to be gone' });
});

test('no provider: off; a name of no use: an error at once', async () => {
  const off = supervise('http://unused', 1, { provider: tunnelProviders.none.create() });
  expect(off.tunnel.status()).toMatchObject({ provider: 'none', state: 'off', url: null });
  await off.tunnel.close();
  expect(off.seen).toEqual([]);
  expect(() => supervise('http://unused', 1, { subdomain: 'No!' })).toThrow('use 4 to 63');
});
