import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { expect, test } from 'vitest';
import { startApp } from '../support/app.ts';
import { startBalancer } from '../support/balancer.ts';
import { onCleanup } from '../support/cleanup.ts';
import { bin, callCli, startCli } from '../support/cli.ts';
import { type Nats, startNats } from '../support/nats.ts';
import { waitFor } from '../support/wait.ts';

/** A line of a relay's log. */
interface Line {
  message: string;
  port?: number;
}

/** A relay on NATS, in a process of its own. */
async function startRelay(nats: Nats, publicUrl: string) {
  const args = ['relay', '--backend', 'nats', '--nats-url', nats.urls, '--nats-replicas', '1'];
  const more = ['--port', '0', '--host', '127.0.0.1', '--public-url', publicUrl, '--answer-within', '3s'];
  const child = spawn(process.execPath, [bin, ...args, ...more], { stdio: ['ignore', 'pipe', 'inherit'] });
  const log: Line[] = [];
  createInterface({ input: child.stdout! }).on('line', (line) => log.push(JSON.parse(line) as Line));
  const end = (signal: NodeJS.Signals) => async (): Promise<number | null> => {
    if (child.exitCode === null && child.signalCode === null) await ended(child, signal);
    return child.exitCode;
  };
  onCleanup(end('SIGKILL'));
  const { port } = await waitFor(() => log.find(({ message }) => message === 'ready'), { timeoutMs: 30_000 });
  const listening = (): number =>
    log.filter(({ message }) => message === 'listening').length -
    log.filter(({ message }) => message === 'gone').length;
  return { port: port!, listening, kill: end('SIGKILL'), stop: end('SIGTERM') };
}

async function ended(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  const gone = once(child, 'exit');
  child.kill(signal);
  await gone;
}

/** Two relays behind a balancer, an app, and somebody who listens for it. */
async function startTeam() {
  const nats = await startNats();
  const balancer = await startBalancer();
  const relays = [await startRelay(nats, balancer.url), await startRelay(nats, balancer.url)];
  balancer.targets = relays.map(({ port }) => port);
  const app = await startApp({ status: 201, headers: [['x-by', 'the app']], body: 'done' });
  const inbox = ['--tunnel', 'relay', '--relay', balancer.url, '--inbox', 'invoices'];
  const tool = startCli([String(app.port), ...inbox]);
  const open = await tool.waitFor('tunnel', ({ state }) => state === 'open', 30_000);
  expect(open.url).toBe(`${balancer.url}/in/invoices`);
  const near = await waitFor(() => relays.find((relay) => relay.listening() > 0));
  const far = relays.find((relay) => relay !== near)!;
  return { balancer, app, tool, near, far };
}

const send = (base: string, n: string): Promise<Response> =>
  fetch(`${base}/in/invoices/webhook?n=${n}`, { method: 'POST', body: JSON.stringify({ n }) });

/** How often each number is in a list of targets. */
function counts(targets: readonly string[]): Map<string, number> {
  const found = new Map<string, number>();
  for (const target of targets) {
    const n = new URL(target, 'http://x').searchParams.get('n')!;
    found.set(n, (found.get(n) ?? 0) + 1);
  }
  return found;
}

const twice = (found: Map<string, number>): string[] =>
  [...found].filter(([, count]) => count > 1).map(([n]) => n);

test('a request to one relay is answered by the app of who listens on the other', {
  timeout: 90_000,
}, async () => {
  const { app, near, far } = await startTeam();
  const answer = await waitFor(async () => {
    const each = await send(`http://127.0.0.1:${far.port}`, String(Math.random()));
    return each.status === 201 && each;
  });
  expect(answer.headers.get('x-by')).toBe('the app');
  expect(await answer.text()).toBe('done');
  expect((await send(`http://127.0.0.1:${near.port}`, 'near')).status).toBe(201);
  expect(twice(counts(app.requests.map(({ url }) => url)))).toEqual([]);
});

test('kill -9 of the relay with the listener: nothing acknowledged is lost, stored twice or sent to the app twice', {
  timeout: 120_000,
}, async () => {
  const { balancer, app, tool, near, far } = await startTeam();
  const acknowledged: string[] = [];
  let sent = 0;
  let ending = false;
  const sender = async (name: string): Promise<void> => {
    while (!ending) {
      const n = `${name}-${sent++}`;
      const answer = await send(balancer.url, n).catch(() => null); // the relay died under it
      await answer?.arrayBuffer();
      if (answer?.ok) acknowledged.push(n);
    }
  };
  const senders = ['a', 'b', 'c', 'd'].map(sender);
  await waitFor(() => acknowledged.length > 40);
  await near.kill();
  const before = acknowledged.length;
  await waitFor(() => far.listening() > 0, { timeoutMs: 30_000, what: 'the listener on the other relay' });
  await waitFor(() => acknowledged.length > before + 40, { timeoutMs: 30_000 });
  ending = true;
  await Promise.all(senders);

  const stored = (): string[] =>
    tool.events
      .filter(({ type }) => type === 'delivery')
      .map(({ delivery }) => (delivery as { target: string }).target);
  await waitFor(
    () => {
      const [atApp, here] = [counts(app.requests.map(({ url }) => url)), counts(stored())];
      return acknowledged.every((n) => atApp.has(n) && here.has(n));
    },
    { timeoutMs: 40_000, what: 'everything that was acknowledged' },
  );
  expect(twice(counts(stored()))).toEqual([]);
  expect(twice(counts(app.requests.map(({ url }) => url)))).toEqual([]);
  expect(await far.stop()).toBe(0);
});

test('what is wrong at the start ends it with a line that says what to do', async () => {
  const nats = await startNats();
  const wrong = [
    'relay',
    '--backend',
    'nats',
    '--nats-url',
    nats.urls,
    '--nats-replicas',
    '3',
    '--port',
    '0',
  ];
  const { code, stderr } = await callCli(wrong);
  expect(code).toBe(2);
  expect(stderr.trim()).toMatch(/There are fewer NATS servers .* \(3\): [^\n]*$/);
  const missing = await callCli(['relay', '--backend', 'nats', '--nats-creds', '/nowhere/creds']);
  expect(missing.code).toBe(2);
  expect(missing.stderr).toMatch(/--nats-creds can't be read/);
});
