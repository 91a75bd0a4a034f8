import http from 'node:http';
import { expect, test, vi } from 'vitest';
import { onCleanup } from '../support/cleanup.ts';
import { type RunningCli, startCli } from '../support/cli.ts';
import { freePort, startLocaltunnelServer } from '../support/localtunnel-server.ts';
import { waitFor } from '../support/wait.ts';
import { listen } from '../tunnel/support.ts';

// The machine's sleep, as far as it can be had here: the whole tool stands still, and the clocks go on.
vi.setConfig({ testTimeout: 90_000 });

/** ms that the tool takes for a sleep and no busy moment, with one look a second. */
const longEnough = 4_500;

/** Stops the tool for as long as it takes to notice, and meanwhile does something to its surroundings. */
async function asleep({ pid }: RunningCli, meanwhile: () => unknown): Promise<void> {
  const since = Date.now();
  process.kill(pid, 'SIGSTOP');
  onCleanup(() => {
    try {
      process.kill(pid, 'SIGCONT');
    } catch {
      // It has ended: nothing is to be woken.
    }
  });
  await meanwhile();
  await waitFor(() => Date.now() - since > longEnough);
  process.kill(pid, 'SIGCONT');
}

/** Sends a delivery through a public URL of the test's tunnel server. @returns the status */
const post = (publicUrl: string): Promise<number> =>
  new Promise((resolve, reject) => {
    const { host, port } = new URL(publicUrl);
    http
      .request({ host: '127.0.0.1', port, method: 'POST', agent: false, headers: { host } }, (response) => {
        response.resume().on('end', () => resolve(response.statusCode!));
      })
      .on('error', reject)
      .end('{"status":"Completed","job_id":"after-the-sleep"}');
  });

test('a tunnel whose server was started anew in the meantime is open again, under its URL', async () => {
  const server = await startLocaltunnelServer();
  const cli = startCli(['--tunnel-host', server.url, '--subdomain', 'sleeper']);
  const url = `http://sleeper.lt.localhost:${server.port}`;
  await cli.waitFor('tunnel', ({ state }) => state === 'open');
  await asleep(cli, async () => {
    await server.kill();
    await server.start();
  });
  const seen = cli.events.length;
  await waitFor(
    () => cli.events.slice(seen).some(({ type, state }) => type === 'tunnel' && state === 'open'),
    {
      timeoutMs: 15_000,
    },
  );
  expect(cli.events.filter(({ type }) => type === 'tunnel').at(-1)).toMatchObject({ state: 'open', url });
  expect(await post(url)).toBe(200);
  await cli.waitFor(
    'delivery',
    ({ delivery }) => (delivery as { jobId: string }).jobId === 'after-the-sleep',
  );
});

test('an ingress that died in the meantime, without a sign, is noticed at once, and its return too', async () => {
  const port = await freePort();
  let alive = true;
  const ingress = await listen((request, response) => {
    if (!alive) return void response.writeHead(503).end();
    const { url: path, method, rawHeaders: headers } = request;
    request.pipe(
      http
        .request({ host: '127.0.0.1', port, path, method, headers }, (answer) => {
          response.writeHead(answer.statusCode!, answer.rawHeaders);
          answer.pipe(response);
        })
        .on('error', () => response.destroy()),
    );
  });
  const cli = startCli(['--port', String(port), '--tunnel', 'url', '--public-url', ingress.url]);
  await cli.waitFor('tunnel', ({ state }) => state === 'open');
  await asleep(cli, () => {
    alive = false;
  });
  // Well before it would have looked by itself.
  const noticed = await cli.waitFor('tunnel', ({ state }) => state === 'degraded', 5_000);
  expect(noticed.reason).toMatch(
    /^this machine was asleep, or its clock jumped; .* answered with status 503/,
  );
  alive = true;
  const seen = cli.events.length;
  await waitFor(
    () => cli.events.slice(seen).some(({ type, state }) => type === 'tunnel' && state === 'open'),
    {
      timeoutMs: 15_000,
    },
  );
});
