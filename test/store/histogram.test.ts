import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseFilter } from '../../src/core/filter.ts';
import type { OutcomeCounts } from '../../src/store/store.ts';
import { answer, newAttempt, newDelivery, payload } from '../support/deliveries.ts';
import { attempt, openTemp } from './support.ts';

const nothing: OutcomeCounts = { ok: 0, error: 0, pending: 0, none: 0 };

test('counts deliveries where their time falls, by what became of them', async () => {
  const { store } = openTemp();
  const add = (receivedAt: number, status = 'Completed') =>
    store.addDelivery(newDelivery(payload('job', null, status), { receivedAt }));
  await attempt(store, await add(999), answer(200));
  await attempt(store, await add(1000), answer(204));
  await attempt(store, await add(1099), answer(302));
  await attempt(store, await add(1099, 'Failed'), { kind: 'error', code: 'refused', message: 'x' });
  await store.startAttempt(newAttempt(await add(1100))).stored;
  await add(1299);
  await add(1300);
  const query = { from: 1000, bucketMs: 100, buckets: 3 };
  expect(await store.search.histogram(query)).toEqual([
    { ...nothing, ok: 1, error: 2 },
    { ...nothing, pending: 1 },
    { ...nothing, none: 1 },
  ]);
  const failed = await store.search.histogram({ ...query, filter: parseFilter('status:failed') });
  expect(failed[0]).toEqual({
    ...nothing,
    error: 1,
  });
});

test('every delivery within the time is counted exactly once, however it is divided', async () => {
  const { store } = openTemp();
  const times = fc.sample(fc.integer({ min: 0, max: 5000 }), 60);
  await Promise.all(times.map((receivedAt) => store.addDelivery(newDelivery('{}', { receivedAt }))));
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 0, max: 5000 }),
      fc.integer({ min: 1, max: 900 }),
      fc.integer({ min: 1, max: 40 }),
      async (from, bucketMs, buckets) => {
        const found = await store.search.histogram({ from, bucketMs, buckets });
        const counts = found.map(({ none }) => none);
        const expected = counts.map((_, i) => {
          const [begin, end] = [from + i * bucketMs, from + (i + 1) * bucketMs];
          return times.filter((time) => time >= begin && time < end).length;
        });
        expect(counts).toEqual(expected);
      },
    ),
  );
});
