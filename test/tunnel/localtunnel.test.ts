import { createHash, randomBytes } from 'node:crypto';
import { once, setMaxListeners } from 'node:events';
import http from 'node:http';
import net, { type AddressInfo } from 'node:net';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import { UserError } from '../../src/core/errors.ts';
import { createProbe } from '../../src/tunnel/probe.ts';
import type { TunnelConnection } from '../../src/tunnel/provider.ts';
import { tunnelProviders } from '../../src/tunnel/providers/index.ts';
import { onCleanup } from '../support/cleanup.ts';
import { freePort, type LocaltunnelServer, startLocaltunnelServer } from '../support/localtunnel-server.ts';
import { waitFor } from '../support/wait.ts';
import { answering, listen, never } from './support.ts';

let server: LocaltunnelServer;
beforeAll(async () => {
  server = await startLocaltunnelServer();
});

interface Opening {
  host?: string;
  port: number;
  subdomain?: string;
  signal?: AbortSignal;
  onFailure?: (sign: string) => void;
}

async function open({
  host = server.url,
  port,
  subdomain,
  signal = never,
  onFailure,
}: Opening): Promise<TunnelConnection> {
  const provider = tunnelProviders.localtunnel.create({ host, subdomain });
  const connection = await provider.open({ port, signal, onFailure: onFailure ?? (() => {}) });
  onCleanup(() => connection.close());
  return connection;
}

/** Sends a body through a public URL, as a sender with a working DNS would. */
function post(
  publicUrl: string,
  body: Uint8Array,
  signal?: AbortSignal,
): Promise<{ status: number | undefined; body: Buffer }> {
  const { host, port } = new URL(publicUrl);
  return new Promise((resolve, reject) => {
    const options = {
      host: '127.0.0.1',
      port,
      method: 'POST',
      path: '/webhook',
      headers: { host },
      agent: false,
      ...(signal ? { signal } : {}),
    };
    const request = http.request(options, async (response) =>
      resolve({ status: response.statusCode, body: Buffer.concat(await response.toArray()) }),
    );
    request.on('error', reject).end(body);
  });
}

test('leads 50 concurrent requests to the local server, bytes untouched', async () => {
  const probe = createProbe();
  const { port } = await listen(answering(probe));
  const { url, note } = await open({ port, subdomain: 'fifty-at-once' });
  expect({ url, note }).toEqual({ url: `http://fifty-at-once.lt.localhost:${server.port}`, note: null });
  expect(await probe.check(url, never)).toMatchObject({ ok: true });
  const bodies = Array.from({ length: 50 }, () => randomBytes(20_000));
  const digest = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
  const answers = await Promise.all(bodies.map((body) => post(url, body)));
  expect(answers.map(({ body }) => digest(body))).toEqual(bodies.map(digest));
});

test('a server that closes every connection is not overrun, and closing ends the pauses', async () => {
  const { port } = await listen((_, response) => response.end());
  const closer = net.createServer((socket) => socket.destroy()).listen(0, 'localhost');
  await once(closer, 'listening');
  onCleanup(() => closer.close());
  let taken = 0;
  closer.on('connection', () => (taken += 1));
  const { port: tunnelPort } = closer.address() as AddressInfo;
  const { port: front } = await listen((_, response) => {
    const name = { id: 'closing', port: tunnelPort, url: 'http://closing.localhost', max_conn_count: 10 };
    response.end(JSON.stringify(name));
  });
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  onCleanup(() => vi.useRealTimers());
  const { close } = await open({ host: `http://localhost:${front}`, port });
  // Two rounds of its ten at once, then ten after each pause, which is twice as long every time.
  let expected = 29;
  for (const ms of [200, 400, 800, 1600, 3200, 5000, 5000]) {
    await waitFor(() => vi.getTimerCount() === 10, { what: 'ten that pause' });
    expect(taken).toBe(expected);
    vi.advanceTimersByTime(ms - 1);
    expect(vi.getTimerCount()).toBe(10);
    vi.advanceTimersByTime(1);
    expected += 10;
  }
  await close();
});

test('a name that is taken: another is given, and is visible', async () => {
  const { port } = await listen((_, response) => response.end());
  await open({ port, subdomain: 'taken' });
  const second = await open({ port, subdomain: 'taken' });
  expect(second.url).not.toContain('taken');
  expect(second.note).toMatch(/^the name "taken" is held by another client/);
});

test('outlives local connections that are reset, each of which costs localtunnel itself one of its ten', async () => {
  let resets = 0;
  const { port } = await listen((request, response) => {
    if (request.headers['content-length'] !== '1') return void response.end('alive');
    resets += 1;
    request.socket.resetAndDestroy();
  });
  const { url } = await open({ port });
  // The server leaves a sender whose request was reset without any answer.
  const hangUp = new AbortController();
  setMaxListeners(0, hangUp.signal); // every post listens
  const posts = Array.from({ length: 15 }, () => post(url, Buffer.from('x'), hangUp.signal));
  const sent = Promise.allSettled(posts);
  await waitFor(() => resets === 15);
  hangUp.abort();
  expect((await sent).map(({ status }) => status)).toEqual(Array(15).fill('rejected'));
  expect((await post(url, Buffer.from('xx'))).body.toString()).toBe('alive');
});

test('idle connections keep with the time-outs off; with them on, the next sender would get the 408', async () => {
  const quiet = await listen((_, response) => response.end());
  const strict = await listen((_, response) => response.end(), {
    headersTimeout: 100,
    requestTimeout: 100,
    connectionsCheckingInterval: 50,
  });
  const urls = [await open({ port: quiet.port }), await open({ port: strict.port })].map(({ url }) => url);
  await waitFor(() => quiet.connections() === 10 && strict.connections() === 10 && strict.open() === 0);
  expect(quiet.open()).toBe(10);
  const answers = await Promise.all(urls.map((url) => post(url, Buffer.from('x'))));
  expect(answers.map(({ status }) => status)).toEqual([200, 408]);
});

test('signs of failure come when the server goes away, and end with close()', async () => {
  const doomed = await startLocaltunnelServer();
  const { port } = await listen((_, response) => response.end());
  const signs: string[] = [];
  const connection = await open({ host: doomed.url, port, onFailure: (sign) => signs.push(sign) });
  await doomed.kill();
  await waitFor(() => signs.some((sign) => sign.includes('connection refused')));
  await waitFor(() => signs.includes('all connections to the tunnel server were lost'));
  await connection.close();
  const { length } = signs;
  await new Promise((resolve) => setImmediate(resolve));
  expect(signs).toHaveLength(length);
});

describe('says why there is no tunnel', () => {
  test('the server is down', async () => {
    const host = `http://127.0.0.1:${await freePort()}`;
    const refused = new UserError(
      'tunnel',
      `No tunnel from ${host}: ${host.slice(7)} refused the connection`,
    );
    await expect(open({ host, port: 1 })).rejects.toEqual(refused);
  });

  test('something else answers there', async () => {
    const { url } = await listen((_, response) => response.end('<html>'));
    await expect(open({ host: url, port: 1 })).rejects.toThrow('not a localtunnel server');
  });

  test('the server refuses', async () => {
    const { url } = await listen((_, response) => response.writeHead(403).end('no \x1b[31mway'));
    await expect(open({ host: url, port: 1 })).rejects.toThrow(
      'it answered with status 403: no \\x1b[31mway',
    );
  });

  test('the port for the connections is closed', async () => {
    const port = await freePort();
    const registration = { id: 'x', port, url: 'http://x.localhost', max_conn_count: 3 };
    const { url } = await listen((_, response) => response.end(JSON.stringify(registration)));
    await expect(open({ host: url, port: 1 })).rejects.toThrow(
      `refused: localhost:${port} (check your firewall`,
    );
  });

  test('a name or host of no use is a usage error', () => {
    const { create } = tunnelProviders.localtunnel;
    for (const name of ['abc', 'Upper', '-dash', 'a.b.c.d', 'x'.repeat(64)])
      expect(() => create({ subdomain: name })).toThrow(UserError);
    for (const name of ['abcd', 'a-b-cd', 'x'.repeat(63)])
      expect(create({ subdomain: name }).name).toBe('localtunnel');
    expect(() => create({ host: 'loca.lt' })).toThrow('is not an http(s) URL');
  });
});

test('a server that does not answer is given 8 s', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  onCleanup(() => vi.useRealTimers());
  const { url } = await listen(() => vi.advanceTimersByTime(8_000));
  await expect(open({ host: url, port: 1 })).rejects.toThrow(`No tunnel from ${url}: timed out after 8.0 s`);
});

test('opening can be given up', async () => {
  const aborting = new AbortController();
  const reason = new Error('given up');
  const { url } = await listen(() => aborting.abort(reason));
  await expect(open({ host: url, port: 1, signal: aborting.signal })).rejects.toBe(reason);
});
