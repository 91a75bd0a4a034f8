import { expect, test } from 'vitest';
import { parseEndpoint } from '../../src/core/endpoint.ts';
import { parseRule } from '../../src/core/rules/kinds.ts';
import { filesIn } from '../../src/runtime/rule-settings.ts';
import { finishWork } from '../../src/runtime/unfinished.ts';
import { startApp } from '../support/app.ts';
import { callCli, type RunningCli, runCli, startCli } from '../support/cli.ts';
import { waitFor } from '../support/wait.ts';
import { startBench } from './commands/context.ts';

const post = async (url: string, key: string): Promise<void> => {
  const body = JSON.stringify({ status: 'Completed', job_id: key, metadata: null });
  await fetch(url, { method: 'POST', body });
};

/** How often the app got each job. */
const counts = (bodies: readonly { body: Buffer }[]): Record<string, number> => {
  const found: Record<string, number> = {};
  for (const { body } of bodies) {
    const { job_id } = JSON.parse(body.toString()) as { job_id: string };
    found[job_id] = (found[job_id] ?? 0) + 1;
  }
  return found;
};

/** A run that has `count` deliveries, with no app to forward them to. */
async function capture(count: number): Promise<RunningCli> {
  const cli = startCli([]);
  const { receiverUrl } = await cli.ready;
  for (let i = 0; i < count; i++) await post(receiverUrl, `job-${i}`);
  return cli;
}

const once = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, i) => [`job-${i}`, 1]));

test.each([1, 20, 50])(
  'a replay of 60 that kill -9 cuts short at request %i goes on at the next start: each once',
  async (moment) => {
    const app = await startApp();
    app.answer = { delayMs: 5 };
    const cli = await capture(60);
    const replaying = runCli(['replay', '--filter', 'job:job-*', '--concurrency', '4', '--to', app.url], {
      dataDir: cli.dataDir,
    }).catch(() => null);
    await app.received(moment);
    await cli.kill();
    await replaying;
    const again = startCli([], { dataDir: cli.dataDir });
    await waitFor(() => Object.keys(counts(app.requests)).length === 60, { what: 'every job' });
    await waitFor(
      async () => {
        const { stdout } = await callCli(['work', '--output', 'json'], { dataDir: cli.dataDir });
        return !stdout.includes('"label"');
      },
      { what: 'the work to end' },
    );
    expect(counts(app.requests)).toEqual(once(60));
    // Beside it may be told what was going out in that instant.
    const text = /in the middle of its replay of 60 deliveries: \d+ of 60 sent\. It goes on/;
    await again.waitFor('error', ({ code, message }) => code === 'last-run' && text.test(String(message)));
    await again.stop();
    const third = startCli([], { dataDir: cli.dataDir });
    await third.ready;
    await third.stop();
    expect(app.requests).toHaveLength(60);
  },
);

test('a replay without a listen that is cut short goes on at the next listen', async () => {
  const app = await startApp();
  app.answer = ({ number }) => (number > 10 ? { delayMs: 300 } : {});
  const cli = await capture(30);
  await cli.stop();
  const replaying = runCli(['replay', '--filter', 'job:job-*', '--to', app.url], { dataDir: cli.dataDir });
  await app.received(10);
  const { stdout } = await callCli(['work', '--output', 'json'], { dataDir: cli.dataDir });
  expect(stdout).toContain('replay of 30');
  app.answer = {};
  const { pid } = JSON.parse(await lockOf(cli.dataDir)) as { pid: number };
  process.kill(pid, 'SIGKILL');
  await replaying.catch(() => null);
  const again = startCli([], { dataDir: cli.dataDir });
  await again.ready;
  await waitFor(() => app.requests.length >= 30, { what: 'the rest' });
  await again.stop();
  expect(counts(app.requests)).toEqual(once(30));
});

const lockOf = async (dataDir: string): Promise<string> => {
  const { readFile } = await import('node:fs/promises');
  return readFile(`${dataDir}/listen.lock`, 'utf8');
};

test('what is left of a replay is held with --owed hold, until it is released, over restarts', async () => {
  const app = await startApp();
  app.answer = 'hang';
  const cli = await capture(5);
  const replaying = runCli(['replay', '--filter', 'job:job-*', '--to', app.url], {
    dataDir: cli.dataDir,
  }).catch(() => null);
  await app.received(1);
  await cli.kill();
  await replaying;
  app.answer = {};
  const held = startCli(['--owed', 'hold'], { dataDir: cli.dataDir });
  await held.waitFor('error', ({ message }) => /The rest is held now/.test(String(message)));
  await held.stop();
  const again = startCli(['--owed', 'hold', '--bell'], { dataDir: cli.dataDir });
  await again.waitFor('error', ({ message }) => /The rest is held now/.test(String(message)));
  expect(app.requests).toHaveLength(1);
  await callCli(['release'], { dataDir: cli.dataDir });
  await app.received(5);
  await again.stop();
  expect(counts(app.requests)).toEqual(once(5));
});

test('a schedule goes on with its next try; one that was due while the tool was down is made at once', async () => {
  const app = await startApp();
  app.answer = { status: 503 };
  const cli = await capture(1);
  const retrying = runCli(['retry', 'last', '--schedule', '200ms,1h', '--to', app.url], {
    dataDir: cli.dataDir,
  }).catch(() => null);
  await app.received(1);
  await cli.kill();
  const killed = Date.now();
  await retrying;
  const again = startCli([], { dataDir: cli.dataDir });
  await app.received(2); // was due meanwhile, or is in 200 ms
  await nextDue(again);
  await again.kill();
  const third = startCli([], { dataDir: cli.dataDir });
  await third.ready;
  const secondEnded = (await nextDue(third)) - 3_600_000; // an hour before the third is due
  expect(secondEnded).toBeGreaterThanOrEqual(killed);
  expect(secondEnded).toBeLessThanOrEqual(Date.now());
  app.answer = {};
  await callCli(['skip'], { dataDir: cli.dataDir });
  await app.received(3);
  await third.stop();
  const { stdout } = await callCli(['show', 'last', '--output', 'json'], { dataDir: cli.dataDir });
  expect(stdout).toContain('retry 2 of 2');
  expect(app.requests).toHaveLength(3);
});

/** When the next try of the one piece of work is due, once it waits for it. */
async function nextDue({ dataDir }: RunningCli): Promise<number> {
  let nextAt: number | null = null;
  await waitFor(
    async () => {
      const { stdout } = await callCli(['work', '--output', 'json'], { dataDir });
      nextAt = (JSON.parse(stdout) as { work: { nextAt: number | null }[] }).work[0]?.nextAt ?? null;
      return nextAt !== null;
    },
    { what: 'a pause' },
  );
  return nextAt!;
}

test('a secret that was given to a replay is not kept: the rest waits until listen is given it', async () => {
  const app = await startApp();
  const plan = (secret: boolean) =>
    JSON.stringify({ args: { id: ['1'] }, seqs: [1], reason: 'replay', endpoints: [app.url], secret });
  const bench = startBench({ endpoints: [app.url] });
  await bench.add('{}');
  await bench.store.work.put({
    id: 'x',
    label: 'replay of #1',
    total: 1,
    done: 0,
    startedAt: 1,
    plan: plan(true),
  });
  const { told } = await finishWork(bench.context, 'forward', null);
  expect([told[0], bench.store.work.all().length]).toEqual([expect.stringMatching(/--svix-secret/), 1]);
  const svixSecret = 'whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA';
  const signing = startBench({ endpoints: [app.url], svixSecret });
  await signing.add('{}');
  await signing.store.work.put({
    id: 'x',
    label: 'replay of #1',
    total: 1,
    done: 0,
    startedAt: 1,
    plan: plan(true),
  });
  await (await finishWork(signing.context, 'forward', null)).done;
  await waitFor(() => signing.store.work.all().length === 0, { what: 'the note to go' });
  expect(app.requests).toHaveLength(1);
});

test('with routes that fan out, what is left is what each place has not got, by the rules that there are now', async () => {
  const [plain, one, two] = [await startApp(), await startApp(), await startApp()];
  const rules = [`status:failed → ${one.url}`, `status:failed → ${two.url}`].map((text) =>
    parseRule({ kind: 'route', text }, filesIn('.')),
  );
  const { store, context, dispatcher, add } = startBench({ endpoints: [plain.url], rules });
  const failed = (job: string) => JSON.stringify({ status: 'Failed', job_id: job, metadata: null });
  const seqs = [await add(failed('a')), await add(failed('b')), await add('{"plain":true}'), await add('{}')];
  const plan = { args: { id: ['x'] }, seqs, reason: 'replay', endpoints: [], secret: false };
  const note = { id: 'w', label: 'replay of 4 deliveries', total: 4, done: 1, startedAt: 1 };
  await store.work.put({ ...note, plan: JSON.stringify(plan) });
  // The run before had done all of the first and of the third, and the second at one of its places.
  for (const [index, endpoints] of [
    [0, [one, two]],
    [1, [one]],
    [2, [plain]],
  ] as const) {
    const sent = await dispatcher.send(store.delivery(seqs[index]!)!, 'replay', {
      endpoints: endpoints.map(({ url }) => parseEndpoint(url)),
      step: { work: 'w', index, retry: 0 },
    });
    await Promise.all(sent.map(({ recorded }) => recorded));
  }
  await (await finishWork(context, 'forward', null)).done;
  expect([plain, one, two].map(({ requests }) => requests.map(({ body }) => body.toString()))).toEqual([
    ['{"plain":true}', '{}'],
    [failed('a'), failed('b')],
    [failed('a'), failed('b')],
  ]);
});
