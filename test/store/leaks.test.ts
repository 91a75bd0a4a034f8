import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import sqlite from 'node-sqlite3-wasm';
import { expect, test } from 'vitest';
import { SentJournal } from '../../src/store/sent-journal.ts';
import { openStore } from '../../src/store/sqlite-store.ts';
import { tempDir } from '../support/cleanup.ts';
import { newAttempt, newDelivery } from '../support/deliveries.ts';
import { backTo, busyWith } from '../support/leaks.ts';
import { history, junk, pagesWith, scribble } from './damaged.ts';

const openFiles = (): number => readdirSync('/proc/self/fd').length;

/** Does it once for what is loaded on the way, and then has to leave nothing open. */
async function leavesNothing(work: () => Promise<void>): Promise<void> {
  await work();
  const [before, files] = [busyWith(), openFiles()];
  for (let i = 0; i < 3; i++) await work();
  await backTo(before);
  expect(openFiles()).toBe(files);
}

test('a history that is closed has nothing open, whatever it was about to write or to remove', () =>
  leavesNothing(async () => {
    const dir = tempDir();
    const store = openStore(dir, { keep: 2 });
    store.subscribe(() => undefined);
    const journal = SentJournal.open(dir);
    for (let i = 0; i < 5; i++) await store.addDelivery(newDelivery(), ['app']);
    const { attempt, stored } = store.startAttempt(newAttempt(store.resolve('last')));
    journal.note(1, 'app', 'sent');
    const late = [stored, store.addDelivery(newDelivery()), store.settle(1), store.work.progress('w', 1)];
    await store.close();
    journal.close();
    await Promise.all(late);
    const again = openStore(dir);
    expect(again.attempt(attempt.id)).toMatchObject({
      deliverySeq: attempt.deliverySeq,
      reason: attempt.reason,
    });
    await again.close();
    const read = openStore(dir, { readOnly: true });
    expect(read.page({ limit: 9 })).toHaveLength(read.count());
    await read.close();
  }));

test('nor has one that was damaged, or could not be opened', async () => {
  const { dir, path } = await history();
  scribble(path, pagesWith(readFileSync(path), 'application/json')[2]!, junk);
  const damaged = readFileSync(path);
  await leavesNothing(async () => {
    rmSync(`${path}-wal`, { force: true });
    scribble(path, 0, damaged);
    const lost: unknown[] = [];
    const store = openStore(dir, { onLoss: (loss) => lost.push(loss) });
    for (let seq = 1; seq <= 300; seq++) store.delivery(seq);
    expect(lost).toHaveLength(1);
    await store.close();
  });
  await leavesNothing(async () => {
    const taken = tempDir();
    mkdirSync(join(taken, 'history.db-last'));
    expect(() => openStore(taken)).toThrow(/history\.db-last is no file/);
    expect(() => openStore(tempDir(), { readOnly: true })).toThrow(/There is no history/);
    const newer = tempDir();
    const db = new sqlite.Database(join(newer, 'history.db'));
    db.exec('pragma user_version = 9999');
    db.close();
    expect(() => openStore(newer)).toThrow(/newer version/);
    expect(() => openStore(newer, { readOnly: true })).toThrow(/another version/);
  });
});
