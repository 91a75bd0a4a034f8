import { describe, expect, test, vi } from 'vitest';
import { UserError } from '../../src/core/errors.ts';
import { systemClock } from '../../src/core/ids.ts';
import { probePath } from '../../src/core/probe.ts';
import type { TunnelStatus } from '../../src/core/session.ts';
import { createProbe, type Probe } from '../../src/tunnel/probe.ts';
import type { TunnelProvider } from '../../src/tunnel/provider.ts';
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
    providers: [tunnelProviders.localtunnel.create({ host, subdomain: 'reducto-test' })],
    port,
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
  await until('open');
  expect(await probe.check(url!, never)).toMatchObject({ ok: true });
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
  expect(tunnel.status().reason).toContain(`point to the old one, ${before}`);
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
    if (toFail === 0 || request.url !== probePath) return answering(probe)(request, response);
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
  expect(seen.find(({ state }) => state === 'degraded')?.reason).toMatch(/answered with status 503/);
  toFail = 2;
  await waitFor(() => states(seen).length === 6);
  expect(states(seen).slice(3)).toEqual(['degraded', 'reconnecting', 'open']);
});

test('a URL that someone else answers is never called open', async () => {
  const impostor = await listen((_, response) => response.end('f'.repeat(64)));
  const provider = {
    name: 'impostor',
    open: async () => ({ url: impostor.url, note: null, close: async () => {} }),
  };
  const { until, seen } = supervise('http://unused', 1, {
    providers: [provider],
    timing: { verifyWithin: 500 },
  });
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
      open: () => Promise.reject(new UserError('dns', `no network ${++tries}`)),
    };
    const { tunnel } = supervise('http://unused', 1, { providers: [provider], random: () => random });
    for (let turn = 1; turn <= 6; turn += 1) {
      await vi.advanceTimersByTimeAsync(0);
      let waited = 0;
      for (; tries === turn; waited += 1) await vi.advanceTimersByTimeAsync(1);
      waits.push(waited);
    }
    expect(tunnel.status()).toMatchObject({
      state: 'opening',
      reason: 'see reducto-webhook-dev doctor; no network 7',
    });
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

test('no provider: off', async () => {
  const off = supervise('http://unused', 1, { providers: [] });
  expect(off.tunnel.status()).toMatchObject({ provider: 'none', state: 'off', url: null });
  await off.tunnel.close();
  expect(off.seen).toEqual([]);
});

/** A provider that gives a URL, as often as asked, until it is told not to. */
function fakeProvider(name: string, url: string): TunnelProvider & { broken: string | null; opened: number } {
  return {
    name,
    broken: null,
    opened: 0,
    async open() {
      this.opened += 1;
      if (this.broken !== null) throw new UserError('tunnel', this.broken);
      return { url, note: null, close: async () => {} };
    },
  };
}

describe('a program that names several URLs', () => {
  /** Names the first, and the others as well from the moment that they are put there. */
  const naming = (url: string, others: string[]): TunnelProvider => ({
    name: 'naming',
    open: async () => ({ url, named: () => [...others, url], note: null, close: async () => {} }),
  });

  test('the one that leads here is found, whichever it is', async () => {
    const docs = await listen((_, response) => response.end('how to use it'));
    const probe = createProbe();
    const { port, url } = await listen(answering(probe));
    const { until, changes } = supervise('http://unused', port, {
      providers: [naming(docs.url, [url])],
      probe,
    });
    expect(await until('open', /^$/)).toMatchObject({ url });
    expect(changes).toEqual([]);
  });

  test('one that it names when the first is gone takes over, loudly; one that leads elsewhere never', async () => {
    const probe = createProbe();
    let moved = false;
    const old = await listen((request, response) =>
      moved ? response.writeHead(404).end() : answering(probe)(request, response),
    );
    const { port, url } = await listen(answering(probe));
    const docs = await listen((_, response) => response.end('please pay'));
    const others: string[] = [];
    const { until, changes, seen } = supervise('http://unused', port, {
      providers: [naming(old.url, others)],
      ...{ probe, timing: { probeEvery: 50 } },
    });
    await until('open');
    others.unshift(docs.url);
    moved = true;
    others.unshift(url);
    await until('open', /^THE PUBLIC URL HAS CHANGED/);
    expect(changes).toEqual([[old.url, url]]);
    expect(states(seen)).not.toContain('reconnecting');
    expect(seen.map((status) => status.url)).not.toContain(docs.url);
  });
});

describe('an order of tunnels', () => {
  const timing = {
    verifyWithin: 300,
    verifyEvery: 50,
    degradedEvery: 50,
    backoffFirst: 50,
    backoffMost: 200,
  };
  const quick = { ...timing, probeEvery: 100, fallOverAfter: 1_000 };

  async function here(): Promise<{ probe: Probe; port: number; url: string; other: string }> {
    const probe = createProbe();
    const one = await listen(answering(probe));
    const two = await listen(answering(probe));
    return { probe, port: one.port, url: one.url, other: two.url };
  }

  test('the first that can not be opened is passed over at once', async () => {
    const { probe, port, url } = await here();
    const first = fakeProvider('first', 'http://unused');
    first.broken = 'no such server';
    const { until, changes } = supervise('http://unused', port, {
      providers: [first, fakeProvider('second', url)],
      ...{ probe, timing },
    });
    const status = await until('open', /^second has taken over: first: no such server$/);
    expect(status).toMatchObject({ provider: 'second', order: ['first', 'second'], url });
    expect(changes).toEqual([]);
  });

  test('the first that leads elsewhere is passed over', async () => {
    const { probe, port, url } = await here();
    const elsewhere = await listen((_, response) => response.end('hello'));
    const { until } = supervise('http://unused', port, {
      providers: [fakeProvider('first', elsewhere.url), fakeProvider('second', url)],
      ...{ probe, timing },
    });
    expect(await until('open', /answered by someone else/)).toMatchObject({ provider: 'second' });
  });

  test('one that dies later is given its time, then the next takes over, loudly; the first only when asked', async () => {
    const { probe, port, url, other } = await here();
    const dying = { ok: true };
    const [first, second] = [fakeProvider('first', url), fakeProvider('second', other)];
    const { until, changes, tunnel, seen } = supervise('http://unused', port, {
      providers: [first, second],
      timing: quick,
      probe: {
        compare: async () => [],
        check: (where, signal) =>
          where === url && !dying.ok
            ? Promise.resolve({ ok: false, reason: 'gone' })
            : probe.check(where, signal),
      },
    });
    await until('open');
    dying.ok = false;
    first.broken = 'still gone';
    const status = await until('open', /THE PUBLIC URL HAS CHANGED/);
    expect(status).toMatchObject({ provider: 'second', url: other });
    expect(status.reason).toContain('second has taken over from first');
    expect(changes).toEqual([[url, other]]);
    expect(first.opened).toBeGreaterThan(2); // it was given the time to come back
    dying.ok = true;
    first.broken = null;
    const openedBefore = first.opened;
    const probes = seen.length;
    await waitFor(() => seen.length > probes + 2);
    expect(first.opened).toBe(openedBefore);
    tunnel.reopen();
    await until('open', /first has taken over from second/);
    expect(changes).toEqual([
      [url, other],
      [other, url],
    ]);
  });

  test('with none to be had, all are tried again and again, with pauses', async () => {
    const { probe, port } = await here();
    const providers = ['first', 'second'].map((name) => fakeProvider(name, 'http://unused'));
    for (const provider of providers) provider.broken = `${provider.name} is down`;
    const { until } = supervise('http://unused', port, { providers, probe, timing });
    expect((await until('opening', /second is down/)).reason).toBe('first is down; second is down');
    await waitFor(() => providers.every(({ opened }) => opened >= 3));
    expect((await until('opening', /doctor/)).reason).toBe(
      'see reducto-webhook-dev doctor; first is down; second is down',
    );
  });
});

test('a machine that was asleep looks at once whether its URL still works', async () => {
  const { probe, port, url } = await (async () => {
    const probe = createProbe();
    return { probe, ...(await listen(answering(probe))) };
  })();
  let checks = 0;
  const { until } = supervise('http://unused', port, {
    providers: [fakeProvider('only', url)],
    timing: { probeEvery: 600_000, wakeEvery: 20 },
    probe: {
      compare: async () => [],
      check: (where, signal) => {
        checks += 1;
        return probe.check(where, signal);
      },
    },
  });
  await until('open');
  expect(checks).toBe(1);
  const now = Date.now;
  vi.spyOn(Date, 'now').mockImplementation(() => now() + 60_000);
  onCleanup(() => vi.restoreAllMocks());
  await waitFor(() => checks >= 2);
});

test('a flood of signs is no flood of probes', async () => {
  let [checks, rung] = [0, 0];
  const verifyEvery = 100;
  const startedAt = performance.now();
  const { until } = supervise('http://unused', 1, {
    providers: [
      {
        name: 'only',
        open: async ({ onFailure }) => {
          const timer = setInterval(() => {
            rung += 1;
            onFailure('says a lot');
          }, 1);
          return { url: 'http://only', note: null, close: async () => clearInterval(timer) };
        },
      },
    ],
    timing: { probeEvery: 600_000, verifyEvery },
    probe: {
      compare: async () => [],
      check: async () => {
        checks += 1;
        return { ok: true, ms: 1 };
      },
    },
  });
  await until('open');
  await waitFor(() => checks >= 5 && rung > 100);
  expect(checks).toBeLessThanOrEqual((performance.now() - startedAt) / verifyEvery + 1);
});
