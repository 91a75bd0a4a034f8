import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { tempDir } from '../support/cleanup.ts';
import { answer, attempt, newAttempt, newDelivery, openTemp } from './support.ts';

/** Overwrites a part of a file. */
function scribble(path: string, from: number, bytes: Uint8Array): void {
  const file = openSync(path, 'r+');
  writeSync(file, bytes, 0, bytes.length, from);
  closeSync(file);
}

/** A closed history with 300 deliveries. */
async function history(): Promise<{ dir: string; path: string; before: Buffer }> {
  const { store, dir } = openTemp();
  await Promise.all(
    Array.from({ length: 300 }, (_, i) => store.addDelivery(newDelivery(`${i}`.repeat(500)))),
  );
  await attempt(store, store.delivery(1)!, answer(200));
  await store.close();
  const path = join(dir, 'history.db');
  return { dir, path, before: readFileSync(path) };
}

/** Opens a folder and notes what is told of damage. */
function reopen(dir: string) {
  const told: { movedTo: string; reason: string }[] = [];
  return { told, ...openTemp({ onQuarantine: (movedTo, reason) => told.push({ movedTo, reason }) }, dir) };
}

const junk = Buffer.alloc(4096, 'junk');

describe('a damaged history is moved aside with its name told, and a fresh one begun', () => {
  test.each<[what: string, damage: (path: string, size: number) => void]>([
    ['its header is garbage', (path) => scribble(path, 0, junk)],
    ['it is no database at all', (path) => writeFileSync(path, 'Dear diary,\n')],
    ['it is text of a page’s length', (path) => writeFileSync(path, Buffer.alloc(4096, 'a'))],
    ['it was cut in half', (path, size) => truncateSync(path, Math.floor(size / 8192) * 4096)],
    ['it was cut within a page', (path, size) => truncateSync(path, size - 1000)],
    ['only its first bytes are left', (path) => truncateSync(path, 50)],
    ['its schema is garbage', (path) => scribble(path, 200, junk.subarray(0, 3896))],
  ])('when %s', async (_, damage) => {
    const { dir, path } = await history();
    damage(path, statSync(path).size);
    const damaged = readFileSync(path);
    const { store, told } = reopen(dir);
    expect(told).toEqual([
      { movedTo: expect.stringContaining(`${path}.damaged-`), reason: expect.stringMatching(/./) },
    ]);
    expect(readFileSync(told[0]!.movedTo).equals(damaged)).toBe(true);
    expect(store.count()).toBe(0);
    const { seq } = await store.addDelivery(newDelivery('fresh'));
    await store.close();
    const again = reopen(dir);
    expect([again.told, again.store.count(), again.store.delivery(seq)?.body.length]).toEqual([[], 1, 5]);
  });

  test('again and again: each keeps its own name', async () => {
    const dir = tempDir();
    const names = new Set<string>();
    for (let i = 0; i < 3; i++) {
      writeFileSync(join(dir, 'history.db'), junk);
      const { store, told } = reopen(dir);
      names.add(told[0]!.movedTo);
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
  /** A history with junk in all pages that hold headers and bodies: opening it reads none of them. */
  async function damagedInside(): Promise<ReturnType<typeof reopen> & { damaged: Buffer }> {
    const { dir, path, before } = await history();
    const damaged = Buffer.from(before);
    for (let page = 1; page < damaged.length / 4096; page++) {
      const bytes = damaged.subarray(page * 4096, (page + 1) * 4096);
      if (bytes.includes('application/json')) junk.copy(bytes);
    }
    writeFileSync(path, damaged);
    const opened = reopen(dir);
    expect([opened.told, opened.store.count()]).toEqual([[], 300]);
    return { ...opened, damaged };
  }

  test('in a read: the file is moved aside then, what arrives is kept, and numbers go on', async () => {
    const { store, told, damaged } = await damagedInside();
    expect(store.delivery(1)).toBeNull();
    expect(told).toEqual([
      { movedTo: expect.stringContaining('.damaged-'), reason: 'database disk image is malformed' },
    ]);
    expect(readFileSync(told[0]!.movedTo).equals(damaged)).toBe(true);
    expect([store.count(), store.page({ limit: 9 })]).toEqual([0, []]);
    const { seq } = await store.addDelivery(newDelivery('after'));
    expect([seq, store.count(), store.problem, told.length]).toEqual([301, 1, null, 1]);
    expect(Buffer.from(store.delivery(seq)!.body).toString()).toBe('after');
  });

  test('in a write: nothing that is promised is lost', async () => {
    const { store, dir, told, changes } = await damagedInside();
    const bodies = Array.from({ length: 50 }, (_, i) => `new ${i}`);
    const added = await Promise.all(bodies.map((body) => store.addDelivery(newDelivery(body))));
    expect([told.length, store.count(), store.problem]).toEqual([1, 50, null]);
    expect(added[0]!.seq).toBe(301);
    expect(changes.map(({ type }) => type)).toEqual(bodies.map(() => 'delivery'));
    await store.close();
    const again = reopen(dir);
    expect(again.told).toEqual([]);
    for (const [i, { seq }] of added.entries())
      expect(Buffer.from(again.store.delivery(seq)!.body).toString()).toBe(bodies[i]);
  });

  test('while attempts are under way: they end without an error, though their delivery is gone', async () => {
    const { store, told } = await damagedInside();
    const { attempt, stored } = store.startAttempt(newAttempt(store.resolve('300')));
    await stored;
    expect(store.delivery(1)).toBeNull();
    await store.finishAttempt(attempt, 1, answer(200));
    expect(told).toHaveLength(1);
    expect(store.count()).toBe(0);
  });
});

describe('a damaged write-ahead log', () => {
  /** A history as a killed process leaves it: the last deliveries only in the log, the engine's lock in place. */
  async function afterKill(damage: (wal: Buffer) => Buffer): Promise<{ dir: string; wal: Buffer }> {
    const { store, dir } = openTemp();
    await Promise.all(Array.from({ length: 20 }, (_, i) => store.addDelivery(newDelivery(`delivery ${i}`))));
    const copy = tempDir();
    const wal = damage(readFileSync(join(dir, 'history.db-wal')));
    writeFileSync(join(copy, 'history.db'), readFileSync(join(dir, 'history.db')));
    writeFileSync(join(copy, 'history.db-wal'), wal);
    return { dir: copy, wal };
  }

  test('that is whole gives back all deliveries', async () => {
    const { dir } = await afterKill((wal) => wal);
    const { store, told } = reopen(dir);
    expect([told, store.count()]).toEqual([[], 20]);
  });

  test.each<[what: string, damage: (wal: Buffer) => Buffer]>([
    ['begins with garbage', (wal) => Buffer.concat([junk, wal.subarray(4096)])],
    ['is garbage', (wal) => Buffer.alloc(wal.length, 'x')],
  ])('that %s is kept under a name that is told', async (_, damage) => {
    const { dir, wal } = await afterKill(damage);
    const { store, told } = reopen(dir);
    expect(told).toHaveLength(1);
    const kept = readdirSync(dir).filter((name) => name.includes('.damaged-') && name.endsWith('-wal'));
    expect(kept).toHaveLength(1);
    expect(basename(told[0]!.movedTo)).toBe(kept[0]!.replace(/-wal$/, ''));
    expect(readFileSync(join(dir, kept[0]!)).equals(wal)).toBe(true);
    expect((await store.addDelivery(newDelivery('fresh'))).seq).toBeGreaterThan(0);
  });

  test.each<[what: string, damage: (wal: Buffer) => Buffer]>([
    ['was cut within its last entry', (wal) => wal.subarray(0, wal.length - 1000)],
    ['has garbage at its end', (wal) => Buffer.concat([wal.subarray(0, wal.length - 4096), junk])],
    ['was cut within its header', (wal) => wal.subarray(0, 20)],
    ['is all zeros', (wal) => Buffer.alloc(wal.length)],
    ['is empty', () => Buffer.alloc(0)],
  ])('that %s gives back what is whole in it', async (_, damage) => {
    const { dir } = await afterKill(damage);
    const { store } = reopen(dir);
    const { seq } = await store.addDelivery(newDelivery('fresh'));
    await store.close();
    const again = reopen(dir);
    expect([again.told, again.store.delivery(seq)?.body.length]).toEqual([[], 5]);
    for (const { seq: each } of again.store.page({ limit: 99 }))
      expect(again.store.delivery(each)).not.toBeNull();
  });
});

test('a lock that a killed process left behind is no obstacle', async () => {
  const { dir, path } = await history();
  const killed = openTemp({}, dir);
  expect(existsSync(`${path}.lock`)).toBe(true);
  const copy = tempDir();
  for (const name of ['history.db', 'history.db-wal'])
    if (existsSync(join(dir, name))) writeFileSync(join(copy, name), readFileSync(join(dir, name)));
  mkdirSync(join(copy, 'history.db.lock'));
  await killed.store.close();
  const { store, told } = reopen(copy);
  expect([told, store.count()]).toEqual([[], 300]);
});

describe('a history whose file', () => {
  test.each(['is deleted', 'is replaced', 'has its folder deleted'])(
    '%s while it is open takes no delivery any more',
    async (what) => {
      const { store, dir } = openTemp();
      await store.addDelivery(newDelivery());
      const path = join(dir, 'history.db');
      if (what === 'is deleted') rmSync(path);
      else if (what === 'is replaced') {
        writeFileSync(`${path}.other`, '');
        renameSync(`${path}.other`, path);
      } else rmSync(dir, { recursive: true });
      await expect(store.addDelivery(newDelivery())).rejects.toThrow(/was removed or replaced/);
    },
  );
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
