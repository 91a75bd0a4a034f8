import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Delivery } from '../../src/core/delivery.ts';
import { type Filter, parseFilter } from '../../src/core/filter.ts';
import { matches } from '../../src/core/filter-match.ts';
import type { DeliverySummary } from '../../src/core/record.ts';
import type { Store } from '../../src/store/store.ts';
import { answer, newAttempt, newDelivery, payload } from '../support/deliveries.ts';
import { atoms, filters } from './filter-meaning.ts';
import { attempt, deliveries, openTemp } from './support.ts';

const seqs = (page: DeliverySummary[]): number[] => page.map(({ seq }) => seq);

describe('a page', () => {
  const total = 25;
  const numbers = Array.from({ length: total }, (_, i) => i + 1);

  test('is newest first, whichever end and bounds it is taken from', async () => {
    const { store } = openTemp();
    await Promise.all(numbers.map(() => store.addDelivery(newDelivery())));
    const bound = fc.option(fc.integer({ min: -1, max: total + 2 }), { nil: undefined });
    fc.assert(
      fc.property(
        bound,
        bound,
        fc.constantFrom('newest', 'oldest'),
        fc.nat(total + 2),
        (before, after, from, limit) => {
          const within = numbers.filter((seq) => seq < (before ?? 1000) && seq > (after ?? 0));
          const expected =
            from === 'newest' ? within.reverse().slice(0, limit) : within.slice(0, limit).reverse();
          const query = {
            ...(before === undefined ? {} : { before }),
            ...(after === undefined ? {} : { after }),
          };
          expect(seqs(store.page({ ...query, from: from as 'newest', limit }))).toEqual(expected);
        },
      ),
      { numRuns: 300 },
    );
  });

  test('after another leads through all deliveries, each once, in both directions', async () => {
    const { store } = openTemp();
    await Promise.all(
      numbers.map((seq) => store.addDelivery(newDelivery('{}', { target: seq % 3 ? '/a' : '/b' }))),
    );
    const filter = parseFilter('path:"/a"');
    const down: number[] = [];
    for (
      let page = store.page({ filter, limit: 4 });
      page.length > 0;
      page = store.page({ filter, limit: 4, before: down.at(-1)! })
    )
      down.push(...seqs(page));
    const up: number[] = [];
    for (let page = store.page({ filter, limit: 4, from: 'oldest' }); page.length > 0; ) {
      up.push(...seqs(page).reverse());
      page = store.page({ filter, limit: 4, from: 'oldest', after: up.at(-1)! });
    }
    expect(down).toEqual(numbers.filter((seq) => seq % 3).reverse());
    expect(up).toEqual([...down].reverse());
    expect(store.count(filter)).toBe(down.length);
  });
});

describe('a filter', () => {
  /** Deliveries of all kinds with attempts of all kinds. */
  async function fill(store: Store): Promise<Delivery[]> {
    const added = await Promise.all(fc.sample(deliveries, 120).map((fresh) => store.addDelivery(fresh)));
    for (const [i, delivery] of added.entries()) {
      if (i % 6 === 1) await attempt(store, delivery, answer(200), i);
      if (i % 6 === 2) await attempt(store, delivery, answer(503), i);
      if (i % 6 === 3) await attempt(store, delivery, { kind: 'error', code: 'refused', message: '' }, i);
      if (i % 6 >= 3) await attempt(store, delivery, answer(404), i);
      if (i % 12 === 4) await store.startAttempt(newAttempt(delivery)).stored;
    }
    return added;
  }

  test('finds in SQL what it finds in memory', async () => {
    const { store } = openTemp();
    const added = await fill(store);
    const all = added.map(({ seq }) => store.summary(seq)!).reverse();
    const check = (text: string): void => {
      const filter = parseFilter(text);
      const expected = seqs(all.filter((summary) => matches(filter, summary)));
      expect(seqs(store.page({ filter, limit: 1000 })), text).toEqual(expected);
      expect(store.count(filter), text).toBe(expected.length);
    };
    fc.assert(fc.property(atoms, check), { numRuns: 300 });
    fc.assert(fc.property(filters, check), { numRuns: 300 });
  });

  test('takes %, _ and backslashes for what they are', async () => {
    const { store } = openTemp();
    const targets = ['/100%', '/100x', '/a_b', '/axb', '/a\\b', "/'", '/"'];
    for (const target of targets) await store.addDelivery(newDelivery('{}', { target }));
    const found = (filter: Filter): string[] => store.page({ filter, limit: 99 }).map(({ target }) => target);
    for (const [pattern, target] of [
      ['*0%', '/100%'],
      ['*a_*', '/a_b'],
      ['*\\*', '/a\\b'],
      ["*'", "/'"],
      ['*"', '/"'],
    ] as const) {
      expect(found({ op: 'match', field: 'path', pattern, wild: true })).toEqual([target]);
      expect(found({ op: 'text', pattern: pattern.replaceAll('*', ''), wild: false })).toEqual([target]);
    }
  });

  test('as long as one may be is still one that SQLite takes', async () => {
    const { store } = openTemp();
    await store.addDelivery(newDelivery('once'));
    for (const [text, found] of [
      ['e '.repeat(500), 1],
      [`e${' OR e'.repeat(199)}`, 1],
      ['-e', 0],
      [`"${'x'.repeat(998)}"`, 0],
      [`*${'?'.repeat(199)}`, 0],
    ] as const)
      expect(store.page({ filter: parseFilter(text), limit: 1 }), text).toHaveLength(found);
  });

  test('over metadata that is nested beyond what SQLite reads harms nothing', async () => {
    const lost: unknown[] = [];
    const { store } = openTemp({ onLoss: (loss) => lost.push(loss) });
    const deep = `${'{"a":'.repeat(3000)}"x1"${'}'.repeat(3000)}`;
    await store.addDelivery(newDelivery(`{"status":"Completed","job_id":"j","metadata":${deep}}`));
    await store.addDelivery(newDelivery(payload('j', { a: 'x1' })));
    expect(seqs(store.page({ filter: parseFilter('metadata.a:x1'), limit: 9 }))).toEqual([2]);
    expect([lost, store.count()]).toEqual([[], 2]);
  });
});
