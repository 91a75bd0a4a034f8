import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { startApp } from '../support/app.ts';
import { onCleanup, tempDir } from '../support/cleanup.ts';
import { bin, type CliEvent, callCli, runCli, startCli } from '../support/cli.ts';
import { waitFor } from '../support/wait.ts';

// Each test starts several processes, which take their time on a busy machine.
vi.setConfig({ testTimeout: 60_000 });

/** Runs `tail` or `wait` beside a tool, and gathers what it prints. */
function start(command: 'tail' | 'wait', dataDir: string, ...args: string[]) {
  const child = spawn(process.execPath, [bin, command, '--data', dataDir, ...args], {
    env: { ...process.env, REDUCTO_WEBHOOK_DEV_HOME: dataDir },
    cwd: dataDir,
  });
  let [out, err] = ['', ''];
  child.stdout.on('data', (chunk: Buffer) => {
    out += chunk.toString();
  });
  child.stderr.on('data', (chunk: Buffer) => {
    err += chunk.toString();
  });
  const exited = new Promise<number | null>((resolve) => child.once('close', resolve));
  onCleanup(() => {
    child.kill('SIGKILL');
    return exited;
  });
  const events = (): CliEvent[] =>
    out
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line) as CliEvent);
  return {
    child,
    exited,
    events,
    out: () => out,
    err: () => err,
    ready: () => waitFor(() => out.includes('"ready"'), { timeoutMs: 20_000 }),
    /** How many of a type have come. */
    count: (type: string) => events().filter((event) => event.type === type).length,
  };
}

const post = (url: string, body: object) => fetch(url, { method: 'POST', body: JSON.stringify(body) });

/** The parts of an event that do not depend on when it was read. */
const named = ({ type, delivery, attempt, deliverySeq }: CliEvent): string => {
  const { seq, body } = (delivery ?? {}) as { seq?: number; body?: unknown };
  return JSON.stringify([type, seq ?? deliverySeq, body, attempt]);
};
const ofDeliveries = (events: readonly CliEvent[]): string[] =>
  events.filter(({ type }) => /^(delivery|attempt|acknowledgement)$/.test(type)).map(named);

describe('tail', () => {
  test('prints what listen --output json prints, and ends by Ctrl-C with 0', async () => {
    const app = await startApp();
    const cli = startCli([app.url]);
    const { receiverUrl } = await cli.ready;
    const tail = start('tail', cli.dataDir);
    await tail.ready();
    for (let i = 0; i < 20; i++)
      await post(receiverUrl, { status: 'Completed', job_id: `j${i}`, metadata: null });
    await waitFor(() => tail.count('acknowledgement') === 20 && tail.count('attempt') === 20);
    await cli.waitFor('acknowledgement', (event) => event.deliverySeq === 20);
    await waitFor(() => ofDeliveries(cli.events).length === 60);
    expect(ofDeliveries(tail.events())).toEqual(ofDeliveries(cli.events));
    tail.child.kill('SIGINT');
    expect(await tail.exited).toBe(0);
    expect(tail.err()).toBe('');
  });

  test('masks secrets unless they are asked for', async () => {
    const cli = startCli([]);
    const { receiverUrl } = await cli.ready;
    const [masked, open] = [start('tail', cli.dataDir), start('tail', cli.dataDir, '--show-secrets')];
    await Promise.all([masked.ready(), open.ready()]);
    await post(`${receiverUrl}/?token=t0k3n`, {
      status: 'Completed',
      job_id: 'j',
      metadata: { secret: 's3cret' },
    });
    await waitFor(() => masked.count('delivery') === 1 && open.count('delivery') === 1);
    expect(masked.out()).not.toMatch(/t0k3n|s3cret/);
    expect(open.out()).toMatch(/t0k3n.*s3cret/s);
  });

  test('with a filter tells of a delivery from when it matches, from its beginning on', async () => {
    let status = 200;
    const app = await startApp(() => ({ status }));
    const cli = startCli([app.url, '--ack', 'now']);
    const { receiverUrl } = await cli.ready;
    const tail = start('tail', cli.dataDir, '--filter', 'code:500');
    await tail.ready();
    await post(receiverUrl, { status: 'Completed', job_id: 'good' });
    await cli.waitFor('attempt');
    status = 500;
    await post(receiverUrl, { status: 'Completed', job_id: 'bad' });
    await waitFor(() => tail.count('attempt') === 1);
    // It matched: that it works later belongs to it.
    status = 200;
    await callCli(['replay', '2', '--data', cli.dataDir]);
    await waitFor(() => tail.count('attempt') === 2);
    const told = tail.events().filter(({ type }) => type !== 'ready');
    expect(told.map(({ type }) => type).sort()).toEqual([
      'acknowledgement',
      'attempt',
      'attempt',
      'delivery',
    ]);
    expect(told[0]).toMatchObject({ type: 'delivery', delivery: { seq: 2 } });
  });

  test('--since begins with what is there, each thing once', async () => {
    const cli = startCli([]);
    const { receiverUrl } = await cli.ready;
    for (let i = 1; i <= 3; i++) await post(receiverUrl, { n: i });
    const [tail, none] = [
      start('tail', cli.dataDir, '--since', '1h'),
      start('tail', cli.dataDir, '--since', '2100-01-01'),
    ];
    await Promise.all([tail.ready(), none.ready()]);
    await post(receiverUrl, { n: 4 });
    await waitFor(() => tail.count('acknowledgement') === 4 && none.count('acknowledgement') === 1);
    expect(ofDeliveries(tail.events())).toEqual(ofDeliveries(cli.events));
  });

  test('goes on after a kill and a restart, and has missed no delivery', async () => {
    const dataDir = tempDir();
    const first = startCli([], { dataDir });
    await first.ready;
    const tail = start('tail', dataDir);
    await tail.ready();
    await post((await first.ready).receiverUrl, { n: 1 });
    await waitFor(() => tail.count('acknowledgement') === 1);
    await first.kill();
    await waitFor(() => tail.err().includes('is lost'));
    // What came while it looked away: here by a command that ran without a listen.
    const fixture = await runCli([
      'export',
      '--format',
      'ndjson',
      '--file',
      `${dataDir}/one.ndjson`,
      '--data',
      dataDir,
    ]);
    expect(fixture.code).toBe(0);
    await runCli(['import', `${dataDir}/one.ndjson`, '--data', dataDir]);
    const second = startCli([], { dataDir });
    await post((await second.ready).receiverUrl, { n: 3 });
    await waitFor(() => tail.count('ready') === 2 && tail.count('delivery') === 3, { timeoutMs: 20_000 });
    const seqs = tail
      .events()
      .filter(({ type }) => type === 'delivery')
      .map(({ delivery }) => (delivery as { seq: number }).seq);
    expect(seqs).toEqual([1, 2, 3]);
  });

  test('ends with 0 when its reader has had enough', async () => {
    const cli = startCli([]);
    const { receiverUrl } = await cli.ready;
    const tail = start('tail', cli.dataDir);
    await tail.ready();
    tail.child.stdout.destroy();
    for (let n = 0; n < 5; n++) await post(receiverUrl, { n });
    expect(await tail.exited).toBe(0);
    expect(tail.err()).toBe('');
  });

  test('follows a command that does long work without a listen', async () => {
    const app = await startApp({ status: 500 });
    const dataDir = tempDir();
    const cli = startCli([app.url], { dataDir });
    await post((await cli.ready).receiverUrl, { n: 1 });
    await cli.stop();
    writeFileSync(join(dataDir, 'reducto-webhook-dev.config.json'), JSON.stringify({ endpoint: [app.url] }));
    const retry = spawn(process.execPath, [bin, 'retry', '1', '--schedule', '1ms,1h,1h', '--data', dataDir], {
      cwd: dataDir,
      env: { ...process.env, REDUCTO_WEBHOOK_DEV_HOME: dataDir },
      stdio: 'ignore',
    });
    onCleanup(() => retry.kill('SIGKILL'));
    await waitFor(async () => (await callCli(['work', '--data', dataDir])).stdout.includes('retries of #1'), {
      timeoutMs: 20_000,
    });
    const tail = start('tail', dataDir, '--since', '1h');
    await waitFor(() => tail.count('delivery') === 1, { timeoutMs: 20_000 });
    const before = tail.count('attempt');
    await callCli(['skip', '--data', dataDir]);
    await waitFor(() => tail.count('attempt') > before);
    retry.kill('SIGINT');
    await waitFor(() => tail.err().includes('is lost'));
  });
});

describe('wait', () => {
  test('prints the new ones that match, and ends with 0', async () => {
    const cli = startCli([]);
    const { receiverUrl } = await cli.ready;
    await post(receiverUrl, { status: 'Failed', job_id: 'old' });
    const wait = start('wait', cli.dataDir, '--filter', 'status:failed', '--count', '2', '--output', 'json');
    // It tells nobody that it has begun: what comes meanwhile counts, or does not.
    let n = 0;
    const sending = setInterval(() => {
      n += 1;
      const status = n % 2 === 0 ? 'Failed' : 'Completed';
      post(receiverUrl, { status, job_id: `new-${n}` }).catch(() => undefined);
    }, 50);
    onCleanup(() => clearInterval(sending));
    expect(await wait.exited).toBe(0);
    clearInterval(sending);
    const found = wait.events() as unknown as { status: string; jobId: string }[];
    expect(found).toHaveLength(2);
    for (const { status, jobId } of found)
      expect([status, jobId]).toEqual(['Failed', expect.stringMatching(/^new-/)]);
  });

  test('takes those that are there too when told so', async () => {
    const cli = startCli([]);
    const { receiverUrl } = await cli.ready;
    await post(receiverUrl, { status: 'Failed', job_id: 'old' });
    for (const flags of [['--any'], ['--since', '1h']]) {
      const { code, stdout } = await runCli(['wait', '--filter', 'job:old', ...flags, '--data', cli.dataDir]);
      expect([code, stdout]).toEqual([0, expect.stringMatching(/#1 {2}Failed {2}old/)]);
    }
    const over = await callCli(['wait', '--filter', 'job:old', '--timeout', '300ms', '--data', cli.dataDir]);
    expect([over.code, over.stdout]).toEqual([1, '']);
    expect(over.stderr).toMatch(/Nothing that matches job:old came in 300 ms/);
  });

  test('has the time that it was given across a restart', async () => {
    const dataDir = tempDir();
    const first = startCli([], { dataDir });
    await first.ready;
    const wait = start('wait', dataDir, '--any', '--count', '2');
    await post((await first.ready).receiverUrl, { n: 1 });
    await waitFor(() => wait.out().includes('#1'));
    await first.kill();
    const second = startCli([], { dataDir });
    await post((await second.ready).receiverUrl, { n: 2 });
    expect(await wait.exited).toBe(0);
    expect(wait.out().match(/#\d/g)).toEqual(['#1', '#2']);
  });
});

test.each(['tail', 'wait'])('%s says what to do when no tool runs', async (command) => {
  const { code, stderr } = await runCli([command, '--data', tempDir()]);
  expect(code).toBe(1);
  expect(stderr).toMatch(/No reducto-webhook-dev runs on .*start one in another terminal/);
});
