import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { isNewer, mayNotify } from '../../src/cli/update-notice.ts';
import { findConfig } from '../../src/runtime/config-file.ts';
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
  [{}, true],
  [{ CI: 'false' }, true],
  [{ CI: 'true' }, false],
  [{ CI: '1' }, false],
  [{ BUILD_NUMBER: '7' }, false],
  [{ NO_UPDATE_NOTIFIER: '1' }, false],
])('in an environment of %j people are told: %s', (env, told) => {
  expect(mayNotify(env)).toBe(told);
});

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
  for (const env of [{ CI: 'true' }, { NO_UPDATE_NOTIFIER: '1' }])
    expect(await run(url, home, { env })).not.toContain('is out');
  expect(await run(url, home, { flags: '--no-update-notice' })).not.toContain('is out');
  writeFileSync(join(home, 'reducto-webhook-dev.config.json'), '{"updateNotice": false}');
  expect(findConfig(home)?.content).toEqual({ updateNotice: false });
  expect(await run(url, home)).not.toContain('is out');
  expect(asked).toHaveLength(1);
}, 90_000);

test('a registry that is slow or talks nonsense is not waited for, and nothing is said', async () => {
  for (const answer of [
    () => undefined, // never
    (_, response) => response.end('{"latest":"99.0.0\\u001b[31m"}'),
    (_, response) => response.writeHead(500).end(),
  ] satisfies RequestListener[]) {
    const { url, asked } = await registry(answer);
    const screen = await run(url, tempDir(), { ready: () => asked.length === 1 });
    expect(screen).not.toContain('is out');
    expect(screen).not.toContain('Error');
  }
}, 90_000);
