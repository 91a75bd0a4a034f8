import { existsSync, readFileSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { isNewer, lookForUpdate, mayNotify } from '../../src/cli/update-notice.ts';
import { onCleanup, tempDir } from '../support/cleanup.ts';
import { bin } from '../support/cli.ts';
import { startTerminal } from '../support/tmux.ts';
import { waitFor } from '../support/wait.ts';

test.each([
  ['1.0.0', '0.1.0', true],
  ['0.10.0', '0.9.9', true],
  ['0.1.0', '0.1.0', false],
  ['0.1.0', '0.2.0', false],
  ['1.0.0', '1.0.0-rc.1', true],
  ['0.9.0', '1.0.0-rc.1', false],
])('%s beside %s is newer: %s', (latest, than, newer) => {
  expect(isNewer(latest, than)).toBe(newer);
});

test.each([
  [true, {}, {}, true],
  [true, { CI: 'false' }, {}, true],
  [true, { CI: 'true' }, {}, false],
  [true, { CI: '1' }, {}, false],
  [true, { BUILD_NUMBER: '7' }, {}, false],
  [true, { NO_UPDATE_NOTIFIER: '1' }, {}, false],
  [true, {}, { updateNotice: false }, false],
  [true, {}, { output: 'plain' }, true],
  [true, {}, { output: 'json' }, false],
  [false, {}, { output: 'plain' }, false],
] as const)(
  'on a terminal: %s, in an environment of %j, with %j, people are told: %s',
  (terminal, env, given, told) => {
    expect(mayNotify(env, given, terminal)).toBe(told);
  },
);

/** A registry of npm packages on this machine. */
async function registry(answer: RequestListener): Promise<{ url: string; asked: string[] }> {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(request.url!);
    answer(request, response);
  });
  server.listen(0, '127.0.0.1');
  await waitFor(() => server.listening);
  onCleanup(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/npm`, asked };
}

/** Runs `listen` on a terminal until `ready` and Ctrl-C. @returns the screen at its end */
async function run(
  npm: string,
  home: string,
  {
    flags = '',
    env = {},
    ready = () => true,
  }: { flags?: string; env?: Record<string, string>; ready?(): unknown } = {},
): Promise<string> {
  const command = `"${process.execPath}" "${bin}" --tunnel none --port 0 --inspector-port 0 --output plain ${flags}; echo; echo ENDED:`;
  const terminal = await startTerminal(command, {
    columns: 160,
    cwd: home,
    env: {
      npm_config_registry: npm,
      XDG_CACHE_HOME: home,
      REDUCTO_WEBHOOK_DEV_HOME: join(home, 'data'),
      ...env,
    },
  });
  onCleanup(() => terminal.kill());
  await terminal.waitFor('Listening on');
  await waitFor(ready);
  await terminal.press('C-c');
  const screen = await terminal.waitFor(/^ENDED:/m);
  await terminal.kill();
  return screen;
}

const notice =
  /reducto-webhook-dev 99\.0\.0 is out, and this is \d+\.\d+\.\d+: npx reducto-webhook-dev@latest/;

test('a newer version is told of at the end, and npm is asked once a day', async () => {
  const home = tempDir();
  const { url, asked } = await registry((_, response) =>
    response.end('{"latest":"99.0.0","next":"100.0.0-rc.1"}'),
  );
  const cache = join(home, 'reducto-webhook-dev', 'update.json');
  const known = (): boolean => existsSync(cache) && readFileSync(cache, 'utf8').includes('99.0.0');
  expect(await run(url, home, { ready: known })).toMatch(notice);
  expect(asked).toEqual(['/npm/-/package/reducto-webhook-dev/dist-tags']);

  expect(await run(url, home)).toMatch(notice);
  expect(await run(url, home, { flags: '--no-update-notice' })).not.toContain('is out');
  expect(asked).toHaveLength(1);
}, 90_000);

test('a registry that never answers is not waited for', async () => {
  const { url, asked } = await registry(() => undefined);
  expect(await run(url, tempDir(), { ready: () => asked.length === 1 })).not.toContain('is out');
}, 90_000);

describe('the question', () => {
  const hour = 3_600_000;
  const cached = (home: string): unknown =>
    JSON.parse(readFileSync(join(home, 'reducto-webhook-dev', 'update.json'), 'utf8'));
  beforeEach(() => void vi.stubEnv('XDG_CACHE_HOME', tempDir()));
  afterEach(() => void vi.unstubAllEnvs());

  test('is asked again after a day, not before, and its answer is told meanwhile', async () => {
    let latest = '98.0.0';
    const { url, asked } = await registry((_, response) => response.end(JSON.stringify({ latest })));
    const look = (at: number) => lookForUpdate({ npm_config_registry: url }, at);
    const first = look(0);
    await waitFor(() => first()?.includes('98.0.0'));
    latest = '99.0.0';
    expect(look(24 * hour - 1)()).toContain('98.0.0');
    expect(asked).toHaveLength(1);
    const next = look(24 * hour);
    expect(next()).toContain('98.0.0');
    await waitFor(() => next()?.includes('99.0.0'));
    expect(asked).toHaveLength(2);
  });

  test('is asked once a day, too, by a machine that is offline, and nothing is said', async () => {
    const gone = createServer().listen(0, '127.0.0.1');
    await waitFor(() => gone.listening);
    const { port } = gone.address() as AddressInfo;
    await new Promise((resolve) => gone.close(resolve));
    expect(lookForUpdate({ npm_config_registry: `http://127.0.0.1:${port}` }, 1000)()).toBeNull();
    expect(cached(process.env.XDG_CACHE_HOME!)).toEqual({ askedAt: 1000, latest: null });
    const { url, asked } = await registry((_, response) => response.end('{"latest":"99.0.0"}'));
    expect(lookForUpdate({ npm_config_registry: url }, 2000)()).toBeNull();
    expect(asked).toEqual([]);
  });

  test.each<[string, RequestListener]>([
    ['nonsense', (_, response) => response.end('{"latest":"99.0.0\\u001b[31m"}')],
    ['too much', (_, response) => response.end(`{"latest":"${'9'.repeat(5_000_000)}.0.0"}`)],
    ['an error', (_, response) => response.writeHead(500).end()],
  ])('that is answered with %s is not told of', async (_, answer) => {
    let answered = false;
    const { url } = await registry((request, response) => {
      response.once('close', () => (answered = true));
      answer(request, response);
    });
    const news = lookForUpdate({ npm_config_registry: url }, 0);
    await waitFor(() => answered);
    expect(news()).toBeNull();
  });
});
