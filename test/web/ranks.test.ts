import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { UserError } from '../../src/core/errors.ts';
import type { DeliverySummary } from '../../src/core/record.ts';
import type { SessionEvent, Status } from '../../src/core/session.ts';
import type { CommandArgs, CommandId, CommandResult } from '../../src/runtime/commands/index.ts';
import type { Waiting } from '../../src/runtime/session.ts';
import { RankList, type RankSource } from '../../src/web/ranks.ts';
import { summaryOf } from '../tui/fixtures/deliveries.ts';

interface ListArgs {
  filter?: string;
  limit?: number;
  before?: number;
  after?: number;
  from?: string;
  offset?: number;
}

/** ms that the fake tool takes to answer. */
const answerMs = 20;

/** What takes too long. */
const untilGivenUp = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(new UserError('cancelled', 'Cancelled.')));
  });

/** A tool as the list sees it: `attempts` of a delivery is what changes, and what `attempts:>0` filters by. */
class FakeTool implements RankSource {
  stored: DeliverySummary[] = [];
  last = 0;
  answers = true;
  questions: string[] = [];
  /** Rows that are told with events. */
  told = 100;
  readonly #listeners = new Set<(event: SessionEvent) => void>();
  readonly #resetters = new Set<() => void>();
  readonly #tellers = new Set<(rows: readonly DeliverySummary[]) => void>();

  async run<K extends CommandId>(id: K, args: CommandArgs<K>, caller?: Waiting): Promise<CommandResult<K>> {
    this.questions.push(id);
    if (JSON.stringify(args).includes('slow')) return untilGivenUp(caller!.signal!);
    // Read when it is asked, told later: what happens meanwhile is not in it.
    const answer = this.#answer(id, args);
    await new Promise((resolve) => setTimeout(resolve, answerMs));
    if (!this.answers) throw new UserError('no-answer', 'The tool does not answer.');
    return answer as CommandResult<K>;
  }

  #answer(id: CommandId, args: unknown): unknown {
    if (id === 'filter') {
      const { query, before = 1e9 } = args as { query: string; before?: number };
      return { matches: this.matching(query).filter(({ seq }) => seq < before).length };
    }
    expect(id).toBe('list');
    const { filter = '', limit = 50, before = 1e9, after = 0, from, offset = 0 } = args as ListArgs;
    const found = this.matching(filter).filter(({ seq }) => seq < before && seq > after);
    const part =
      from === 'oldest'
        ? found
            .toReversed()
            .slice(offset, offset + limit)
            .toReversed()
        : found.slice(offset, offset + limit);
    return { deliveries: part };
  }

  /** What a filter takes, newest first. */
  matching(filter: string): DeliverySummary[] {
    return this.stored.filter(({ attempts }) => filter === '' || attempts > 0).toReversed();
  }

  status(): Status {
    throw new Error('The list does not ask for it.');
  }
  subscribe(listener: (event: SessionEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }
  onReset(listener: () => void): () => void {
    this.#resetters.add(listener);
    return () => void this.#resetters.delete(listener);
  }

  onRows(listener: (rows: readonly DeliverySummary[]) => void): () => void {
    this.#tellers.add(listener);
    return () => void this.#tellers.delete(listener);
  }

  /** What comes after events. */
  #tellRows(seqs: readonly number[]): void {
    const named = new Set(seqs);
    const rows = this.stored
      .filter(({ seq }) => named.has(seq))
      .toReversed()
      .slice(0, this.told);
    for (const listener of this.#tellers) listener(rows);
  }

  tell(event: SessionEvent): void {
    for (const listener of this.#listeners) listener(event);
  }
  reset(): void {
    for (const listener of this.#resetters) listener();
  }
  arrive(count: number, attempts = 0): void {
    for (let i = 0; i < count; i++) {
      this.last += 1;
      this.stored.push({ ...summaryOf(this.last), attempts });
      this.tell({ type: 'delivery', seq: this.last });
    }
    this.#tellRows(Array.from({ length: count }, (_, i) => this.last - i));
  }
  attempt(seq: number): void {
    this.stored = this.stored.map((row) => (row.seq === seq ? { ...row, attempts: row.attempts + 1 } : row));
    this.tell({ type: 'attempt', seq });
    this.#tellRows([seq]);
  }
  remove(seqs: readonly number[]): void {
    this.stored = this.stored.filter(({ seq }) => !seqs.includes(seq));
    this.tell({ type: 'removed' });
  }
  prune(count: number): void {
    this.remove(this.stored.slice(0, count).map(({ seq }) => seq));
  }
}

const failed = vi.fn();
let tool: FakeTool;
let list: RankList;

beforeEach(() => {
  vi.useFakeTimers();
  failed.mockReset();
  tool = new FakeTool();
});
afterEach(() => {
  list.close();
  vi.useRealTimers();
  expect(failed).not.toHaveBeenCalled();
});

/** Time for everything that is wanted by now. */
const settle = (): Promise<unknown> => vi.advanceTimersByTimeAsync(10_000);
const start = async (count: number, sight: readonly [number, number] = [0, 20]): Promise<void> => {
  tool.arrive(count);
  list = new RankList(tool, failed);
  list.look(...sight, sight[0] === 0);
  await settle();
};
const seqs = (from = 0, to = 20): (number | undefined)[] =>
  Array.from(list.state().rows.slice(from, to), (row) => row?.seq);
const down = (from: number, count: number): number[] => Array.from({ length: count }, (_, i) => from - i);

describe('at the top', () => {
  test('new ones are put in front, and rows that go out of sight are known', async () => {
    await start(50);
    tool.arrive(7);
    await settle();
    expect(seqs(0, 57)).toEqual(down(57, 57));
    expect(list.state()).toMatchObject({ fresh: 0, loaded: true });
  });

  test('a burst is one question every tenth of a second, and shows what was in it while it lasts', async () => {
    await start(50);
    tool.questions = [];
    for (let i = 0; i < 100; i++) {
      tool.arrive(10);
      await vi.advanceTimersByTimeAsync(20);
    }
    expect(tool.questions.length).toBeLessThan(25);
    expect(list.state().rows[0]!.seq).toBeGreaterThan(900);
    await settle();
    expect(list.state().rows.length).toBe(1050);
    expect(seqs()).toEqual(down(1050, 20));
  });

  test('more than a page at once, as after a lost connection, is counted', async () => {
    await start(50);
    tool.arrive(5000);
    await settle();
    expect(list.state().rows.length).toBe(5050);
    expect(seqs()).toEqual(down(5050, 20));
  });

  test('answers of the app are shown although others never cease to come', async () => {
    await start(5);
    for (let i = 0; i < 20; i++) {
      tool.arrive(1);
      if (i === 10) tool.attempt(5);
      await vi.advanceTimersByTimeAsync(90);
    }
    expect(list.state().rows.find((row) => row?.seq === 5)?.attempts).toBe(1);
  });

  test('an answer that comes while the list is asked for is not lost', async () => {
    await start(5);
    tool.arrive(1);
    await vi.advanceTimersByTimeAsync(answerMs / 2); // asked, not answered
    tool.attempt(6);
    await settle();
    expect(list.state().rows[0]).toMatchObject({ seq: 6, attempts: 1 });
  });

  test('one that is removed before it was shown is not waited for', async () => {
    await start(5);
    tool.arrive(1);
    tool.remove([6]);
    await settle();
    tool.questions = [];
    await settle();
    expect([seqs(), tool.questions]).toEqual([down(5, 5), []]);
  });
});

describe('further down', () => {
  test('nothing moves when others come: they are counted, and shown when asked for', async () => {
    await start(1000, [500, 520]);
    const before = seqs(500, 520);
    tool.arrive(30);
    await settle();
    expect([seqs(500, 520), list.state().rows.length, list.state().fresh]).toEqual([before, 1000, 30]);
    list.showFresh();
    list.look(0, 20, true);
    await settle();
    expect([seqs(), list.state().rows.length, list.state().fresh]).toEqual([down(1030, 20), 1030, 0]);
  });

  test('nothing moves when the oldest are pruned, or secrets are shown', async () => {
    await start(1000, [500, 520]);
    const before = seqs(500, 520);
    tool.arrive(30);
    tool.prune(100);
    await settle();
    expect([seqs(500, 520), list.state().rows.length, list.state().fresh]).toEqual([before, 900, 30]);
    list.ask({ filter: '', secrets: true });
    await settle();
    expect([seqs(500, 520), list.state().rows.length, list.state().fresh]).toEqual([before, 900, 30]);
  });

  test('rows are known once they are in sight, and forgotten when they are far from it', async () => {
    await start(100_000);
    for (const at of [50_000, 99_980, 3]) {
      list.look(at, at + 20, false);
      await settle();
      expect(seqs(at, at + 20)).toEqual(down(100_000 - at, 20));
    }
    expect(list.state().rows.filter((row) => row !== undefined).length).toBeLessThan(3000);
  });

  test('under a filter a changed row stays, and those that it takes are counted', async () => {
    tool.arrive(100, 1);
    await start(0, [50, 60]);
    list.ask({ filter: 'attempts:>0', secrets: false });
    await settle();
    const before = seqs(50, 60);
    tool.arrive(5);
    tool.arrive(3, 1);
    tool.attempt(before[2]!);
    await settle();
    expect([seqs(50, 60), list.state().fresh]).toEqual([before, 3]);
    expect(list.state().rows[52]).toMatchObject({ attempts: 2 });
  });
});

test('a filter takes a delivery that it did not before', async () => {
  await start(50);
  list.ask({ filter: 'attempts:>0', secrets: false });
  await settle();
  expect(seqs()).toEqual([]);
  tool.attempt(7);
  tool.attempt(3);
  await settle();
  expect(seqs()).toEqual([7, 3]);
});

test('what takes long is given up for another filter, and nothing is told of it', async () => {
  await start(50);
  tool.arrive(1, 1);
  list.ask({ filter: 'slow', secrets: false });
  await settle();
  expect(seqs()).toEqual(down(51, 20));
  list.ask({ filter: 'attempts:>0', secrets: false });
  await settle();
  expect(seqs(0, 2)).toEqual([51]);
});

test('what was asked for under another filter is not shown', async () => {
  await start(50);
  tool.arrive(1, 1);
  await vi.advanceTimersByTimeAsync(answerMs / 2);
  list.ask({ filter: 'attempts:>0', secrets: false });
  await settle();
  expect(seqs()).toEqual([51]);
});

test('when all is cleared nothing is left, and what comes then is there', async () => {
  await start(500, [100, 120]);
  tool.arrive(3);
  tool.prune(503);
  await settle();
  expect(list.state()).toMatchObject({ rows: [], fresh: 0, loaded: true });
  list.look(0, 1, true);
  tool.arrive(2);
  await settle();
  expect(seqs()).toEqual([505, 504]);
});

test('what could not be asked while the connection was lost is asked when it is back', async () => {
  await start(1000, [500, 520]);
  tool.answers = false;
  tool.attempt(490);
  tool.remove([1]);
  list.look(700, 720, false);
  await settle();
  expect(list.state().rows.length).toBe(1000);
  tool.answers = true;
  tool.tell({ type: 'status', status: {} as Status });
  await settle();
  expect([seqs(700, 720), list.state().rows.length]).toEqual([down(300, 20), 999]);
});

test('another history after a restart is read from its beginning', async () => {
  await start(1000, [500, 520]);
  tool.stored = [];
  tool.last = 0;
  tool.arrive(30);
  tool.reset();
  await settle();
  expect(list.state().rows.length).toBe(30);
  list.look(0, 20, true);
  await settle();
  expect(seqs()).toEqual(down(30, 20));
});

test('the newest after rows that were counted only are one more', async () => {
  await start(400);
  list.look(100, 120, false);
  tool.arrive(1);
  tool.remove([0]);
  await vi.advanceTimersByTimeAsync(40);
  list.look(26, 46, true);
  await settle();
  expect(list.state().rows.length).toBe(401);
});

test('whatever happens, the list is in the end what the tool has, in order', async () => {
  const step = fc.oneof(
    fc.record({ do: fc.constant('arrive' as const), count: fc.integer({ min: 1, max: 300 }) }),
    fc.record({ do: fc.constant('prune' as const), count: fc.integer({ min: 1, max: 120 }) }),
    fc.record({ do: fc.constant('remove' as const), count: fc.nat(2000) }),
    fc.record({ do: fc.constant('attempt' as const), count: fc.nat(2000) }),
    fc.record({ do: fc.constant('look' as const), count: fc.nat(1500) }),
    fc.record({ do: fc.constant('wait' as const), count: fc.nat(300) }),
    fc.record({ do: fc.constant('filter' as const), count: fc.nat(1) }),
    fc.record({ do: fc.constant('lose' as const), count: fc.nat(400) }),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 30 }), fc.nat(1500), async (steps, look) => {
      list?.close();
      tool = new FakeTool();
      await start(400);
      for (const { do: what, count } of steps) {
        if (what === 'arrive') tool.arrive(count, count % 2);
        else if (what === 'prune') tool.prune(count);
        else if (what === 'remove') tool.remove([count]);
        else if (what === 'attempt') tool.attempt(count);
        else if (what === 'look') list.look(count, count + 20, count < 100);
        else if (what === 'filter') list.ask({ filter: count ? 'attempts:>0' : '', secrets: false });
        else if (what === 'wait') await vi.advanceTimersByTimeAsync(count);
        else {
          tool.answers = false;
          await vi.advanceTimersByTimeAsync(count);
          tool.answers = true;
          tool.tell({ type: 'status', status: {} as Status });
        }
      }
      list.look(0, 20, true);
      await settle();
      const filtered = steps.findLast(({ do: what }) => what === 'filter')?.count ? 'attempts:>0' : '';
      const all = tool.matching(filtered);
      expect(list.state().rows.length).toBe(all.length);
      expect(Array.from(list.state().rows.slice(0, 20))).toEqual(all.slice(0, 20));
      list.look(look, look + 20, false);
      await settle();
      expect(Array.from(list.state().rows.slice(look, look + 20))).toEqual(all.slice(look, look + 20));
    }),
    {
      numRuns: 150,
      // A filter saw something with other eyes while older ones were read: at the top it is counted.
      examples: [
        [
          [
            { do: 'filter', count: 1 },
            { do: 'wait', count: 78 },
            { do: 'look', count: 100 },
            { do: 'attempt', count: 1 },
            { do: 'lose', count: 22 },
          ],
          0,
        ],
      ],
    },
  );
}, 120_000);
