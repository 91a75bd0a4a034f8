import { readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import sqlite from 'node-sqlite3-wasm';
import { describe, expect, test } from 'vitest';
import type { Loss } from '../../src/core/damage.ts';
import { HistoryFile } from '../../src/store/database.ts';
import { onCleanup, tempDir } from '../support/cleanup.ts';
import { answer, newAttempt, newDelivery } from '../support/deliveries.ts';
import { history, junk, pagesWith, reopen, scribble } from './damaged.ts';
import { openTemp } from './support.ts';

describe('a damaged history is moved aside with its name told, and a fresh one begun with what can be read', () => {
  test.each<
    [what: string, saved: [least: number, most: number], damage: (path: string, size: number) => void]
  >([
    ['its header is garbage', [0, 0], (path) => scribble(path, 0, junk)],
    ['it is no database at all', [0, 0], (path) => writeFileSync(path, 'Dear diary,\n')],
    ['it is text of a page’s length', [0, 0], (path) => writeFileSync(path, Buffer.alloc(4096, 'a'))],
    ['it was cut in half', [50, 250], (path, size) => truncateSync(path, Math.floor(size / 8192) * 4096)],
    ['it was cut within a page', [200, 300], (path, size) => truncateSync(path, size - 1000)],
    ['only its first bytes are left', [0, 0], (path) => truncateSync(path, 50)],
    ['its schema is garbage', [0, 0], (path) => scribble(path, 200, junk.subarray(0, 3896))],
    [
      'a page has lost its last row without a trace',
      [299, 299],
      (path) => {
        const file = readFileSync(path);
        const at = pagesWith(file, 'dlv_').find((page) => file[page] === 13)!;
        scribble(path, at + 4, Buffer.from([file[at + 4]! - 1]));
      },
    ],
  ])('when %s', async (_, [least, most], damage) => {
    const { dir, path } = await history();
    damage(path, statSync(path).size);
    const damaged = readFileSync(path);
    const { store, told } = reopen(dir);
    expect(told).toMatchObject([{ kind: 'moved', movedTo: expect.stringContaining(`${path}.damaged-`) }]);
    const [{ movedTo, reason, saved, of }] = told as [Loss & { kind: 'moved' }];
    expect(reason).toMatch(/./);
    expect(readFileSync(movedTo).equals(damaged)).toBe(true);
    expect(saved).toBeGreaterThanOrEqual(least);
    expect(saved).toBeLessThanOrEqual(most);
    expect([null, 300]).toContain(of);
    const whole = store.page({ limit: 300 }).filter(({ seq }) => !store.delivery(seq)!.damage);
    expect(whole).toHaveLength(saved);
    for (const { seq } of whole)
      expect(Buffer.from(store.delivery(seq)!.body).toString()).toBe(`${seq - 1}`.repeat(500));
    const { seq } = await store.addDelivery(newDelivery('fresh'));
    expect(seq).toBe(301);
    await store.close();
    const again = reopen(dir);
    expect([again.told, again.store.delivery(seq)?.body.length]).toEqual([[], 5]);
  });

  test('with all else that it holds', async () => {
    const { dir, path } = await history();
    const { store } = reopen(dir);
    await store.jobs.putItem('upload', 'file-1', { pages: 3 });
    await store.checkRuns.put(
      {
        ...{ id: 1, kind: 'checks', startedAt: 1, durationMs: 1, endpoint: 'http://localhost/', verdict: '' },
        ...{ exitCode: 0, interrupted: false, passed: 1, failed: 0, warnings: 0, notJudged: 0 },
      },
      '{"v":1}',
    );
    await store.work.put({ id: 'w1', label: 'a replay', total: 5, done: 1, startedAt: 1, plan: null });
    await store.close();
    scribble(path, pagesWith(readFileSync(path), 'application/json').at(-1)!, junk);
    const again = reopen(dir);
    expect(again.store.delivery(300)).toMatchObject({
      damage: [
        'http_version holds nothing, not text',
        'headers holds nothing, not names and values as JSON',
        'body holds nothing, not bytes',
        'remote_address holds nothing, not text',
      ],
    });
    expect(again.told).toHaveLength(1);
    expect(again.store.attempts(1)).toHaveLength(1);
    expect(again.store.jobs.items('upload')).toEqual([{ pages: 3 }]);
    expect(again.store.checkRuns.list({ limit: 9 })).toHaveLength(1);
    expect(again.store.work.all()).toMatchObject([{ id: 'w1' }]);
  });

  test('again and again: each keeps its own name', async () => {
    const dir = tempDir();
    const names = new Set<string>();
    for (let i = 0; i < 3; i++) {
      writeFileSync(join(dir, 'history.db'), junk);
      const { store, told } = reopen(dir);
      names.add((told[0] as Loss & { kind: 'moved' }).movedTo);
      await store.close();
    }
    expect(names.size).toBe(3);
    expect(readdirSync(dir).filter((name) => name.includes('.damaged-'))).toHaveLength(3);
  });
});

test('an empty file is a history that was never written', async () => {
  const dir = tempDir();
  writeFileSync(join(dir, 'history.db'), '');
  const { store, told } = reopen(dir);
  await store.addDelivery(newDelivery());
  expect([told, store.count()]).toEqual([[], 1]);
});

describe('damage that comes to light while the tool runs', () => {
  /** A history with junk in all pages that hold headers and bodies but for one: opening it reads none of them. */
  async function damagedInside(): Promise<ReturnType<typeof reopen> & { damaged: Buffer }> {
    const { dir, path, before } = await history();
    const damaged = Buffer.from(before);
    for (const page of pagesWith(damaged, 'application/json').slice(1)) junk.copy(damaged, page);
    writeFileSync(path, damaged);
    const opened = reopen(dir);
    expect([opened.told, opened.store.count()]).toEqual([[], 300]);
    return { ...opened, damaged };
  }

  test('in a read: the file is moved aside then, what reads well is saved, and numbers go on', async () => {
    const { store, told, damaged } = await damagedInside();
    expect(store.delivery(300)).toMatchObject({ broken: true });
    expect(told).toMatchObject([{ reason: 'database disk image is malformed', of: 300 }]);
    const [{ movedTo, saved }] = told as [Loss & { kind: 'moved' }];
    expect(readFileSync(movedTo).equals(damaged)).toBe(true);
    expect(saved).toBeGreaterThan(0);
    const page = store.page({ limit: 999 });
    expect([store.count(), page.length]).toEqual([300, 300]);
    expect(page.filter(({ seq }) => !store.delivery(seq)!.broken)).toHaveLength(saved);
    const { seq } = await store.addDelivery(newDelivery('after'));
    expect([seq, store.count(), store.problem, told.length]).toEqual([301, 301, null, 1]);
    expect(Buffer.from(store.delivery(seq)!.body).toString()).toBe('after');
  });

  test('in a write: nothing that is promised is lost', async () => {
    const { store, dir, told, changes } = await damagedInside();
    const bodies = Array.from({ length: 50 }, (_, i) => `new ${i}`);
    const added = await Promise.all(bodies.map((body) => store.addDelivery(newDelivery(body))));
    expect([told.length, store.count(), store.problem]).toEqual([1, 350, null]);
    expect(added[0]!.seq).toBe(301);
    expect(changes.map(({ type }) => type)).toEqual(bodies.map(() => 'delivery'));
    await store.close();
    const again = reopen(dir);
    expect(again.told).toEqual([]);
    for (const [i, { seq }] of added.entries())
      expect(Buffer.from(again.store.delivery(seq)!.body).toString()).toBe(bodies[i]);
  });

  test('while attempts are under way: they end as ever', async () => {
    const { store, told } = await damagedInside();
    const { attempt, stored } = store.startAttempt(newAttempt(store.resolve('300')));
    await stored;
    expect(store.delivery(300)).toMatchObject({ seq: 300, broken: true });
    await store.finishAttempt(attempt, 1, answer(200));
    expect(told).toHaveLength(1);
    expect(store.attempts(300)).toMatchObject([{ outcome: { kind: 'response' } }]);
  });
});

describe('a damaged counter', () => {
  test.each([
    ['a size beyond the file', 'update delivery set size = 4000000000000000 where seq = 2'],
    ['a size that is text', "update delivery set size = 'much' where seq = 2"],
    ['the number to go on with', "insert or replace into meta values ('next_seq', 'x')"],
    [
      'that number, beyond all bounds',
      "insert or replace into meta values ('next_seq', '99999999999999999999')",
    ],
  ])('(%s) removes nothing and gives no number twice', async (_, sql) => {
    const { dir } = await history();
    const db = new sqlite.Database(join(dir, 'history.db'));
    db.exec(`pragma locking_mode = exclusive; ${sql}`);
    db.close();
    const { store } = openTemp({ keep: 1000, keepBytes: 10_000_000 }, dir);
    const { seq } = await store.addDelivery(newDelivery());
    expect([seq, store.count(), store.problem]).toEqual([301, 301, null]);
    await store.remove([2]);
    expect(store.count()).toBe(300);
  });
});

test('a body with a flipped bit is told apart from the one that arrived', async () => {
  const { store, dir } = openTemp();
  await store.addDelivery(newDelivery('{"amount":100}'));
  await store.close();
  const db = new sqlite.Database(join(dir, 'history.db'));
  db.exec(`pragma locking_mode = exclusive; update content set body = cast('{"amount":900}' as blob)`);
  db.close();
  expect(openTemp({}, dir).store.delivery(1)).toMatchObject({
    damage: ['body holds other bytes than those that arrived'],
    broken: true,
  });
});

test('damage that a transaction finds when it reads begins it anew, with all that is in it', async () => {
  const { path, before } = await history();
  const told: Loss[] = [];
  const file = new HistoryFile(path, { now: () => 0 }, (loss) => told.push(loss));
  onCleanup(() => file.close());
  for (const page of pagesWith(before, 'application/json')) scribble(path, page, junk);
  const put = (key: string): void => void file.run('insert into meta (key, value) values (?, ?)', [key, 'v']);
  file.transaction(() => {
    put('before');
    file.all('select * from content');
    put('after');
  });
  expect(told).toHaveLength(1);
  expect(file.all('select key from meta order by key')).toEqual([{ key: 'after' }, { key: 'before' }]);
});

test('what is cleared is in no file any more, and its space is given back', async () => {
  const { store, dir } = openTemp();
  const body = JSON.stringify({
    status: 'Completed',
    job_id: 'j',
    metadata: { secret: 'very-s3cret', text: 'x'.repeat(5000) },
  });
  for (let i = 0; i < 200; i++) await store.addDelivery(newDelivery(body));
  const size = () =>
    ['', '-wal'].reduce(
      (sum, end) => sum + (statSync(join(dir, `history.db${end}`), { throwIfNoEntry: false })?.size ?? 0),
      0,
    );
  const before = size();
  await store.clear();
  expect(size()).toBeLessThan(before / 5);
  for (const file of readdirSync(dir))
    if (statSync(join(dir, file)).isFile())
      expect(readFileSync(join(dir, file)).includes('very-s3cret'), file).toBe(false);
});
