import sqlite from 'node-sqlite3-wasm';
import { describe, expect, test } from 'vitest';
import { newDelivery } from '../support/deliveries.ts';
import { waitFor } from '../support/wait.ts';
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
