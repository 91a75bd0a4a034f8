import fc from 'fast-check';
import { afterEach, describe, expect, test, vi } from 'vitest';
import type { Change } from '../../src/store/store.ts';
import { StoreWriteError } from '../../src/store/writer.ts';
import { answer, newAttempt, newDelivery } from '../support/deliveries.ts';
import { waitFor } from '../support/wait.ts';
import { attempt, openTemp } from './support.ts';

const ack = { status: 200, by: 'tool', note: null, at: 5, durationMs: 1 } as const;
/** A delivery that SQLite refuses: a `not null` column without a value. */
const refused = newDelivery('{}', { target: null as unknown as string });

const label = (change: Change): string =>
  change.type === 'delivery' || change.type === 'acknowledgement'
    ? `${change.type} ${change.delivery.seq}`
    : change.type === 'attempt'
      ? `attempt ${change.attempt.deliverySeq}.${change.attempt.number} ${change.attempt.outcome.kind}`
      : change.type === 'removed'
        ? `removed ${change.count}`
        : `problem ${change.problem}`;

describe('the stream of changes', () => {
  test('tells everything in the order it was asked for, which is the order on disk', async () => {
    const kinds = fc.array(fc.constantFrom('delivery', 'acknowledgement', 'attempt', 'pause'), {
      maxLength: 40,
    });
    await fc.assert(
      fc.asyncProperty(kinds, async (steps) => {
        const { store, changes } = openTemp();
        const delivery = await store.addDelivery(newDelivery());
        const expected = ['delivery 1'];
        const writes: Promise<unknown>[] = [];
        let [seq, number] = [1, 0];
        for (const step of steps) {
          if (step === 'pause') await new Promise((resolve) => setImmediate(resolve));
          if (step === 'delivery') writes.push(store.addDelivery(newDelivery()));
          if (step === 'acknowledgement') writes.push(store.acknowledge(delivery, ack));
          if (step === 'attempt') writes.push(store.startAttempt(newAttempt(delivery)).stored);
          if (step === 'delivery') expected.push(`delivery ${++seq}`);
          if (step === 'acknowledgement') expected.push('acknowledgement 1');
          if (step === 'attempt') expected.push(`attempt 1.${++number} pending`);
        }
        await Promise.all(writes);
        expect(changes.map(label)).toEqual(expected);
        await store.close();
      }),
      { numRuns: 40 },
    );
  });

  test('tells a change when it can be read, and not before', async () => {
    const { store } = openTemp();
    const seen: unknown[] = [];
    store.subscribe((change) => {
      if (change.type === 'delivery')
        seen.push(store.summary(change.delivery.seq)?.id === change.delivery.id);
      if (change.type === 'attempt') seen.push(store.attempts(1).at(-1)?.outcome.kind);
    });
    const delivery = await store.addDelivery(newDelivery());
    await attempt(store, delivery, answer(200));
    expect(seen).toEqual([true, 'pending', 'response']);
  });

  test('is told before the promise of the write resolves, and no more after unsubscribing', async () => {
    const { store } = openTemp();
    const seen: string[] = [];
    const unsubscribe = store.subscribe((change) => seen.push(label(change)));
    await store.addDelivery(newDelivery());
    expect(seen).toEqual(['delivery 1']);
    unsubscribe();
    await store.addDelivery(newDelivery());
    expect(seen).toEqual(['delivery 1']);
  });
});

describe('writes in one commit', () => {
  test('do not suffer from a bad neighbour', async () => {
    const { store, dir, changes } = openTemp();
    for (let round = 0; round < 3; round++) {
      const good = (): Promise<unknown> => store.addDelivery(newDelivery(`${round}`));
      const results = await Promise.allSettled([good(), store.addDelivery(refused), good(), good()]);
      expect(results.map(({ status }) => status)).toEqual([
        'fulfilled',
        'rejected',
        'fulfilled',
        'fulfilled',
      ]);
      expect((results[1] as PromiseRejectedResult).reason).toBeInstanceOf(StoreWriteError);
    }
    expect(store.count()).toBe(9);
    expect(changes.filter(({ type }) => type === 'delivery')).toHaveLength(9);
    expect(store.problem).toBeNull();
    await store.close();
    const again = openTemp({}, dir).store;
    expect(again.page({ limit: 99 }).map(({ seq }) => seq)).toEqual([12, 11, 9, 8, 7, 5, 4, 3, 1]);
  });

  test('a bad one alone fails alone: the next is written', async () => {
    const { store } = openTemp();
    await expect(store.addDelivery(refused)).rejects.toThrow(/can't be stored in .*NOT NULL/);
    expect(store.problem).toMatch(/NOT NULL/);
    await store.addDelivery(newDelivery());
    expect([store.problem, store.count()]).toEqual([null, 1]);
  });

  test('share their wait for the disk', async () => {
    const { store } = openTemp();
    const { file } = store as unknown as { file: { commit(work: () => void): Promise<void> } };
    const commits = vi.spyOn(file, 'commit');
    const add = (): Promise<unknown> => store.addDelivery(newDelivery('x'.repeat(1000)));
    await Promise.all(Array.from({ length: 200 }, add));
    expect(commits).toHaveBeenCalledOnce();
    for (let i = 0; i < 3; i++) await add();
    expect(commits).toHaveBeenCalledTimes(4);
    // An attempt that begins with its delivery waits with it.
    const { delivery, stored } = store.startDelivery(newDelivery());
    await Promise.all([stored, store.startAttempt(newAttempt(delivery), true).stored]);
    expect(commits).toHaveBeenCalledTimes(5);
    expect(store.summary(delivery.seq)).toMatchObject({ attempts: 1, lastAttempt: { label: 'pending' } });
  });

  test('an attempt at what is not there is not kept', async () => {
    const { store } = openTemp();
    const [failed] = await Promise.allSettled([
      store.startDelivery(refused).stored,
      store.startAttempt(newAttempt({ seq: 1, id: 'dlv_1' })).stored,
    ]);
    expect(failed.status).toBe('rejected');
    expect(store.attempts(1)).toEqual([]);
    expect((await store.addDelivery(newDelivery())).seq).toBe(2);
  });
});

describe('clearing', () => {
  test('removes everything, tells how much, and numbering goes on, also after a restart', async () => {
    const { store, dir, changes } = openTemp();
    for (let i = 0; i < 3; i++) await attempt(store, await store.addDelivery(newDelivery()), answer(200));
    expect(await store.clear()).toBe(3);
    expect(changes.map(label).at(-1)).toBe('removed 3');
    expect([store.count(), store.page({ limit: 9 }), store.attempts(1), store.delivery(1)]).toEqual([
      0,
      [],
      [],
      null,
    ]);
    expect(() => store.resolve('last')).toThrow('There is no delivery yet.');
    expect(await store.clear()).toBe(0);
    await store.close();
    const again = openTemp({}, dir).store;
    expect([again.count(), (await again.addDelivery(newDelivery())).seq]).toEqual([0, 4]);
  });

  test('leaves what arrives after it', async () => {
    const { store } = openTemp();
    const [before, , after] = await Promise.all([
      store.addDelivery(newDelivery()),
      store.clear(),
      store.addDelivery(newDelivery()),
    ]);
    expect([store.delivery(before.seq), store.delivery(after.seq)?.seq, store.count()]).toEqual([null, 2, 1]);
  });

  test('whose space can not be given back has cleared all the same, and nothing is wrong with what comes next', async () => {
    const { store, changes } = openTemp();
    await store.addDelivery(newDelivery());
    const { file } = store as unknown as { file: { compact(): void } };
    vi.spyOn(file, 'compact').mockImplementation(() => {
      throw new Error('no room');
    });
    expect(await store.clear()).toBe(1);
    expect(changes.map(label).at(-1)).toBe(
      'problem The history was cleared, but its space could not be given back (no room).',
    );
    expect(store.problem).toBeNull();
  });
});

afterEach(() => void vi.useRealTimers());

describe('retention', () => {
  test('removes the oldest in the background, with their attempts, and tells it', async () => {
    const { store, dir, changes } = openTemp({ keep: 10 });
    const first = await store.addDelivery(newDelivery());
    await attempt(store, first, answer(200));
    await Promise.all(Array.from({ length: 499 }, () => store.addDelivery(newDelivery())));
    expect(store.count()).toBe(500);
    await waitFor(() => store.count() === 10, { what: 'old deliveries to go' });
    expect(store.page({ limit: 99 }).map(({ seq }) => seq)).toEqual(
      Array.from({ length: 10 }, (_, i) => 500 - i),
    );
    expect([store.delivery(1), store.attempts(1)]).toEqual([null, []]);
    const removed = (): number =>
      changes.reduce((sum, change) => sum + (change.type === 'removed' ? change.count : 0), 0);
    await waitFor(() => removed() >= 490, { what: 'all of it to be told' });
    expect(removed()).toBe(490);
    await store.close();
    expect(openTemp({}, dir).store.count()).toBe(10);
  });

  test('also holds for a history that was larger when it was opened', async () => {
    const { store, dir } = openTemp();
    await Promise.all(Array.from({ length: 20 }, () => store.addDelivery(newDelivery())));
    await store.close();
    const again = openTemp({ keep: 5 }, dir).store;
    await waitFor(() => again.count() === 5, { what: 'old deliveries to go' });
    expect(again.resolve('last').seq).toBe(20);
  });

  test('and clearing, in whatever order they meet, leave the newest of what came after', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const steps = fc.array(fc.constantFrom('add', 'add 9', 'clear', 'wait'), { maxLength: 25 });
    await fc.assert(
      fc.asyncProperty(steps, fc.integer({ min: 1, max: 6 }), async (given, keep) => {
        const { store } = openTemp({ keep });
        let last = 0;
        let cleared = 0;
        const writes: Promise<unknown>[] = [];
        const add = (): void => {
          writes.push(store.addDelivery(newDelivery()));
          last += 1;
        };
        for (const step of given) {
          if (step === 'add') add();
          if (step === 'add 9') for (let i = 0; i < 9; i++) add();
          if (step === 'clear') {
            writes.push(store.clear());
            cleared = last;
          }
          if (step === 'wait') await vi.advanceTimersByTimeAsync(100);
          await Promise.resolve();
        }
        const kept = Math.min(keep, last - cleared);
        let written = false;
        const all = Promise.all(writes).then(() => {
          written = true;
        });
        // The disk takes real time.
        for (const end = performance.now() + 5000; performance.now() < end; ) {
          if (written && store.count() <= kept) break;
          await vi.advanceTimersByTimeAsync(100);
          await new Promise(setImmediate);
        }
        await all;
        expect(store.page({ limit: 999 }).map(({ seq }) => seq)).toEqual(
          Array.from({ length: kept }, (_, i) => last - i),
        );
        expect(store.count()).toBe(kept);
        await store.close();
      }),
      { numRuns: 40 },
    );
  });

  test('and clearing at the same time count right', async () => {
    const { store } = openTemp({ keep: 5 });
    await Promise.all(Array.from({ length: 20 }, () => store.addDelivery(newDelivery())));
    await store.clear();
    await Promise.all(Array.from({ length: 8 }, () => store.addDelivery(newDelivery())));
    await waitFor(() => store.count() === 5, { what: 'old deliveries to go' });
    expect(store.page({ limit: 99 }).map(({ seq }) => seq)).toEqual([28, 27, 26, 25, 24]);
  });
});
