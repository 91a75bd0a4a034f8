import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { RawClient } from '../receiver/raw-client.ts';
import { startApp } from '../support/app.ts';
import { onCleanup, tempDir } from '../support/cleanup.ts';
import { bin, callCli, runCli, startCli } from '../support/cli.ts';
import { freePort } from '../support/flask.ts';
import { waitFor } from '../support/wait.ts';

// Each test starts several processes, which take their time on a busy machine.
vi.setConfig({ testTimeout: 60_000 });

/** `listen` with stdin and stdout as pipes, and every byte of its output kept. */
function spawnListen(
  args: readonly string[],
  dataDir = tempDir(),
): { child: ChildProcess; stdout(): string; stderr(): string } {
  const child = spawn(process.execPath, [bin, ...args, '--inspector-port', '0', '--data', dataDir], {
    cwd: dataDir,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const output = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const)
    child[name]!.setEncoding('utf8').on('data', (text: string) => {
      output[name] += text;
    });
  onCleanup(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  });
  return { child, stdout: () => output.stdout, stderr: () => output.stderr };
}

/** Holds a port for as long as the test runs; whether it was free. */
async function hold(port: number): Promise<number> {
  const server = createServer();
  const listening = await new Promise<boolean>((resolve) => {
    server.once('error', () => resolve(false)).listen(port, '127.0.0.1', () => resolve(true));
  });
  if (listening) onCleanup(() => server.close());
  return listening ? (server.address() as { port: number }).port : port;
}

describe('--output json', () => {
  test('is one JSON object a line, each with a version and a type, and nothing else', async () => {
    const app = await startApp({ status: 201 });
    const cli = startCli([app.url, '--secret', 's3cret']);
    const { receiverUrl } = await cli.ready;
    const body = '{"status":"Completed","job_id":"204a","metadata":{"secret":"s3cret","user":"u"}}';
    await fetch(`${receiverUrl}/hook?token=t0k3n`, {
      method: 'POST',
      body,
      headers: { authorization: 'Bearer b34rer' },
    });
    await cli.waitFor('acknowledgement');
    await cli.waitFor('attempt');
    expect(await cli.stop()).toEqual({ code: 0, signal: null });
    expect(cli.events.map(({ type }) => type).sort()).toEqual([
      'acknowledgement',
      'attempt',
      'delivery',
      'ready',
    ]);
    expect(cli.events.map(({ type }) => type).slice(0, 2)).toEqual(['ready', 'delivery']);
    for (const event of cli.events) expect(event.v).toBe(1);
    const [ready, delivery] = cli.events;
    expect(ready).toEqual({
      v: 1,
      type: 'ready',
      receiverUrl,
      publicUrl: null,
      emulatorUrl: null,
      rules: [],
      inspectorUrl: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\/open\/[\w-]{16}$/),
      pid: cli.pid,
      version: expect.stringMatching(/^\d+\.\d+\.\d+/),
      dataDir: cli.dataDir,
    });
    expect(delivery).toMatchObject({
      delivery: { seq: 1, status: 'Completed', jobId: '204a', verification: { secret: { verdict: 'ok' } } },
    });
    const attempt = await cli.waitFor('attempt');
    expect(attempt).toMatchObject({
      attempt: { deliverySeq: 1, number: 1, reason: 'forward', outcome: { kind: 'response', status: 201 } },
    });
    expect(await cli.waitFor('acknowledgement')).toMatchObject({ deliverySeq: 1, status: 201, by: 'app' });
    expect(JSON.stringify(cli.events)).not.toMatch(/s3cret|t0k3n|b34rer/);
    expect(cli.stderr()).toBe('');
  });

  test('shows secrets when asked to', async () => {
    const cli = startCli(['--show-secrets']);
    const { receiverUrl } = await cli.ready;
    await fetch(receiverUrl, { method: 'POST', body: '{"metadata":{"secret":"s3cret"}}' });
    expect(JSON.stringify(await cli.waitFor('delivery'))).toContain('s3cret');
  });

  test('says that it is ready before there is a tunnel, and why there is none', async () => {
    const tunnelHost = `http://127.0.0.1:${await freePort()}`;
    const cli = startCli(['--tunnel', 'localtunnel', '--tunnel-host', tunnelHost]);
    const { receiverUrl, publicUrl } = await cli.ready;
    expect(publicUrl).toBeNull();
    expect((await fetch(receiverUrl, { method: 'POST' })).status).toBe(200);
    const tunnel = await cli.waitFor('tunnel', ({ reason }) => reason);
    expect(tunnel).toMatchObject({ url: null, state: expect.stringMatching(/opening|reconnecting/) });
    expect(cli.events[0]?.type).toBe('ready');
    expect(await cli.stop()).toEqual({ code: 0, signal: null });
  });

  test('has one acknowledgement for each delivery under concurrency', async () => {
    const app = await startApp();
    const cli = startCli([app.url]);
    const { receiverUrl } = await cli.ready;
    await Promise.all(Array.from({ length: 50 }, () => fetch(receiverUrl, { method: 'POST', body: '{}' })));
    await waitFor(() => cli.events.length >= 151);
    const count = (wanted: string) => cli.events.filter(({ type }) => type === wanted).length;
    expect(['delivery', 'attempt', 'acknowledgement'].map(count)).toEqual([50, 50, 50]);
  });
});

describe('the port', () => {
  test('is the next free one when the default is taken, which is said on stderr', async () => {
    await hold(4140);
    const { stdout, stderr } = spawnListen(['--inspector-port', '0', '--tunnel', 'none', '--output', 'json']);
    const { receiverUrl } = await waitFor(
      () => stdout() && (JSON.parse(stdout().split('\n')[0]!) as { receiverUrl: string }),
    );
    const port = Number(new URL(receiverUrl).port);
    expect(port).toBeGreaterThan(4140);
    await waitFor(() => stderr() === `Port 4140 is taken: using ${port}.\n`);
  });

  test('is an error when it was given and is taken', async () => {
    const taken = await hold(0);
    const { code, stdout, stderr } = await runCli(['--port', String(taken), '--tunnel', 'none']);
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toBe(`reducto-webhook-dev: Port ${taken} is in use: choose another one with --port.\n`);
  });

  test('that could not be had leaves the data directory free', async () => {
    const taken = await hold(0);
    const dataDir = tempDir();
    await runCli(['--port', String(taken), '--tunnel', 'none'], { dataDir });
    expect(existsSync(join(dataDir, 'listen.lock'))).toBe(false);
  });
});

describe('an end', () => {
  test.each(['SIGTERM', 'SIGINT', 'SIGHUP'] as const)(
    'by %s is orderly, with senders and the app under way',
    async (signal) => {
      const app = await startApp('hang');
      const cli = startCli([app.url]);
      const { receiverUrl } = await cli.ready;
      const port = Number(new URL(receiverUrl).port);
      const waiting = await RawClient.open(port);
      waiting.write('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nhi');
      const halfWay = await RawClient.open(port);
      halfWay.write('POST /half HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nhalf');
      await app.received(1);
      process.kill(cli.pid, signal);
      expect(await cli.exited).toEqual({ code: 0, signal: null });
      expect(existsSync(join(cli.dataDir, 'listen.lock'))).toBe(false);
      expect(cli.stderr()).toBe('');
      const { stdout } = await callCli(['show', '1', '--output', 'json'], { dataDir: cli.dataDir });
      const { attempts } = JSON.parse(stdout);
      expect(attempts[0].outcome).toMatchObject({ kind: 'error', code: 'cancelled' });
      expect(cli.events.filter(({ type }) => type === 'error')).toEqual([]);
    },
  );

  test('comes at once, even when asked for as soon as it is ready', async () => {
    for (let round = 0; round < 3; round++) {
      const cli = startCli([]);
      await cli.ready;
      expect(await cli.stop()).toEqual({ code: 0, signal: null });
    }
  });
});

describe('plain output', () => {
  test('is a few words a line, for people, without colour or control characters', async () => {
    const app = await startApp({ status: 500 });
    const { stdout } = spawnListen([
      app.url,
      '--port',
      '0',
      '--tunnel',
      'none',
      '--output',
      'plain',
      '--secret',
      's3cret',
    ]);
    const receiverUrl = await waitFor(() => /Listening on (\S+)/.exec(stdout())?.[1]);
    const evil = '\x1b[31mred\x1b]0;title\x07\u202eevil\r\n\x9b2J';
    await fetch(`${receiverUrl}/hook?token=t0k3n`, {
      method: 'POST',
      body: JSON.stringify({ status: 'Completed', job_id: `job ${evil}`, metadata: { secret: evil } }),
    });
    await waitFor(() => stdout().includes('sender got'));
    await waitFor(() => stdout().includes('forward to'));
    expect(stdout()).not.toMatch(/[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]/);
    expect(stdout()).toContain('job \\x1b[31mred');
    expect(stdout()).toMatch(/#1 {2}Completed {2}job .*POST \/hook\?token=••••••.*secret mismatch/);
    expect(stdout()).toMatch(/#1 {2}forward to http:\/\/127\.0\.0\.1:\d+: 500 in \d+ ms/);
    expect(stdout()).toMatch(/#1 {2}sender got 500/);
  });

  test('is what a pipe gets without being asked', async () => {
    const { stdout } = spawnListen(['--port', '0', '--tunnel', 'none']);
    await waitFor(() => /^Listening on http:\/\/127\.0\.0\.1:\d+\n/.test(stdout()));
  });
});

test('an end is not held up by a tunnel server that never answers', async () => {
  const silent = await startApp('hang');
  const cli = startCli(['--tunnel-host', silent.url]);
  await cli.ready;
  await silent.received(1);
  expect(await cli.stop()).toEqual({ code: 0, signal: null });
});
