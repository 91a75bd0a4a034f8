import { describe, expect, test } from 'vitest';
import {
  answered,
  asked,
  emptyList,
  happened,
  type ListQuery,
  type ListState,
  moveBy,
  nextQuery,
  selectedRow,
  toNewest,
  toOldest,
  visibleRows,
  windowSize,
} from '../../src/view/list.ts';
import { summaryOf } from '../tui/fixtures/deliveries.ts';

/** A store of deliveries `first` to `last`, which answers as `list` does. */
class Store {
  asked: ListQuery[] = [];
  constructor(
    public last: number,
    public first = 1,
    private readonly wanted: (seq: number) => boolean = () => true,
  ) {}

  answer(query: ListQuery) {
    this.asked.push(query);
    const { before = Number.POSITIVE_INFINITY, after = 0 } = query as { before?: number; after?: number };
    const seqs = Array.from({ length: this.last - this.first + 1 }, (_, i) => this.first + i).filter(
      (seq) => seq < before && seq > after && (query.kind === 'floor' || this.wanted(seq)),
    );
    const newest = query.kind === 'newest' || query.kind === 'older' || query.kind === 'range';
    return (newest ? seqs.slice(-query.limit) : seqs.slice(0, query.limit)).toReversed().map(summaryOf);
  }

  /** Asks all there is to ask. */
  settle(list: ListState): ListState {
    let state = list;
    for (let query = nextQuery(state); query; query = nextQuery(state)) {
      if (this.asked.length > 500) throw new Error('asks for ever');
      state = answered(asked(state, query), query, this.answer(query));
    }
    return state;
  }
}

const arrived = (...seqs: number[]) => ({ arrived: seqs, changed: new Set<number>(), removed: false });
const top = (list: ListState): number | undefined => visibleRows(list)[0]?.seq;

describe('following', () => {
  test('the newest stays selected while others come', () => {
    const store = new Store(50);
    let list = store.settle(emptyList(10));
    expect([list.selected, top(list)]).toEqual([50, 50]);
    store.last = 60;
    list = store.settle(happened(list, arrived(51, 60), false));
    expect([list.selected, top(list), list.fresh]).toEqual([60, 60, 0]);
  });

  test('moving ends it: the selection stays with its delivery, new ones are counted, g returns', () => {
    const store = new Store(50);
    let list = moveBy(store.settle(emptyList(10)), 3);
    store.last = 53;
    list = store.settle(happened(list, arrived(51, 52, 53), false));
    expect([list.follow, list.selected, top(list), list.fresh]).toEqual([false, 47, 50, 3]);
    list = store.settle(toNewest(list));
    expect([list.follow, list.selected, top(list), list.fresh]).toEqual([true, 53, 53, 0]);
  });

  test('new ones that came into sight are new no more', () => {
    const store = new Store(50);
    let list = moveBy(store.settle(emptyList(10)), 1);
    store.last = 52;
    list = store.settle(happened(list, arrived(51, 52), false));
    list = store.settle(moveBy(list, -10));
    expect([list.selected, list.fresh, list.follow]).toEqual([52, 0, false]);
  });

  test('under a filter only matches are counted', () => {
    const store = new Store(50, 1, (seq) => seq % 10 === 0);
    let list = moveBy(store.settle(emptyList(3)), 1);
    store.last = 75;
    list = store.settle(happened(list, arrived(51, 60, 70, 75), true));
    expect([list.fresh, list.selected]).toEqual([2, 40]);
  });
});

describe('the window', () => {
  test('ten thousand are walked through with a few hundred held', () => {
    const store = new Store(10_000);
    let list = store.settle(emptyList(20));
    for (let step = 0; step < 400; step++) {
      list = store.settle(moveBy(list, 19));
      expect(list.rows.length).toBeLessThanOrEqual(windowSize(list));
    }
    expect(list.selected).toBe(10_000 - 400 * 19);
    for (let step = 0; step < 500; step++) list = store.settle(moveBy(list, -19));
    expect(list.selected).toBe(10_000);
    expect(list.rows.every((row, i) => i === 0 || row.seq === list.rows[i - 1]!.seq - 1)).toBe(true);
  });

  test('a very high screen settles too', () => {
    const store = new Store(5_000);
    let list = store.settle(emptyList(300));
    for (let step = 0; step < 20; step++) list = store.settle(moveBy(list, 150));
    expect(list.selected).toBe(2_000);
  });

  test('the oldest is reached at once, and the way back is loaded as it is walked', () => {
    const store = new Store(10_000);
    let list = store.settle(toOldest(store.settle(emptyList(20))));
    expect([list.selected, visibleRows(list).at(-1)?.seq]).toEqual([1, 1]);
    expect(list.rows.length).toBeLessThan(500);
    list = store.settle(moveBy(list, -300));
    list = store.settle(moveBy(list, -300));
    expect(list.selected).toBeGreaterThan(150);
  });
});

describe('changes', () => {
  test('only what is on the screen is read again', () => {
    const store = new Store(1_000);
    let list = moveBy(store.settle(emptyList(10)), 30);
    store.asked = [];
    const changed = (seq: number) => ({ arrived: [], changed: new Set([seq]), removed: false });
    list = store.settle(happened(list, changed(5), false));
    list = store.settle(happened(list, changed(999), false));
    expect(store.asked).toEqual([]);
    list = store.settle(happened(list, changed(list.selected!), false));
    expect(store.asked).toEqual([{ kind: 'range', limit: 10, before: 980, after: 969 }]);
  });

  test('a change that comes while its row is being read is read again', () => {
    const store = new Store(100);
    const list = moveBy(store.settle(emptyList(10)), 2);
    const changed = { arrived: [], changed: new Set([98]), removed: false };
    const first = happened(list, changed, false);
    const query = nextQuery(first)!;
    const meanwhile = happened(asked(first, query), changed, false);
    expect(nextQuery(answered(meanwhile, query, store.answer(query)))).toEqual(query);
  });

  test('removed ones go; a selected one gives way to its neighbour', () => {
    const store = new Store(50);
    let list = store.settle(toOldest(store.settle(emptyList(10))));
    store.first = 21;
    list = store.settle(happened(list, { ...arrived(), removed: true }, false));
    expect([list.selected, list.rows.at(-1)?.seq]).toEqual([21, 21]);
  });

  test('after everything was cleared the list is empty and follows again', () => {
    const store = new Store(50);
    let list = moveBy(store.settle(emptyList(10)), 5);
    store.last = 0;
    list = store.settle(happened(list, { ...arrived(), removed: true }, false));
    expect([list.rows, list.follow, selectedRow(list), list.loaded]).toEqual([[], true, null, true]);
  });
});
