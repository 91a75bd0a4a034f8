import { readFileSync } from 'node:fs';
import sqlite from 'node-sqlite3-wasm';
import { describe, expect, test } from 'vitest';
import type { Loss } from '../../src/core/damage.ts';
import { newDelivery } from '../support/deliveries.ts';
import { waitFor } from '../support/wait.ts';
import { pagesWith, scribble } from './damaged.ts';
import { body, longHistory, numbers } from './long.ts';
import { openTemp } from './support.ts';

describe('a long history has its bytes summed up when it is in use already:', () => {
  const total = numbers.length * body.length;

  test('what is over the limit goes then, and no more, whatever comes and goes before', async () => {
    const { dir } = await longHistory();
    const { store } = openTemp({ keepBytes: total - 100 * body.length }, dir);
    expect(store.count()).toBe(numbers.length);
    await store.addDelivery(newDelivery(body));
    await store.remove([1, 2, 20_000, numbers.at(-1)!]);
    const limit = numbers.length - 100;
    await waitFor(() => store.count() === limit);
    await store.addDelivery(newDelivery(body));
    await store.remove([25_000]);
    expect(store.count()).toBe(limit);
    await store.addDelivery(newDelivery(body.repeat(3)));
    await waitFor(() => store.count() === limit - 2);
    expect(store.page({ from: 'oldest', limit: 1 })).toMatchObject([{ seq: 103 }]);
  });

  test('also while it is counted', async () => {
    const { dir } = await longHistory();
    const { store } = openTemp({ keepBytes: total - 100 * body.length }, dir);
    const trimmed = store.trim();
    await Promise.all([
      store.remove([1, 2, 20_000, numbers.at(-1)!]),
      store.addDelivery(newDelivery(body)),
      trimmed,
    ]);
    expect(store.count()).toBe(numbers.length - 100);
    expect(store.surplus()).toMatchObject({ limit: 'keepBytes', left: [] });
  });

  test('a damaged size removes nothing', async () => {
    const { dir, path } = await longHistory();
    const db = new sqlite.Database(path);
    db.exec('pragma locking_mode = exclusive; update delivery set size = 4000000000000000 where seq = 20001');
    db.close();
    const { store } = openTemp({ keepBytes: total }, dir);
    await store.trim();
    expect(store.count()).toBe(numbers.length);
    await store.addDelivery(newDelivery(body));
    await waitFor(() => store.count() === numbers.length);
  });

  test('what is cleared meanwhile is not counted', async () => {
    const { dir } = await longHistory();
    const { store } = openTemp({ keepBytes: 2 * body.length }, dir);
    const trimmed = store.trim();
    await store.clear();
    await trimmed;
    for (let i = 0; i < 3; i++) await store.addDelivery(newDelivery(body));
    await waitFor(() => store.count() === 2);
  });
});

describe('a page of a long history that has lost its last row without a trace', () => {
  /** @param text that the page holds */
  async function damaged(text: string): Promise<string> {
    const { dir, path } = await longHistory();
    const file = readFileSync(path);
    const leaf = text.startsWith('dlv_') ? [13, 10] : [10];
    const at = pagesWith(file, text).find((page) => leaf.includes(file[page]!))!;
    const cells = file.readUInt16BE(at + 3) - 1;
    scribble(path, at + 3, Buffer.from([cells >> 8, cells & 255]));
    return dir;
  }

  test('is found at once by a command', async () => {
    const told: Loss[] = [];
    openTemp({ onLoss: (loss) => told.push(loss) }, await damaged('dlv_0000000000000100'));
    expect(told).toMatchObject([
      { kind: 'moved', reason: expect.stringContaining('rows of delivery are missing') },
    ]);
  });

  test('is found by a listen when it is in use already, and nothing that came is lost', async () => {
    const told: Loss[] = [];
    const options = { checkLater: true, onLoss: (loss: Loss) => told.push(loss) };
    const { store } = openTemp(options, await damaged('dlv_0000000000000100'));
    const { seq } = await store.addDelivery(newDelivery('came'));
    expect([told, store.count()]).toEqual([[], numbers.length + 1]);
    await waitFor(() => told.length > 0, { timeoutMs: 60_000 });
    expect(told).toMatchObject([
      { kind: 'moved', reason: expect.stringContaining('rows of delivery are missing') },
    ]);
    expect(Buffer.from(store.delivery(seq)!.body).toString()).toBe('came');
    expect((await store.addDelivery(newDelivery())).seq).toBe(seq + 1);
  });
});
