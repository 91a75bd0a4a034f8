import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Loss } from '../../src/core/damage.ts';
import { tempDir } from '../support/cleanup.ts';
import { newDelivery } from '../support/deliveries.ts';
import { history, junk, reopen } from './damaged.ts';
import { openTemp } from './support.ts';

describe('a damaged write-ahead log', () => {
  /** A history as a killed process leaves it: the last deliveries only in the log, the engine's lock in place. */
  async function afterKill(damage: (wal: Buffer) => Buffer): Promise<{ dir: string; wal: Buffer }> {
    const { store, dir } = openTemp();
    await Promise.all(Array.from({ length: 20 }, (_, i) => store.addDelivery(newDelivery(`delivery ${i}`))));
    const copy = tempDir();
    const wal = damage(readFileSync(join(dir, 'history.db-wal')));
    writeFileSync(join(copy, 'history.db'), readFileSync(join(dir, 'history.db')));
    writeFileSync(join(copy, 'history.db-wal'), wal);
    writeFileSync(join(copy, 'history.db-last'), readFileSync(join(dir, 'history.db-last')));
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
    expect(basename((told[0] as Loss & { kind: 'moved' }).movedTo)).toBe(kept[0]!.replace(/-wal$/, ''));
    expect(readFileSync(join(dir, kept[0]!)).equals(wal)).toBe(true);
    expect((await store.addDelivery(newDelivery('fresh'))).seq).toBe(21);
  });

  test.each<[what: string, damage: (wal: Buffer) => Buffer]>([
    ['was cut within its last entry', (wal) => wal.subarray(0, wal.length - 1000)],
    ['has garbage at its end', (wal) => Buffer.concat([wal.subarray(0, wal.length - 4096), junk])],
    ['was cut within its header', (wal) => wal.subarray(0, 20)],
    ['is all zeros', (wal) => Buffer.alloc(wal.length)],
    ['is empty', () => Buffer.alloc(0)],
    ['has a flipped bit', (wal) => wal.fill(wal[5000]! ^ 4, 5000, 5001)],
  ])('that %s gives back what is whole in it, and what is gone is told once', async (_, damage) => {
    const { dir } = await afterKill(damage);
    const { store, told } = reopen(dir);
    expect(told).toEqual(store.count() === 20 ? [] : [{ kind: 'gone', first: store.count() + 1, last: 20 }]);
    await store.close();
    const once = reopen(dir);
    expect(once.told).toEqual([]);
    const { seq } = await once.store.addDelivery(newDelivery('fresh'));
    expect(seq).toBe(21);
    await once.store.close();
    const again = reopen(dir);
    expect([again.told, again.store.delivery(seq)?.body.length]).toEqual([[], 5]);
    for (const { seq: each } of again.store.page({ limit: 99 }))
      expect(again.store.delivery(each)).toMatchObject({ seq: each, method: 'POST' });
  });
});

test.each<[what: string, damage: (path: string) => void]>([
  ['was cut to nothing', (path) => truncateSync(path, 0)],
  ['was removed', (path) => rmSync(path)],
])('a history that %s is told of', async (_, damage) => {
  const { dir, path } = await history();
  damage(path);
  expect(reopen(dir).told).toEqual([{ kind: 'gone', first: 1, last: 300 }]);
});

test('the number of the last delivery is no cause for alarm after a clear, or when it is damaged itself', async () => {
  const { dir, path } = await history();
  const { store } = reopen(dir);
  await store.clear();
  await store.close();
  const cleared = reopen(dir);
  expect([cleared.told, cleared.store.count()]).toEqual([[], 0]);
  await cleared.store.close();
  for (const damage of ['000000300 000009300\n', 'x', '']) {
    writeFileSync(`${path}-last`, damage);
    const again = reopen(dir);
    expect(again.told).toEqual([]);
    await again.store.close();
  }
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
