import { execFile, execFileSync } from 'node:child_process';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { startApp } from '../support/app.ts';
import { onCleanup, tempDir } from '../support/cleanup.ts';
import { callCli, runCli, startCli } from '../support/cli.ts';
import { startRelayProcess } from '../support/relay-process.ts';
import { waitFor } from '../support/wait.ts';

const run = promisify(execFile);

test.each<[string[], RegExp]>([
  [['--port', 'x'], /--port: /],
  [['--rate', '5'], /--rate: .*100\/s/],
  [['--max-body', '200mb'], /--max-body: .*up to 100mb/],
  [['--keep', '1h'], /--keep: less than 24h/],
  [['--public-url', 'hooks'], /--public-url: /],
  [['--domain', 'a b'], /--domain: /],
  [['--when-away', 'lose'], /--when-away: /],
  [['--tls-cert', 'x'], /both --tls-cert and --tls-key/],
  [['--tls-cert', '/nowhere', '--tls-key', '/nowhere'], /can't be read/],
  [['--nonsense'], /nonsense/],
])('wrong usage: %j', async (flags, said) => {
  const { code, stderr, stdout } = await callCli(['relay', ...flags]);
  expect(stderr).toMatch(said);
  expect(stderr.trimEnd().split('\n').length).toBeLessThan(4);
  expect(stdout).toBe('');
  expect(code).toBe(2);
});

test('it is ready, healthy, ends on SIGTERM with 0, and its folder is for its user only', async () => {
  const relay = await startRelayProcess();
  expect((await fetch(`${relay.url}/healthz`)).status).toBe(200);
  expect((await fetch(`${relay.url}/readyz`)).status).toBe(200);
  expect((await fetch(`${relay.url}/metrics`)).status).toBe(403);
  expect(statSync(relay.dataDir).mode & 0o077).toBe(0);
  expect(await relay.stop()).toEqual({ code: 0, signal: null });
  for (const line of relay.log)
    expect(Object.keys(line)).toEqual(expect.arrayContaining(['time', 'level', 'message']));
});

test('a second relay does not take the folder of the first, which works on', async () => {
  const relay = await startRelayProcess();
  const { code, stderr } = await runCli(['relay', '--port', '0', '--data', relay.dataDir]);
  expect(stderr).toMatch(/Another process \(\d+\) has .*--data/);
  expect(code).toBe(1);
  expect((await fetch(`${relay.url}/readyz`)).status).toBe(200);
  // Killed, it holds nothing.
  await relay.kill();
  const next = await startRelayProcess({ dataDir: relay.dataDir });
  expect((await fetch(`${next.url}/readyz`)).status).toBe(200);
});

test('a port that is taken is told in one line, and the folder is free again', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  onCleanup(() => server.close());
  await waitFor(() => server.listening);
  const { port } = server.address() as { port: number };
  const dataDir = tempDir();
  const taken = await runCli(['relay', '--host', '127.0.0.1', '--port', String(port), '--data', dataDir]);
  expect(taken).toMatchObject({ code: 1, stderr: expect.stringContaining(`Port ${port} is in use`) });
  await startRelayProcess({ dataDir });
});

test('a listener by TLS, whose key is kept for its user only, printed when asked for, and in no log', async () => {
  const dir = tempDir();
  const [cert, key] = [join(dir, 'cert.pem'), join(dir, 'key.pem')];
  execFileSync(
    'openssl',
    ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=localhost'].concat([
      '-addext',
      'subjectAltName=DNS:localhost',
      '-keyout',
      key,
      '-out',
      cert,
    ]),
    { stdio: 'ignore' },
  );
  const relay = await startRelayProcess({ args: ['--tls-cert', cert, '--tls-key', key], host: 'localhost' });
  expect(relay.url).toMatch(/^https:/);
  const app = await startApp({ status: 201 });
  const cli = startCli([app.url, '--tunnel', 'relay', '--relay', relay.url, '--inbox', 'box'], {
    env: { NODE_EXTRA_CA_CERTS: cert },
  });
  await cli.waitFor('tunnel', ({ state }) => state === 'open');
  const { stdout } = await run('curl', [
    '-s',
    '--cacert',
    cert,
    '-d',
    '{}',
    '-w',
    '%{http_code}',
    // As an HTTP client that would rather speak HTTP/2 asks.
    ...['-H', 'Connection: Upgrade', '-H', 'Upgrade: h2c'],
    `${relay.url}/in/box/x`,
  ]);
  expect(stdout).toMatch(/201$/);
  expect(app.requests[0]!.url).toBe('/x');
  const printed = await callCli(['inbox', 'key', '--inbox', 'box', '--data', cli.dataDir]);
  const inboxKey = printed.stdout.trim();
  expect(inboxKey).toMatch(/^[\w-]{43}$/);
  expect(statSync(join(cli.dataDir, 'relay.json')).mode & 0o777).toBe(0o600);
  expect(JSON.stringify(relay.log)).not.toContain(inboxKey);
  expect(cli.lines.join('\n') + cli.stderr()).not.toContain(inboxKey);
  expect(readFileSync(join(relay.dataDir, 'relay.db')).includes(inboxKey)).toBe(false);
});

test('a damaged relay.json is one line that says what to do', async () => {
  const dataDir = tempDir();
  writeFileSync(join(dataDir, 'relay.json'), '{"listener":');
  const { code, stderr } = await callCli(['inbox', 'key', '--data', dataDir]);
  expect(code).toBe(1);
  expect(stderr.trimEnd().split('\n')).toEqual([expect.stringMatching(/relay\.json can't be read.*--inbox/)]);
});
