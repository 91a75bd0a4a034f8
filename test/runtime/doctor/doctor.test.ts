import { once } from 'node:events';
import { chmodSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer as createSecureServer } from 'node:https';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parseEndpoint } from '../../../src/core/endpoint.ts';
import { judgeSkew, lookAtClock } from '../../../src/runtime/doctor/clock.ts';
import { judgeSpace, judgeSpeed, lookAtDataDir } from '../../../src/runtime/doctor/data-dir.ts';
import { judgeAnswer, lookAtEndpoints } from '../../../src/runtime/doctor/endpoints.ts';
import type { Finding, Look, Surroundings } from '../../../src/runtime/doctor/finding.ts';
import { diagnose } from '../../../src/runtime/doctor/index.ts';
import { lookAtNames } from '../../../src/runtime/doctor/names.ts';
import { lookAtNode } from '../../../src/runtime/doctor/node.ts';
import { lookAtPorts } from '../../../src/runtime/doctor/ports.ts';
import { lookAtProxies } from '../../../src/runtime/doctor/proxy.ts';
import { lookAtReducto } from '../../../src/runtime/doctor/reducto.ts';
import { lookAtTerminal } from '../../../src/runtime/doctor/terminal.ts';
import { lookAtTunnels } from '../../../src/runtime/doctor/tunnels.ts';
import { tunnelProviders } from '../../../src/tunnel/providers/index.ts';
import { noTunnel } from '../../../src/tunnel/supervisor.ts';
import { startApp } from '../../support/app.ts';
import { onCleanup, tempDir } from '../../support/cleanup.ts';
import { freePort } from '../../support/flask.ts';

/** A machine where all is well, but for what a test says. */
const machine = (odd: Partial<Surroundings> = {}): Surroundings => ({
  env: { LANG: 'C.UTF-8', TERM: 'xterm-256color', REDUCTO_BASE_URL: 'http://127.0.0.1:1' },
  platform: 'linux',
  nodeVersion: '22.1.0',
  terminal: { isTTY: true, colors: 256 },
  dataDir: tempDir(),
  running: null,
  ports: [],
  tunnel: { order: [], settings: {} },
  providers: { localtunnel: tunnelProviders.localtunnel },
  endpoints: [],
  insecure: false,
  timeUrls: [],
  ...odd,
});

/** What is said about one thing, each finding in a line. */
const said = async (look: Look, odd: Partial<Surroundings>, ms = 10_000): Promise<string[]> =>
  (await look(machine(odd), AbortSignal.timeout(ms))).map(line);

const line = ({ level, what, todo }: Finding): string =>
  `${level}: ${what}${todo === null ? '' : ` → ${todo}`}`;

/** A server on one address of this machine that takes connections and says nothing. */
async function silentServer(host = '127.0.0.1'): Promise<number> {
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    onCleanup(() => socket.destroy());
  });
  await once(server.listen(0, host), 'listening');
  onCleanup(() => server.close());
  return (server.address() as AddressInfo).port;
}

test('where all is well nothing is wrong', async () => {
  const { ok, findings } = await diagnose(machine());
  expect([ok, findings.filter(({ level }) => level === 'error')]).toEqual([true, []]);
});

describe('this machine', () => {
  test.each([
    ['20.19.0', /^ok/],
    ['24.0.0', /^ok/],
    ['20.18.3', /^error: Node 20\.18\.3 is too old → install Node 20\.19/],
    ['18.20.0', /^error/],
  ])('Node %s', async (nodeVersion, expected) => {
    expect((await said(lookAtNode, { nodeVersion }))[0]).toMatch(expected);
  });

  const utf8 = { LANG: 'C.UTF-8' };
  test.each<[string, Partial<Surroundings>, RegExp]>([
    ['no terminal', { terminal: { isTTY: false, colors: 0 } }, /^note: the output is no terminal/m],
    ['a dumb one', { env: { TERM: 'dumb' } }, /^warning: TERM is "dumb".* → use another terminal/m],
    ['NO_COLOR', { env: { NO_COLOR: '1' } }, /^note: no colours/m],
    [
      'few colours',
      { env: utf8, terminal: { isTTY: true, colors: 2 } },
      /^note: the terminal has 2 colours/m,
    ],
    ['no locale', { env: {} }, /^warning: the locale is not set.* → set LANG/m],
    ['another locale', { env: { LC_ALL: 'C', LANG: 'C.UTF-8' } }, /^warning: the locale is C:/m],
    ['no locale on Windows', { env: {}, platform: 'win32' }, /^ok: Unicode$/m],
    ['a terminal as clipboard', { env: utf8 }, /^ok: clipboard by/m],
  ])('terminal: %s', async (_what, odd, expected) => {
    expect((await said(lookAtTerminal, odd)).join('\n')).toMatch(expected);
  });

  test.each([
    ['HTTPS_PROXY', 'http://user:pa55@proxy:8080', /^warning: HTTPS_PROXY is set, and not used/],
    ['http_proxy', 'http://user:pa55@proxy:8080', /^warning: http_proxy is set/],
    ['NO_PROXY', 'localhost', /^ok/],
  ])('%s', async (name, value, expected) => {
    const [finding] = await said(lookAtProxies, { env: { [name]: value } });
    expect(finding).toMatch(expected);
    expect(finding).not.toContain('pa55');
  });
});

describe('the data directory', () => {
  test('one that is good leaves nothing behind', async () => {
    const dataDir = tempDir();
    expect((await said(lookAtDataDir, { dataDir })).join('\n')).toMatch(
      /^ok: .* is yours alone\nok: .* free .*\n(ok|warning): an fsync takes/,
    );
    expect(readdirSync(dataDir)).toEqual([]);
  });

  test.each([
    [0o755, /^warning: other users can look into .* → run: chmod 700 /],
    [0o777, /^warning: other users can write to .* → run: chmod 700 /],
  ])('with mode %o', async (mode, expected) => {
    const dataDir = tempDir();
    chmodSync(dataDir, mode);
    expect((await said(lookAtDataDir, { dataDir }))[0]).toMatch(expected);
  });

  test('one that is not there yet is not made', async () => {
    const parent = tempDir();
    const [first] = await said(lookAtDataDir, { dataDir: join(parent, 'a', 'b') });
    expect(first).toMatch(/^note: .*a\/b is made by the first listen$/);
    expect(readdirSync(parent)).toEqual([]);
  });

  test('a file in its place', async () => {
    const file = join(tempDir(), 'file');
    writeFileSync(file, '');
    for (const dataDir of [file, join(file, 'below')])
      expect(await said(lookAtDataDir, { dataDir })).toEqual([
        expect.stringMatching(
          /^error: .*file is no folder → remove it, or choose another folder with --data/,
        ),
      ]);
  });

  test('no room, and a slow disk', () => {
    expect([1e6, 100e6, 1e12].map((free) => judgeSpace(free).level)).toEqual(['error', 'warning', 'ok']);
    expect([3, 800].map((ms) => judgeSpeed(ms).level)).toEqual(['ok', 'warning']);
  });
});

describe('ports', () => {
  const port = (number: number, fixed = false) => [{ name: 'receiver', port: number, fixed }];

  test('free, any, taken, taken where it was chosen', async () => {
    const taken = await silentServer();
    expect(await said(lookAtPorts, { ports: port(await freePort()) })).toEqual([
      expect.stringMatching(/^ok: port \d+ \(receiver\) is free$/),
    ]);
    expect(await said(lookAtPorts, { ports: port(0) })).toEqual([]);
    expect((await said(lookAtPorts, { ports: port(taken) }))[0]).toMatch(
      /^warning: port \d+ \(receiver\) is taken.* → listen takes the next free one/,
    );
    expect((await said(lookAtPorts, { ports: port(taken, true) }))[0]).toMatch(/^error: .* is taken/);
  });

  test('held by the listen that runs', async () => {
    const taken = await silentServer();
    const running = {
      ...{ pid: 7, receiverUrl: `http://127.0.0.1:${taken}`, inspectorUrl: null, emulator: null },
      tunnel: noTunnel(0),
    };
    expect(await said(lookAtPorts, { ports: port(taken, true), running })).toEqual([
      `ok: port ${taken} (receiver) is held by the listen that runs (pid 7)`,
    ]);
  });
});

describe('the clock', () => {
  test.each([
    [500, 'ok'],
    [-20_000, 'ok'],
    [45_000, 'warning'],
    [-299_000, 'warning'],
    [301_000, 'error'],
    [-301_000, 'error'],
  ])('%d ms off', (ms, level) => {
    expect(judgeSkew(ms, 'example.com').level).toBe(level);
  });

  test("against an answer's Date, whoever of those asked gives one", async () => {
    const hourAgo = new Date(Date.now() - 3_600_000).toUTCString();
    const app = await startApp({ status: 404, headers: [['date', hourAgo]] });
    const nobody = `http://127.0.0.1:${await freePort()}`;
    expect((await said(lookAtClock, { timeUrls: [nobody, app.url] }))[0]).toMatch(
      /^error: the clock is .* ahead \(by 127\.0\.0\.1:\d+\): Svix's signatures are refused .* → /,
    );
    expect((await said(lookAtClock, { timeUrls: [nobody] }))[0]).toMatch(
      /^note: the clock could not be compared/,
    );
  });
});

describe('the network', () => {
  test('a name that is not known', async () => {
    const env = { REDUCTO_BASE_URL: 'https://api.nowhere.invalid' };
    expect(await said(lookAtNames, { env })).toEqual([
      expect.stringMatching(/^warning: .*api\.nowhere\.invalid.* → see that this machine is online/),
    ]);
    expect(await said(lookAtNames, { env: { REDUCTO_BASE_URL: 'http://127.0.0.1:1' } })).toEqual([
      'ok: 127.0.0.1 is 127.0.0.1',
    ]);
  });

  test('a tunnel whose server answers, and one whose does not', async () => {
    const there = await silentServer();
    const tunnel = (port: number) => ({
      order: ['localtunnel' as const],
      settings: { host: `http://127.0.0.1:${port}` },
    });
    const good = await said(lookAtTunnels, { tunnel: tunnel(there) });
    expect(good[0]).toBe('ok: a public URL can be asked for: localtunnel can be reached');
    expect(good).toContain(`ok: localtunnel: 127.0.0.1:${there} takes connections`);
    const bad = await said(lookAtTunnels, { tunnel: tunnel(await freePort()) });
    expect(bad[0]).toMatch(/^error: no public URL can be had: none of localtunnel can be used → /);
    expect(bad.join('\n')).toMatch(/^warning: localtunnel: 127\.0\.0\.1 refused the connection → /m);
  });

  test('a tunnel without its program', async () => {
    const row = { help: '', needs: 'x', create: tunnelProviders.url.create };
    const missing = { ...row, atHand: () => ({ ok: false as const, todo: 'install x.' }) };
    const settings = {};
    expect(
      await said(lookAtTunnels, {
        providers: { ngrok: { ...missing, untried: true }, ssh: missing, url: row },
        tunnel: { order: ['ngrok', 'url'], settings },
      }),
    ).toEqual([
      'ok: a public URL can be asked for: url can be reached',
      'warning: ngrok: its program is missing → install x.',
      'note: ssh: its program is missing',
      'ok: url: nothing to look at before it is tried',
      'note: tested against what their programs print, not against the services: ngrok',
    ]);
  });

  test('what is only a flag is looked at when it was given', async () => {
    const { command, url } = tunnelProviders;
    const rows = async (order: ('command' | 'url' | 'localtunnel')[], settings: object) =>
      (await said(lookAtTunnels, { providers: { command, url }, tunnel: { order, settings } })).slice(1);
    expect(await rows(['localtunnel'], {})).toEqual([]);
    const gone = `http://127.0.0.1:${await freePort()}`;
    expect(await rows(['url', 'command'], { command: 'no-such-program 1', publicUrl: gone })).toEqual([
      'warning: command: its program is missing → not installed: no-such-program: give its path, or put it on the PATH.',
      expect.stringMatching(/^warning: url: 127\.0\.0\.1 refused the connection → /),
    ]);
  });

  test('the public URL of a listen that runs', async () => {
    const running = (state: 'open' | 'reconnecting') => ({
      ...{ pid: 7, receiverUrl: 'http://127.0.0.1:1', inspectorUrl: null, emulator: null },
      tunnel: { ...noTunnel(0), state, url: 'https://x.example', reason: 'the server is gone' },
    });
    const first = async (state: 'open' | 'reconnecting') =>
      (await said(lookAtTunnels, { running: running(state) }))[0];
    expect(await first('open')).toBe('ok: the public URL is open: https://x.example');
    expect(await first('reconnecting')).toMatch(
      /^error: the public URL is reconnecting: the server is gone → /,
    );
  });
});

describe('the app', () => {
  const look = (endpoint: string, insecure = false) =>
    said(lookAtEndpoints, { endpoints: [parseEndpoint(endpoint)], insecure });

  test.each([
    [200, true, 'ok'],
    [401, true, 'ok'],
    [404, false, 'note'],
    [404, true, 'error'],
    [405, true, 'error'],
    [307, true, 'warning'],
    [500, true, 'warning'],
  ])('an answer %d, the path given: %s', (status, whole, level) => {
    expect(judgeAnswer('http://localhost:3000/', status, whole).level).toBe(level);
  });

  test('gets one POST, marked as ours', async () => {
    const app = await startApp({ status: 401 });
    expect(await look(`${app.url}/hook`)).toEqual([
      `ok: the app answers a POST of {} to ${app.url}/hook with 401`,
    ]);
    expect(app.requests).toHaveLength(1);
    expect(app.requests[0]).toMatchObject({ method: 'POST', url: '/hook', body: Buffer.from('{}') });
    expect(app.requests[0]!.header('user-agent')).toMatch(/^reducto-webhook-dev\/.* doctor$/);
  });

  test('is not there, is silent, is no HTTP', async () => {
    expect((await look(String(await freePort())))[0]).toMatch(/^error: the app: .*is the app running\?/);
    expect((await look((await startApp('hang')).url))[0]).toMatch(/^error: the app: .*no complete answer in/);
    expect((await look((await startApp({ raw: 'SSH-2.0-x\r\n' })).url))[0]).toMatch(/^error: .*not HTTP/);
  });

  test('listens by one family only', async () => {
    const server = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.end('HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n');
    });
    await once(server.listen(0, '::1'), 'listening');
    onCleanup(() => server.close());
    const { port } = server.address() as AddressInfo;
    expect((await look(String(port)))[1]).toMatch(/^note: the app listens on ::1 only/);
    expect((await look(`127.0.0.1:${port}`)).at(-1)).toBe(
      `error: the app listens on ::1 only, not on 127.0.0.1 → name it as localhost:${port}.`,
    );
  });

  test('speaks https, with a certificate of its own making', async () => {
    const pem = readFileSync(new URL('../../fixtures/self-signed.pem', import.meta.url));
    const server = createSecureServer({ key: pem, cert: pem }, (_request, response) => response.end());
    await once(server.listen(0, '127.0.0.1'), 'listening');
    onCleanup(() => {
      server.closeAllConnections();
      server.close();
    });
    const { port } = server.address() as AddressInfo;
    expect((await look(String(port)))[0]).toMatch(/the app speaks https: give it as https:\/\/localhost/);
    const findings = await look(`https://localhost:${port}`);
    expect(findings[0]).toMatch(/^ok/);
    expect(findings[1]).toMatch(/^note: the app's certificate is not vouched for \(.*\): on this machine/);
  });
});

describe("Reducto's API", () => {
  const key = 'r3ducto-key';
  const look = (base: string, apiKey: string | undefined = key, ms?: number) =>
    said(lookAtReducto, { env: { REDUCTO_BASE_URL: base, REDUCTO_API_KEY: apiKey } }, ms);

  test.each([
    [404, /^ok: .* takes the key in REDUCTO_API_KEY$/],
    [200, /^ok/],
    [401, /^error: .*does not take this API key \(401\).* → copy the key again/],
    [503, /^warning: .*failed \(503\)/],
  ])('answers %d', async (status, expected) => {
    const app = await startApp({ status, body: JSON.stringify({ detail: `key ${key}` }) });
    const [finding] = await look(app.url);
    expect(finding).toMatch(expected);
    expect(finding).not.toContain(key);
    expect(app.requests[0]!.header('authorization')).toBe(`Bearer ${key}`);
  });

  test('can not be asked', async () => {
    expect((await look('https://x.example', ''))[0]).toMatch(/^note: REDUCTO_API_KEY is not set/);
    expect((await look('https://x.example', 'ké y'))[0]).toMatch(/^error: REDUCTO_API_KEY has characters/);
    expect((await look('nonsense'))[0]).toMatch(/^error: REDUCTO_BASE_URL/);
    expect((await look(`http://127.0.0.1:${await freePort()}`))[0]).toMatch(
      /^error: Reducto's API can't be reached: .*refused/,
    );
    expect((await look(`http://127.0.0.1:${await silentServer()}`, key, 200))[0]).toMatch(
      /^error: Reducto's API can't be reached: it did not answer in time/,
    );
  });
});

test('what one look stumbles over does not keep the others from being told', async () => {
  const around = machine({ nodeVersion: null as never });
  const { findings } = await diagnose(around);
  expect(findings[0]).toMatchObject({
    about: 'node',
    level: 'warning',
    what: expect.stringContaining('could not be looked at'),
  });
  expect(findings.map(({ about }) => about)).toContain('data');
});
