import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Acknowledgement } from '../../src/core/delivery.ts';
import { type OwedMode, openJournal, resume } from '../../src/runtime/owed.ts';
import { finishWork } from '../../src/runtime/unfinished.ts';
import { SentJournal } from '../../src/store/sent-journal.ts';
import { startApp } from '../support/app.ts';
import { tempDir } from '../support/cleanup.ts';
import { acknowledged, newAttempt, newDelivery } from '../support/deliveries.ts';
import { type Bench, startBench } from './commands/context.ts';

const taken = acknowledged(200, 'tool', { note: '--ack now' });

/** A delivery as a killed run has left it: stored, owed to an endpoint, and answered or not. */
async function leave({ store }: Bench, endpoint: string, acknowledgement: Acknowledgement | null) {
  return store.addDelivery(newDelivery('{}', { acknowledgement }), [endpoint]);
}

const start = async (bench: Bench, mode: OwedMode = 'forward', journal: SentJournal | null = null) => {
  const owed = await resume(bench.store, bench.dispatcher, mode, journal);
  const rest = await finishWork(bench.context, mode, journal);
  const done = Promise.all([owed.done, rest.done]);
  return { told: [...owed.told, ...rest.told].join('\n'), done };
};

test('what was acknowledged and not forwarded is forwarded at the next start, told and marked, once', async () => {
  const app = await startApp();
  const bench = startBench({ endpoints: [app.url] });
  for (let i = 0; i < 3; i++) await leave(bench, app.url, taken);
  const { told, done } = await start(bench);
  await done;
  expect(told).toMatch(/^3 deliveries were acknowledged and not forwarded .*#1 #2 #3.*forwarded now/);
  expect(app.requests).toHaveLength(3);
  expect(bench.store.attempts(1)[0]).toMatchObject({
    reason: 'forward',
    notes: [expect.stringMatching(/^forwarded late/)],
  });
  const again = await start(bench);
  await again.done;
  expect([again.told, app.requests.length]).toEqual(['', 3]);
});

test.each([
  ['goes where the app is now', true],
  ['goes where it was to go when no app is given', false],
])('what is owed %s', async (_name, given) => {
  const [before, now] = [await startApp(), await startApp()];
  const bench = startBench({ endpoints: given ? [now.url] : [] });
  await leave(bench, before.url, taken);
  await (await start(bench)).done;
  expect([before.requests.length, now.requests.length]).toEqual(given ? [0, 1] : [1, 0]);
  expect(bench.store.owed()).toEqual([]);
});

test('with "hold" it waits until it is released', async () => {
  const app = await startApp();
  const bench = startBench({ endpoints: [app.url] });
  await leave(bench, app.url, taken);
  await leave(bench, app.url, taken);
  const { told, done } = await start(bench, 'hold');
  expect([told, bench.dispatcher.gate.held]).toEqual([expect.stringMatching(/held now/), [1, 2]]);
  await bench.run('release', { id: '2' });
  await app.received(1);
  expect(bench.store.attempts(1)).toEqual([]);
  await bench.run('release', {});
  await done;
  expect(app.requests).toHaveLength(2);
});

test('what was not acknowledged is left to its sender, told and marked', async () => {
  const app = await startApp();
  const bench = startBench({ endpoints: [app.url] });
  await leave(bench, app.url, null);
  await leave(bench, app.url, { ...taken, status: 503 });
  const { told, done } = await start(bench);
  await done;
  expect(told).toMatch(/2 deliveries were neither answered nor forwarded.*sends again/);
  expect(app.requests).toEqual([]);
  expect(bench.store.summary(1)!.acknowledgement).toMatchObject({
    by: 'nobody',
    note: expect.stringMatching(/stopped before it was answered/),
  });
  expect(bench.store.summary(2)!.acknowledgement).toMatchObject({ status: 503 });
  expect(bench.store.owed()).toEqual([]);
});

test('work that was cut short is told once, with how far it came; work that ended is not', async () => {
  const app = await startApp();
  const bench = startBench({ endpoints: [app.url] });
  await bench.add('{}');
  await bench.run('replay', { id: 'last' });
  await bench.store.work.put({
    id: 'x',
    label: 'replay of 500 deliveries',
    total: 500,
    done: 120,
    startedAt: 1,
    plan: null,
  });
  expect((await start(bench)).told).toMatch(/in the middle of its replay of 500 deliveries: 120 of 500 sent/);
  expect((await start(bench)).told).toBe('');
});

test('of attempts without an end those are made again whose bytes had not gone out, and no others', async () => {
  const [one, other] = [await startApp(), await startApp()];
  const bench = startBench({ endpoints: [one.url, other.url] });
  const dataDir = tempDir();
  const before = SentJournal.open(dataDir);
  const begin = async (endpoint: string): Promise<void> => {
    const delivery = await leave(bench, endpoint, taken);
    await bench.store.startAttempt(newAttempt(delivery, { endpoint }), true).stored;
  };
  await begin(one.url); // went out
  await begin(one.url); // did not
  await begin(other.url); // did not, though the same delivery did elsewhere
  await begin(one.url); // was about to
  before.note(1, one.url, 'going');
  before.note(1, one.url, 'sent');
  before.note(3, one.url, 'sent');
  before.note(4, one.url, 'going');
  before.close();
  const journal = SentJournal.open(dataDir);
  const { told, done } = await start(bench, 'forward', journal);
  await done;
  journal.close();
  expect(told).toMatch(/^2 deliveries were acknowledged and not forwarded .*#2 #3/);
  expect(told).toMatch(/^A delivery was going out .* may or may not have reached the app \(#4\): replay/m);
  expect([one.requests.length, other.requests.length]).toEqual([1, 1]);
  expect(bench.store.summary(4)!.lastAttempt).toMatchObject({ label: 'maybe-sent' });
  expect(bench.store.owed()).toEqual([]);
});

test('what is damaged of debts and emulated jobs is told at a start, a line each', async () => {
  const bench = startBench({ endpoints: ['http://127.0.0.1:9'] });
  await leave(bench, 'http://127.0.0.1:9', taken);
  await bench.store.jobs.putItem('upload', 'u1', {});
  const { file } = bench.store as unknown as {
    file: { run(sql: string): void; transaction(work: () => void): void };
  };
  file.transaction(() => {
    file.run("update delivery set owed = '[1'");
    file.run("update emulator_item set value = '{'");
  });
  expect((await start(bench)).told.split('\n')).toEqual([
    expect.stringMatching(/^Where #1 was still to be forwarded can't be read/),
    expect.stringMatching(/^A record of the emulator can't be read .*upload u1/),
  ]);
  expect(bench.store.owed()).toEqual([]);
});

test.each([
  ['a link', (path: string) => symlinkSync('/etc/hostname', path)],
  ['a folder', (path: string) => mkdirSync(path)],
])('%s in the place of the journal is an error with its name, and is left alone', (_what, lay) => {
  const dataDir = tempDir();
  lay(join(dataDir, 'sent.journal'));
  expect(() => openJournal(dataDir)).toThrow(/^sent\.journal in .* can't be used .*--data/);
});
