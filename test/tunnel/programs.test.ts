import { chmodSync, copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { delimiter, dirname, join } from 'node:path';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { createProbe } from '../../src/tunnel/probe.ts';
import type { TunnelConnection, TunnelSettings } from '../../src/tunnel/provider.ts';
import { tunnelProviders } from '../../src/tunnel/providers/index.ts';
import { onCleanup, tempDir } from '../support/cleanup.ts';
import { startLocaltunnelServer } from '../support/localtunnel-server.ts';
import { waitFor } from '../support/wait.ts';
import { answering, listen, never } from './support.ts';

type Name = keyof typeof tunnelProviders;

async function open(name: Name, settings: TunnelSettings = {}, port = 4321): Promise<Opened> {
  const signs: string[] = [];
  const onFailure = (sign: string): void => void signs.push(sign);
  const connection = await tunnelProviders[name].create(settings).open({ port, signal: never, onFailure });
  onCleanup(() => connection.close());
  return { connection, signs };
}
interface Opened {
  connection: TunnelConnection;
  signs: string[];
}

describe('any command, tried with a real program: the client of localtunnel', () => {
  const client = join(dirname(createRequire(import.meta.url).resolve('localtunnel')), 'bin/lt.js');

  test.each([undefined, /your url is: (\S+)/])('its URL is found by the pattern %s', async (pattern) => {
    const server = await startLocaltunnelServer();
    const probe = createProbe();
    const { port } = await listen(answering(probe));
    const command = `"${process.execPath}" "${client}" --port {port} --subdomain by-command --host ${server.url}`;
    const { connection } = await open('command', { command, pattern }, port);
    expect(connection.url).toBe(`http://by-command.lt.localhost:${server.port}`);
    expect(await probe.check(connection.url, never)).toMatchObject({ ok: true });
  });

  test('a pattern may find a bare host and port', async () => {
    const command = `"${process.execPath}" -e "console.log('listening at bore.pub:4321'); setTimeout(() => {}, 60000)"`;
    const { connection } = await open('command', { command, pattern: /listening at (\S+)/ });
    expect(connection.url).toBe('http://bore.pub:4321');
  });

  test.each([undefined, '', '  '])('no command is a usage error: %j', (command) => {
    expect(() => tunnelProviders.command.create({ command })).toThrow('needs a program');
  });
});

// The real services can't be reached from here: stand-ins print what the real programs are documented to print.
describe('cloudflared, ngrok and the free SSH servers, by stand-ins', () => {
  let dir: string;
  let argsFile: string;
  beforeEach(() => {
    dir = tempDir();
    argsFile = join(dir, 'args.json');
    // Node alone besides, so that no real one is found.
    vi.stubEnv('PATH', [dir, dirname(process.execPath), '/bin'].join(delimiter));
    vi.stubEnv('STAND_IN_ARGS', argsFile);
    onCleanup(() => vi.unstubAllEnvs());
  });
  const put = (name: string, scenario: string): void => {
    copyFileSync(join(import.meta.dirname, 'fixtures/stand-in.mjs'), join(dir, name));
    chmodSync(join(dir, name), 0o755);
    vi.stubEnv('STAND_IN', scenario);
  };
  const args = (): string[] => JSON.parse(readFileSync(argsFile, 'utf8')) as string[];

  test('cloudflared: a quick tunnel', async () => {
    put('cloudflared', 'open');
    const { connection } = await open('cloudflared');
    expect(connection.url).toBe('https://calm-blue-otter-swims.trycloudflare.com');
    expect(args()).toEqual([
      'tunnel',
      '--config',
      '/dev/null',
      '--no-autoupdate',
      '--url',
      'http://localhost:4321',
    ]);
  });

  test('cloudflared: a named tunnel', async () => {
    put('cloudflared', 'open');
    const publicUrl = 'https://hooks.example.com';
    const { connection } = await open('cloudflared', { args: ['run', 'mine'], publicUrl });
    expect(connection.url).toBe(publicUrl);
    expect(args()).toEqual(['tunnel', '--no-autoupdate', '--url', 'http://localhost:4321', 'run', 'mine']);
  });

  test('ngrok: by its program, with a domain', async () => {
    put('ngrok', 'open');
    const { connection } = await open('ngrok', { domain: 'x.ngrok.app' });
    expect(connection.url).toBe('https://calm-otter.ngrok-free.app');
    expect(args()).toEqual([
      'http',
      '4321',
      '--log',
      'stdout',
      '--log-format',
      'json',
      '--domain',
      'x.ngrok.app',
    ]);
  });

  test.each([
    ['pinggy', 'https://rnqxy-203-0-113-7.a.free.pinggy.link', 'free.pinggy.io', '0:localhost:4321'],
    ['localhost.run', 'https://5d4f1c2b3a.lhr.life', 'nokey@localhost.run', '80:localhost:4321'],
    ['serveo', 'https://calm-otter.serveo.net', 'serveo.net', '80:localhost:4321'],
  ] as const)('%s: its URL among all it says', async (name, url, host, forward) => {
    put('ssh', name);
    expect((await open(name)).connection.url).toBe(url);
    expect(args().at(-1)).toBe(host);
    expect(args()[args().indexOf('-R') + 1]).toBe(forward);
  });

  test('a free server that refuses: said in words', async () => {
    put('ssh', 'refused');
    await expect(open('serveo')).rejects.toThrow('the server does not forward that port');
  });

  test.each([
    ['cloudflared', 'too many', 'no more quick tunnels for now'],
    ['cloudflared', 'offline', 'Cloudflare is not found by DNS'],
    ['ngrok', 'no token', 'an account is needed: set NGROK_AUTHTOKEN'],
    ['ngrok', 'not reserved', 'the domain is not reserved for your account'],
  ] as const)('%s, %s: said in words', async (name, scenario, message) => {
    put(name, scenario);
    await expect(open(name)).rejects.toThrow(message);
  });

  test.each([
    ['cloudflared', 'Unable to establish connection'],
    ['ngrok', 'read EOF from remote peer'],
  ] as const)('%s: a lost connection is a sign of failure', async (name, sign) => {
    put(name, 'lost');
    const { signs } = await open(name);
    await waitFor(() => signs.some((said) => said.includes(sign)));
  });

  test.each(['cloudflared', 'ngrok'] as const)('%s is not there: how to get it', async (name) => {
    const message = /not installed: get it with "npm install -D/;
    await expect(open(name)).rejects.toThrow(message);
    const atHand = tunnelProviders[name].atHand();
    expect(atHand.ok).toBe(false);
  });

  describe('what the project of the user has', () => {
    const project = (name: string, file: string, content: string, main?: object): void => {
      const folder = join(dir, 'node_modules', name);
      mkdirSync(dirname(join(folder, file)), { recursive: true });
      writeFileSync(join(folder, file), content);
      if (main !== undefined) writeFileSync(join(folder, 'package.json'), JSON.stringify(main));
      // In a monorepo it is installed for all of its packages.
      vi.spyOn(process, 'cwd').mockReturnValue(join(dir, 'packages', 'app'));
      onCleanup(() => vi.restoreAllMocks());
    };

    test("cloudflared's npm package", async () => {
      project(
        'cloudflared',
        'bin/cloudflared',
        readFileSync(join(import.meta.dirname, 'fixtures/stand-in.mjs'), 'utf8'),
      );
      chmodSync(join(dir, 'node_modules/cloudflared/bin/cloudflared'), 0o755);
      writeFileSync(join(dir, 'node_modules/cloudflared/package.json'), '{"type":"module"}');
      vi.stubEnv('STAND_IN', 'open');
      expect((await open('cloudflared')).connection.url).toMatch(/trycloudflare\.com$/);
    });

    const ngrok = (body: string): void =>
      project('@ngrok/ngrok', 'index.js', `exports.forward = async (options) => { ${body} };`, {
        main: 'index.js',
      });

    test("ngrok's npm package", async () => {
      ngrok(`setTimeout(() => options.on_status_change(options.addr, 'session lost'), 10);
        if (options.addr !== 'localhost:4321' || options.domain !== 'x.ngrok.app' || !options.authtoken_from_env) throw new Error('not so');
        return { url: () => 'https://x.ngrok.app', close: async () => undefined };`);
      const { connection, signs } = await open('ngrok', { domain: 'x.ngrok.app' });
      expect(connection.url).toBe('https://x.ngrok.app');
      await waitFor(() => signs.includes('ngrok: session lost'));
    });

    test("ngrok's npm package says what is wrong", async () => {
      ngrok(`throw new Error('failed to connect session ERR_NGROK_108');`);
      await expect(open('ngrok')).rejects.toThrow('another agent of your account is running');
    });
  });
});

test('a URL that leads here already is taken as it is', async () => {
  const { connection } = await open('url', { publicUrl: 'https://hooks.example.com' });
  expect(connection).toMatchObject({ url: 'https://hooks.example.com', note: null });
  expect(() => tunnelProviders.url.create({})).toThrow('--public-url https://hooks.example.com');
});
