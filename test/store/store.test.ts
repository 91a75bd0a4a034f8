import { join } from 'node:path';
import fc from 'fast-check';
import sqlite from 'node-sqlite3-wasm';
import { describe, expect, test } from 'vitest';
import type { Attempt, Outcome } from '../../src/core/delivery.ts';
import { UserError } from '../../src/core/errors.ts';
import { parseFilter } from '../../src/core/filter.ts';
import { openStore } from '../../src/store/sqlite-store.ts';
import { answer, newAttempt, newDelivery, payload } from '../support/deliveries.ts';
import { waitFor } from '../support/wait.ts';
import { attempt, deliveries, openTemp, plain } from './support.ts';

const ack = { status: 200, by: 'app', note: null, at: 5, durationMs: 1.25 } as const;

describe('a delivery', () => {
  test('comes back with exactly its bytes, headers in order and everything else, also after a restart', async () => {
    const { store, dir } = openTemp();
    const stored = new Map<number, unknown>();
    await fc.assert(
      fc.asyncProperty(deliveries, async (fresh) => {
        const delivery = await store.addDelivery(fresh);
        expect(plain(delivery)).toEqual(plain({ ...fresh, seq: delivery.seq, id: delivery.id }));
        const read = store.delivery(delivery.seq);
        expect(plain(read)).toEqual(plain(delivery));
        stored.set(delivery.seq, plain(read));
      }),
      { numRuns: 150 },
    );
    await store.close();
    const again = openTemp({}, dir).store;
    expect(again.count()).toBe(stored.size);
    for (const [seq, delivery] of stored) expect(plain(again.delivery(seq))).toEqual(delivery);
  });

  test('keeps its bytes when later ones are stored, read and removed', async () => {
    const { store } = openTemp();
    const first = Buffer.alloc(100_000, 'first');
    const { seq } = await store.addDelivery(newDelivery(first));
    const read = store.delivery(seq)!.body;
    for (let i = 0; i < 20; i++) await store.addDelivery(newDelivery(Buffer.alloc(1_000_000, i)));
    store.delivery(seq + 1);
    expect(Buffer.from(read).equals(first)).toBe(true);
    expect(Buffer.from(store.delivery(seq)!.body).equals(first)).toBe(true);
  });

  test('of ten megabytes and one of none are kept as they are', async () => {
    const { store } = openTemp();
    const large = Buffer.alloc(10 * 1024 * 1024, 'ab\0\xff', 'latin1');
    const [one, two] = await Promise.all(
      [large, Buffer.alloc(0)].map((body) => store.addDelivery(newDelivery(body))),
    );
    expect(Buffer.from(store.delivery(one!.seq)!.body).equals(large)).toBe(true);
    expect(store.delivery(two!.seq)!.body).toHaveLength(0);
    expect([store.summary(one!.seq)!.size, store.summary(two!.seq)!.size]).toEqual([large.length, 0]);
  });

  test('is numbered from 1 up, and a restart goes on', async () => {
    const { store, dir } = openTemp();
    const added = await Promise.all([1, 2, 3].map(() => store.addDelivery(newDelivery())));
    expect(added.map(({ seq }) => seq)).toEqual([1, 2, 3]);
    expect(new Set(added.map(({ id }) => id)).size).toBe(3);
    await store.close();
    expect((await openTemp({}, dir).store.addDelivery(newDelivery())).seq).toBe(4);
  });

  test('has a summary that tells what was recognised, or why nothing was', async () => {
    const { store } = openTemp();
    const { seq } = await store.addDelivery(newDelivery(payload('204a', { user: 1 }, 'Failed')));
    expect(store.summary(seq)).toMatchObject({
      status: 'Failed',
      jobId: '204a',
      metadata: '{"user":1}',
      note: null,
    });
    const other = await store.addDelivery(newDelivery('[]'));
    const note = 'the body is an array, not a JSON object';
    expect(store.summary(other.seq)).toMatchObject({ status: null, jobId: null, metadata: null, note });
  });

  test('with long metadata holds it once, and it is found, listed and shown all the same', async () => {
    const { store, dir } = openTemp();
    const metadata = { user: 'ü'.repeat(10_000), n: 7, needle: 'hay' };
    const bodies = [
      JSON.stringify({ status: 'Completed', job_id: 'one line', metadata }),
      JSON.stringify({ status: 'Completed', job_id: 'many lines', metadata }, null, 2),
      JSON.stringify({ metadata, status: 'Failed', job_id: 'first' }),
    ];
    for (const body of bodies) await store.addDelivery(newDelivery(body));
    await store.close();
    const again = openTemp({}, dir).store;
    for (const filter of ['metadata.n:7', 'metadata.needle:hay', 'metadata:üü', 'üüü'])
      expect(again.page({ filter: parseFilter(filter), limit: 9 })).toHaveLength(3);
    expect(again.count(parseFilter('metadata.needle:straw'))).toBe(0);
    for (const { metadata: text } of again.page({ limit: 9 })) expect(JSON.parse(text!)).toEqual(metadata);
    expect(again.summary(1)!.metadata).toBe(JSON.stringify(metadata));
    await again.close();
    const db = new sqlite.Database(join(dir, 'history.db'));
    db.exec('pragma locking_mode = exclusive'); // as WASM needs it for a log
    const held = db.all('select length(metadata) as held from delivery order by seq');
    db.close();
    // What was not written in one line is told apart from how it is shown.
    expect(held).toEqual([{ held: null }, { held: JSON.stringify(metadata).length }, { held: null }]);
  });

  test('that is acknowledged later keeps all else', async () => {
    const { store } = openTemp();
    const delivery = await store.addDelivery(newDelivery());
    await store.acknowledge(delivery, ack);
    expect(plain(store.delivery(delivery.seq))).toEqual(plain({ ...delivery, acknowledgement: ack }));
    await store.acknowledge(delivery, { ...ack, status: null, by: 'nobody' });
    expect(store.summary(delivery.seq)!.acknowledgement).toMatchObject({ status: null, by: 'nobody' });
  });

  test('that does not exist is null', () => {
    const { store } = openTemp();
    expect([store.delivery(1), store.summary(1), store.attempts(1)]).toEqual([null, null, []]);
    expect([store.count(), store.page({ limit: 10 })]).toEqual([0, []]);
  });
});

describe('an attempt', () => {
  const outcomes: Outcome[] = [
    answer(200),
    answer(204, new Uint8Array(0)),
    answer(500, Uint8Array.from([0, 255, 0])),
    { kind: 'error', code: 'refused', message: 'nothing listens at localhost:3000' },
    { kind: 'error', code: 'timeout', message: 'no answer within 30000 ms' },
  ];

  test('comes back as it was made, pending at first, then with its outcome', async () => {
    const { store } = openTemp();
    for (const outcome of outcomes)
      for (const requestBody of [null, new Uint8Array(0), Uint8Array.from([0, 1, 255])]) {
        const delivery = await store.addDelivery(newDelivery());
        const fresh = newAttempt(delivery, { requestBody, faults: ['truncate=0'], notes: ['signed anew'] });
        const { attempt, stored } = store.startAttempt(fresh);
        await stored;
        expect(plain(store.attempts(delivery.seq))).toEqual([plain(attempt)]);
        expect(attempt.outcome).toEqual({ kind: 'pending' });
        const faulty = true;
        expect(store.summary(delivery.seq)!.lastAttempt).toEqual({
          label: 'pending',
          status: null,
          durationMs: null,
          faulty,
        });
        const ended = await store.finishAttempt(attempt, 7.25, outcome);
        expect(plain(ended)).toEqual(plain({ ...attempt, durationMs: 7.25, outcome }));
        expect(plain(store.attempts(delivery.seq))).toEqual([plain(ended)]);
        const { lastAttempt } = store.summary(delivery.seq)!;
        expect(lastAttempt).toEqual(
          outcome.kind === 'response'
            ? { label: String(outcome.status), status: outcome.status, durationMs: 7.25, faulty }
            : { label: (outcome as { code: string }).code, status: null, durationMs: 7.25, faulty },
        );
      }
  });

  test('is numbered within its delivery, also when several begin at once and after a restart', async () => {
    const { store, dir } = openTemp();
    const [one, two] = [await store.addDelivery(newDelivery()), await store.addDelivery(newDelivery())];
    const begun = [one, two, one, one, two].map((delivery) => store.startAttempt(newAttempt(delivery)));
    expect(begun.map(({ attempt }) => attempt.number)).toEqual([1, 1, 2, 3, 2]);
    await Promise.all(begun.map(({ stored }) => stored));
    expect(store.attempts(one.seq).map(({ number }) => number)).toEqual([1, 2, 3]);
    for (const { attempt } of begun) await store.finishAttempt(attempt, 1, answer(200));
    expect((await attempt(store, one, answer(200))).number).toBe(4);
    await store.close();
    const again = openTemp({}, dir).store;
    expect((await attempt(again, one, answer(200))).number).toBe(5);
    expect(again.summary(one.seq)!.attempts).toBe(5);
  });

  test('that is not the newest does not decide what the list shows', async () => {
    const { store } = openTemp();
    const delivery = await store.addDelivery(newDelivery());
    const [first, second] = [1, 2].map(() => store.startAttempt(newAttempt(delivery)).attempt) as [
      Attempt,
      Attempt,
    ];
    await store.finishAttempt(second, 1, answer(200));
    await store.finishAttempt(first, 9, answer(500));
    expect(store.summary(delivery.seq)!.lastAttempt).toEqual({ label: '200', status: 200, durationMs: 1 });
  });

  test('that a fault struck is known of the last one, so that a list can say so', async () => {
    const { store, dir } = openTemp();
    const delivery = await store.addDelivery(newDelivery());
    for (const faults of [['delay=2s'], [], ['drop', 'corrupt']]) {
      await store.startAttempt(newAttempt(delivery, { faults })).stored;
      expect(store.summary(delivery.seq)!.lastAttempt!.faulty).toBe(faults.length > 0 ? true : undefined);
    }
    await store.close();
    expect(openTemp({}, dir).store.summary(delivery.seq)!.lastAttempt!.faulty).toBe(true);
  });

  test('can be read by its id', async () => {
    const { store } = openTemp();
    const made = await attempt(store, await store.addDelivery(newDelivery()), answer(200));
    expect(plain(store.attempt(made.id))).toEqual(plain(made));
    expect(store.attempt('att_none')).toBeNull();
  });
});

describe('a delivery is found by', () => {
  test('its number, its id, the beginning of its id, and "last"', async () => {
    const { store } = openTemp();
    const [one, two] = [await store.addDelivery(newDelivery()), await store.addDelivery(newDelivery())];
    for (const reference of ['1', '#1', ' 1 ', one.id]) expect(store.resolve(reference).seq).toBe(1);
    expect(store.resolve('last').seq).toBe(2);
    const common = [...one.id].findIndex((char, i) => char !== two.id[i]);
    expect(store.resolve(one.id.slice(0, common + 1)).seq).toBe(1);
    expect(() => store.resolve('dlv_')).toThrow(/begins several ids: give more of it/);
  });

  test('nothing else: a UserError says so', () => {
    const { store } = openTemp();
    for (const reference of [
      '',
      '0',
      '1',
      '99999999999',
      'dlv_zzz',
      'dlv_%',
      "dlv_' or 1=1 --",
      'latest',
      '-1',
      '\0',
    ])
      expect(() => store.resolve(reference)).toThrow(UserError);
    expect(() => store.resolve('last')).toThrow('There is no delivery yet.');
  });
});

describe('closing', () => {
  test('writes what is still queued', async () => {
    const { store, dir } = openTemp();
    const delivery = await store.addDelivery(newDelivery());
    const acknowledged = store.acknowledge(delivery, ack);
    const added = store.addDelivery(newDelivery('{"late":1}'));
    await store.close();
    await Promise.all([acknowledged, added]);
    const again = openTemp({}, dir).store;
    expect(again.summary(1)!.acknowledgement).toEqual(ack);
    expect(Buffer.from(again.delivery(2)!.body).toString()).toBe('{"late":1}');
  });

  test('makes later writes fail, not crash', async () => {
    const { store } = openTemp();
    await store.close();
    await expect(store.addDelivery(newDelivery())).rejects.toThrow(UserError);
  });
});

test('a folder that cannot be one is a UserError that says what to do', () => {
  for (const dir of ['/dev/null', '/dev/null/history'])
    expect(() => openStore(dir)).toThrow(
      /^The history can't be kept in .*: make it a folder that you can write, or .*--data/,
    );
});

test('no more bytes than asked for are kept: the oldest go, and the newest stays however long it is', async () => {
  const { store } = openTemp({ keepBytes: 10_000 });
  const seqs = () => store.page({ limit: 100 }).map(({ seq }) => seq);
  for (let i = 0; i < 12; i++) await store.addDelivery(newDelivery(Buffer.alloc(2_000)));
  await waitFor(() => store.count() === 5);
  expect(seqs()).toEqual([12, 11, 10, 9, 8]);
  await store.addDelivery(newDelivery(Buffer.alloc(50_000)));
  await waitFor(() => store.count() === 1);
  expect(seqs()).toEqual([13]);
});
