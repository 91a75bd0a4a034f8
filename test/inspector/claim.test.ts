import { once } from 'node:events';
import { chmodSync, existsSync, readdirSync, readFileSync, rmSync, watch, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { pidHeader } from '../../src/inspector/access.ts';
import { type Claim, claim } from '../../src/inspector/claim.ts';
import { readLock } from '../../src/inspector/lock.ts';
import { onCleanup, tempDir } from '../support/cleanup.ts';
import { runCli, startCli } from '../support/cli.ts';
import { freePort } from '../support/flask.ts';
import { waitFor } from '../support/wait.ts';

// Each test starts several processes, which take their time on a busy machine.
vi.setConfig({ testTimeout: 60_000 });

const lockPath = (dataDir: string): string => join(dataDir, 'listen.lock');

const take = async (dataDir: string): Promise<Claim> => {
  const claimed = await claim(dataDir);
  if ('owner' in claimed) throw new Error(`taken by pid ${claimed.owner.pid}`);
  onCleanup(() => claimed.release());
  return claimed;
};

describe('a data directory belongs to one process at a time', () => {
  test('a second listen ends with 1 and names the first by pid and port', async () => {
    const cli = startCli([]);
    const { receiverUrl } = await cli.ready;
    const second = await runCli(['listen', '--port', '0', '--tunnel', 'none'], { dataDir: cli.dataDir });
    expect(second.code).toBe(1);
    expect(second.stdout).toBe('');
    const port = new URL(receiverUrl).port;
    expect(second.stderr).toMatch(
      new RegExp(`^reducto-webhook-dev: .*pid ${cli.pid}, port ${port}.*--data.*\n$`),
    );
    // The first is none the worse.
    expect((await fetch(receiverUrl, { method: 'POST' })).status).toBe(200);
    expect(readLock(cli.dataDir)).toMatchObject({ pid: cli.pid });
  });

  test('two that start at the same moment: one runs, one says so', async () => {
    const dataDir = tempDir();
    const both = [startCli([], { dataDir }), startCli([], { dataDir })];
    const results = await Promise.allSettled(both.map(({ ready }) => ready));
    expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    const loser = both[results.findIndex(({ status }) => status === 'rejected')]!;
    expect(await loser.exited).toMatchObject({ code: 1 });
    expect(loser.stderr()).toMatch(/already runs .*pid \d+, port \d+/);
  });

  test('a listen that starts while a short command runs waits for its end', async () => {
    const dataDir = tempDir();
    // As "list" has it while it reads: the lock, and an API that takes no commands yet.
    let asked = 0;
    const short = createServer((_request, response) => {
      asked += 1;
      response.writeHead(503, { [pidHeader]: process.pid }).end('{}');
    });
    await once(short.listen(0, '127.0.0.1'), 'listening');
    const apiUrl = `http://127.0.0.1:${(short.address() as AddressInfo).port}`;
    const lock = JSON.stringify({ pid: process.pid, port: null, apiUrl, token: 'x'.repeat(32) });
    writeFileSync(lockPath(dataDir), lock);
    const cli = startCli([], { dataDir });
    await waitFor(() => asked > 4, { timeoutMs: 30_000, what: 'the second one to ask and ask again' });
    expect(readFileSync(lockPath(dataDir), 'utf8')).toBe(lock);
    rmSync(lockPath(dataDir));
    short.closeAllConnections();
    short.close();
    await cli.ready;
    expect(readLock(dataDir)).toMatchObject({ pid: cli.pid });
    expect(cli.stderr()).toBe('');
  });

  test('who finds a living owner writes nothing: the disk may be full', async () => {
    const dataDir = tempDir();
    const { api } = await take(dataDir);
    api.serve({ status: () => ({}), run: () => Promise.reject(new Error('not asked')) });
    const before = readdirSync(dataDir);
    chmodSync(dataDir, 0o500); // for whoever is not root
    onCleanup(() => chmodSync(dataDir, 0o700));
    const watcher = watch(dataDir);
    const events: unknown[] = [];
    watcher.on('change', (...event) => events.push(event));
    expect(await claim(dataDir)).toMatchObject({ owner: { pid: process.pid }, ready: true });
    watcher.close();
    expect([readdirSync(dataDir), events]).toEqual([before, []]);
  });

  test('it is free again after a proper end', async () => {
    const cli = startCli([]);
    await cli.ready;
    expect(existsSync(lockPath(cli.dataDir))).toBe(true);
    await cli.stop();
    expect(existsSync(lockPath(cli.dataDir))).toBe(false);
  });
});

describe('a lock that was left behind', () => {
  test('by kill -9 is taken over at once', async () => {
    const first = startCli([]);
    await first.ready;
    await first.kill();
    expect(existsSync(lockPath(first.dataDir))).toBe(true);
    const second = startCli([], { dataDir: first.dataDir });
    await second.ready;
    expect(readLock(first.dataDir)).toMatchObject({ pid: second.pid });
    expect(second.stderr()).toBe('');
  });

  test('with a pid that now belongs to another program is taken over', async () => {
    const dataDir = tempDir();
    const apiUrl = `http://127.0.0.1:${await freePort()}`;
    writeFileSync(
      lockPath(dataDir),
      JSON.stringify({ pid: process.pid, port: 4140, apiUrl, token: 'x'.repeat(32) }),
    );
    await take(dataDir);
  });

  test.each([200, 401, 404, 503])(
    'whose port now belongs to a server that says %d to all is taken over',
    async (status) => {
      const stranger = createServer((_request, response) => response.writeHead(status).end('{}'));
      await once(stranger.listen(0, '127.0.0.1'), 'listening');
      onCleanup(() => {
        stranger.closeAllConnections();
        stranger.close();
      });
      const apiUrl = `http://127.0.0.1:${(stranger.address() as AddressInfo).port}`;
      const dataDir = tempDir();
      writeFileSync(
        lockPath(dataDir),
        JSON.stringify({ pid: process.pid, port: 4140, apiUrl, token: 'x'.repeat(32) }),
      );
      await take(dataDir);
    },
  );

  test.each(['', '{"pid":', '[]', '{"pid":"1"}', '\0\0\0'])(
    'with no sense in it is taken over: %j',
    async (content) => {
      const dataDir = tempDir();
      writeFileSync(lockPath(dataDir), content);
      await take(dataDir);
      expect(readLock(dataDir)).toMatchObject({ pid: process.pid });
    },
  );

  test('is not removed by one who does not have it', async () => {
    const dataDir = tempDir();
    const claimed = await take(dataDir);
    const others = JSON.stringify({ pid: 1, port: 1, apiUrl: 'http://127.0.0.1:1', token: 'y'.repeat(32) });
    writeFileSync(lockPath(dataDir), others);
    await claimed.release();
    expect(readFileSync(lockPath(dataDir), 'utf8')).toBe(others);
  });
});
