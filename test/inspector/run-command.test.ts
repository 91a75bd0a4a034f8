import { describe, expect, test, vi } from 'vitest';
import { lossNote } from '../../src/core/damage.ts';
import { parseEndpoint } from '../../src/core/endpoint.ts';
import { claim } from '../../src/inspector/claim.ts';
import { readLock } from '../../src/inspector/lock.ts';
import { type RunSettings, runCommand } from '../../src/inspector/run-command.ts';
import { openStore } from '../../src/store/sqlite-store.ts';
import { startApp } from '../support/app.ts';
import { onCleanup, tempDir } from '../support/cleanup.ts';
import { runCli, startCli } from '../support/cli.ts';
import { newDelivery } from '../support/deliveries.ts';
import { waitFor } from '../support/wait.ts';

// Each test starts several processes, which take their time on a busy machine.
vi.setConfig({ testTimeout: 60_000 });

const settings: RunSettings = {
  endpoints: [],
  svixSecret: undefined,
  timeoutMs: 1000,
  onLoss(loss) {
    throw new Error(`nothing is damaged here, yet ${lossNote(loss)}`);
  },
};

/** A data directory with `count` deliveries, and nobody running. */
async function history(count: number): Promise<string> {
  const dataDir = tempDir();
  const store = openStore(dataDir);
  for (let i = 1; i <= count; i++)
    await store.addDelivery(newDelivery(`{"status":"Failed","job_id":"job-${i}"}`, { target: `/n${i}` }));
  await store.close();
  return dataDir;
}

describe('the history', () => {
  test('is read the same way while listen runs and without', async () => {
    const cli = startCli([]);
    const { receiverUrl } = await cli.ready;
    for (const path of ['/one', '/two']) await fetch(receiverUrl + path, { method: 'POST', body: '{"a":1}' });
    const running = {
      list: await runCommand(cli.dataDir, 'list', {}, settings),
      show: await runCommand(cli.dataDir, 'show', { id: '2' }, settings),
    };
    await cli.stop();
    expect(await runCommand(cli.dataDir, 'list', {}, settings)).toEqual(running.list);
    expect(await runCommand(cli.dataDir, 'show', { id: '2' }, settings)).toEqual(running.show);
    expect(running.list.deliveries.map(({ target }) => target)).toEqual(['/two', '/one']);
  });

  test('can be read by several at the same time without listen', async () => {
    const dataDir = await history(3);
    const lists = await Promise.all(
      Array.from({ length: 6 }, () => runCli(['list', '--output', 'json'], { dataDir })),
    );
    for (const { code, stdout, stderr } of lists) {
      expect([code, stderr]).toEqual([0, '']);
      expect(stdout.trim().split('\n')).toHaveLength(3);
    }
  });

  test('can be read while listen starts', async () => {
    const dataDir = await history(2);
    const cli = startCli([], { dataDir });
    const { code, stdout, stderr } = await runCli(['list', '--output', 'json'], { dataDir });
    expect([code, stderr, stdout.trim().split('\n').length]).toEqual([0, '', 2]);
    await cli.ready;
  });

  test('is empty where there was none, and reading it does no harm', async () => {
    const dataDir = tempDir();
    expect(await runCommand(dataDir, 'list', {}, settings)).toEqual({ deliveries: [] });
    await expect(runCommand(dataDir, 'show', { id: 'last' }, settings)).rejects.toMatchObject({
      name: 'UserError',
      message: 'There is no delivery yet.',
    });
  });
});

test('a command that needs listen says so when none runs', async () => {
  const dataDir = await history(1);
  await expect(runCommand(dataDir, 'copy', { what: 'public-url' }, settings)).rejects.toMatchObject({
    code: 'not-running',
    message: expect.stringMatching(/needs a running/),
  });
});

test('a replay from another process reaches the app and is recorded', async () => {
  const app = await startApp({ status: 202 });
  const cli = startCli([app.url]);
  const { receiverUrl } = await cli.ready;
  await fetch(`${receiverUrl}/hook?x=1`, { method: 'POST', body: 'the same bytes' });
  await runCommand(cli.dataDir, 'replay', { id: 'last' }, settings);
  const [first, second] = await app.received(2);
  expect(second).toMatchObject({ url: first!.url, body: first!.body });
  await cli.waitFor('attempt', (event) => (event.attempt as { reason: string }).reason === 'replay');
  const { attempts } = await runCommand(cli.dataDir, 'show', { id: 'last' }, settings);
  expect(
    attempts.map(({ reason, outcome }) => [reason, outcome.kind === 'response' && outcome.status]),
  ).toEqual([
    ['forward', 202],
    ['replay', 202],
  ]);
});

test('the error of a command is the same from the running tool as without it', async () => {
  const cli = startCli([]);
  await cli.ready;
  const wrong = () => runCommand(cli.dataDir, 'show', { id: 'dlv_x' }, settings);
  const running: unknown = await wrong().catch((error: unknown) => error);
  await cli.stop();
  const offline: unknown = await wrong().catch((error: unknown) => error);
  expect(running).toMatchObject({ name: 'UserError', code: 'no-delivery', exitCode: 2 });
  expect({ ...(running as object) }).toEqual({ ...(offline as object) });
});

describe('a command that takes long without a listen', () => {
  test('lets others look and cancel, but nobody else send', async () => {
    const app = await startApp({ status: 503 });
    const dataDir = await history(3);
    const sending = { ...settings, endpoints: [parseEndpoint(app.url)] };
    const retries = runCommand(dataDir, 'retry', { id: '1', schedule: '1h,1h' }, sending);
    const { work } = await waitFor(async () => {
      const found = await runCommand(dataDir, 'work', {}, settings);
      return found.work[0]?.nextAt != null && found;
    });
    expect(work).toMatchObject([{ done: 1, failed: 1 }]);
    const looks = await Promise.all(
      Array.from({ length: 20 }, () => runCommand(dataDir, 'list', {}, settings)),
    );
    expect(looks.map(({ deliveries }) => deliveries.length)).toEqual(looks.map(() => 3));
    await expect(
      runCommand(dataDir, 'replay', { id: '2' }, { ...sending, patienceMs: 100 }),
    ).rejects.toMatchObject({ name: 'UserError', code: 'busy' });
    // A listen waits for a while, in case it is a short one, and then says what is in its way.
    expect(await claim(dataDir, { patienceMs: 100 })).toMatchObject({ ready: true, owner: { port: null } });
    await runCommand(dataDir, 'cancel', {}, settings);
    expect(await retries).toMatchObject({ cancelled: true });
    expect(await runCommand(dataDir, 'replay', { id: '2' }, sending)).toMatchObject({ sent: 1 });
  });

  test('any number of short ones at once get their answers, whoever ends first', async () => {
    const dataDir = await history(2);
    for (let round = 0; round < 10; round++) {
      const lists = Array.from({ length: 10 }, () => runCommand(dataDir, 'list', {}, settings));
      for (const { deliveries } of await Promise.all(lists)) expect(deliveries).toHaveLength(2);
    }
    expect(readLock(dataDir)).toBeNull();
  });
});

test('an owner that never answers is not waited for without end', async () => {
  const dataDir = tempDir();
  const claimed = await claim(dataDir);
  if (!('api' in claimed)) throw new Error('taken');
  onCleanup(() => claimed.release());
  await expect(runCommand(dataDir, 'list', {}, { ...settings, patienceMs: 200 })).rejects.toMatchObject({
    name: 'UserError',
    message: expect.stringContaining(`pid ${process.pid}`),
  });
});
