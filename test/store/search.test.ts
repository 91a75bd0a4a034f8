import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseFilter } from '../../src/core/filter.ts';
import type { Store } from '../../src/store/store.ts';
import { newDelivery, payload } from '../support/deliveries.ts';
import { longHistory, numbers, rareJob, timeOf } from './long.ts';
import { openTemp } from './support.ts';

const openLong = async (): Promise<Store> => openTemp({}, (await longHistory()).dir).store;
const rare = parseFilter(`job:${rareJob}`);
const addRare = (store: Store): Promise<unknown> => store.addDelivery(newDelivery(payload(rareJob, null)));
const seqs = (page: readonly { seq: number }[]): number[] => page.map(({ seq }) => seq);

/** Counts the turns that others have meanwhile. @param first what they do in the first one */
async function turnsOf<T>(work: Promise<T>, first = (): unknown => undefined): Promise<[T, turns: number]> {
  let [turns, done] = [0, false];
  const look = (): void => {
    if (done) return;
    turns += 1;
    if (turns === 1) first();
    setImmediate(look);
  };
  setImmediate(look);
  const result = await work.finally(() => {
    done = true;
  });
  return [result, turns];
}

test('gives what a look at all in one go gives, whatever is asked for', async () => {
  const store = await openLong();
  const bound = fc.option(fc.integer({ min: -5, max: 30_005 }), { nil: undefined });
  const query = fc.record({
    ...{ before: bound, after: bound, offset: fc.nat(25_000), limit: fc.integer({ min: 1, max: 3000 }) },
    from: fc.constantFrom('newest' as const, 'oldest' as const),
    filter: fc.constantFrom('', 'job:rare', 'job:rare OR job:none', 'code:200', 'nothing', 'NOT job:job'),
  });
  await fc.assert(
    fc.asyncProperty(query, async ({ before, after, filter: text, ...rest }) => {
      const filter = parseFilter(text);
      const page = {
        ...{ ...rest, filter },
        ...(before === undefined ? {} : { before }),
        ...(after === undefined ? {} : { after }),
      };
      expect(seqs(await store.search.page(page))).toEqual(seqs(store.page(page)));
      const older = parseFilter(`seq:<${before ?? 99_999} ${text === '' ? '' : `AND (${text})`}`);
      expect(await store.search.count(filter, { before })).toBe(store.count(older));
    }),
    { numRuns: 60 },
  );
});

test('others have their turn meanwhile', async () => {
  const store = await openLong();
  const questions: Record<string, () => Promise<unknown>> = {
    page: () => store.search.page({ filter: rare, limit: 50 }),
    rank: () => store.search.page({ offset: 19_000, limit: 5 }),
    count: () => store.search.count(rare),
    histogram: () => store.search.histogram({ from: 0, bucketMs: 1000, buckets: 30 }),
  };
  for (const [what, ask] of Object.entries(questions))
    expect((await turnsOf(ask()))[1], what).toBeGreaterThan(1);
  const [, alone] = await turnsOf(questions.count!());
  const many = Promise.all(Array.from({ length: 5 }, questions.count!));
  expect((await turnsOf(many))[1]).toBeGreaterThan(alone);
});

test('a page has each once although some come and go meanwhile, and none that came after its beginning', async () => {
  const store = await openLong();
  const before = seqs(store.page({ filter: rare, limit: 99 }));
  const up = store.search.page({ filter: rare, limit: 99, from: 'oldest' });
  expect(seqs((await turnsOf(up, () => addRare(store)))[0])).toEqual(before);
  const then = seqs(store.page({ filter: rare, limit: 99 }));
  const down = store.search.page({ filter: rare, limit: 99 });
  const change = (): unknown => Promise.all([addRare(store), store.remove([then.at(-1)!])]);
  expect([then, then.slice(0, -1)]).toContainEqual(seqs((await turnsOf(down, change))[0]));
  expect(then).toHaveLength(before.length + 1);
});

test('a histogram counts each in its bucket, also when it knows which blocks it need not look at', async () => {
  const store = await openLong();
  const expected = (from: number): number[] => {
    const counts: number[] = new Array(12).fill(0);
    for (const seq of numbers) {
      const bucket = Math.floor((timeOf(seq) - from) / 1000);
      if (bucket in counts) counts[bucket]! += 1;
    }
    return counts;
  };
  for (const from of [0, 0, 500, 19_000]) {
    const found = await store.search.histogram({ from, bucketMs: 1000, buckets: 12 });
    expect(found.map(({ ok, none }) => ok + none)).toEqual(expected(from));
  }
  await store.addDelivery(newDelivery('', { receivedAt: 19_500 }));
  const [found] = await store.search.histogram({ from: 19_000, bucketMs: 1000, buckets: 1 });
  expect(found).toEqual({ ok: 0, error: 0, pending: 0, none: 1 });
});

test('ends when nobody waits for it any more, and when the history is closed', async () => {
  const store = await openLong();
  const away = new AbortController();
  const left = store.search.count(rare, { signal: away.signal });
  away.abort();
  await expect(left).rejects.toMatchObject({ code: 'cancelled' });
  const cut = expect(store.search.page({ filter: rare, limit: 99 })).rejects.toMatchObject({
    code: 'closed',
  });
  await store.close();
  await cut;
});
