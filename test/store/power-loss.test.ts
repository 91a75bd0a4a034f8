import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Loss } from '../../src/core/damage.ts';
import type { Store } from '../../src/store/store.ts';
import { StoreWriteError } from '../../src/store/writer.ts';
import { tempDir } from '../support/cleanup.ts';
import { newDelivery } from '../support/deliveries.ts';
import { waitFor } from '../support/wait.ts';
import { afterPowerLoss, chance, layOut, powerLosses, recordDisk } from './lossy-disk.ts';
import { attempt, openTemp } from './support.ts';

/** Of delivery `seq`; a few fill a page, and some many. */
const bodyOf = (seq: number): Buffer => Buffer.alloc(seq % 7 === 0 ? 60_000 : 3000, `delivery ${seq} `);

/** Opens what a loss of power has left, see {@link afterPowerLoss}: nothing of it may look damaged. */
function openAfter(...loss: Parameters<typeof afterPowerLoss>): Store {
  const there = tempDir();
  layOut(there, afterPowerLoss(...loss));
  const lost: Loss[] = [];
  const { store } = openTemp({ onLoss: (each) => lost.push(each) }, there);
  expect(lost.filter(({ kind }) => kind === 'moved')).toEqual([]);
  return store;
}

test('when the power goes, at any moment, the disk holds every delivery that was promised, whole', async () => {
  const dir = tempDir();
  const { notes, mark } = recordDisk(dir);
  const { store } = openTemp({ keep: 100 }, dir);
  const add = async (seq: number): Promise<void> => {
    const delivery = await store.addDelivery(newDelivery(bodyOf(seq)));
    mark(delivery.seq);
    if (seq % 5 === 0) await attempt(store, delivery, { kind: 'error', code: 'failed', message: 'no app' });
  };
  let seq = 0;
  // Enough for the log to be brought into the file several times, old ones removed meanwhile.
  for (let group = 1; seq < 400; group = (group % 12) + 1)
    await Promise.all([
      ...Array.from({ length: group }, () => add(++seq)),
      ...(seq === 234 ? [store.remove([1])] : []), // once, behind the third group of 12
    ]);
  await waitFor(() => store.count() === 100, { what: 'old deliveries to go' });
  await store.close();
  const ofLog = notes.filter((note) => note.kind !== 'mark' && note.name === 'history.db-wal');
  expect(ofLog.filter((note) => note.kind === 'write' && note.at === 0).length).toBeGreaterThan(2); // begun anew
  expect(ofLog.filter(({ kind }) => kind === 'truncate')).toHaveLength(1); // by the removal

  await fc.assert(
    fc.asyncProperty(powerLosses(notes.length), async ({ count, share, seed }) => {
      const found = openAfter(notes, count, chance(seed, share));
      const promised = notes.slice(0, count).flatMap((note) => (note.kind === 'mark' ? [note.mark] : []));
      // Of those that were promised the last 100 are kept; one of them or the ones on their way may have driven them out.
      const here = new Set(found.page({ limit: 9999 }).map(({ seq }) => seq));
      const newest = Math.max(0, ...promised, ...here);
      for (const each of promised.filter((one) => one > newest - 100)) {
        expect(here).toContain(each);
        expect(Buffer.from(found.delivery(each)!.body).equals(bodyOf(each))).toBe(true);
      }
      await found.close();
    }),
    { numRuns: 40 },
  );
});

test('when the power goes while a history begins, it is none yet, or holds what was promised', async () => {
  const dir = tempDir();
  const { notes, mark } = recordDisk(dir);
  const { store } = openTemp({}, dir);
  mark((await store.addDelivery(newDelivery(bodyOf(1)))).seq);
  await store.close();
  await fc.assert(
    fc.asyncProperty(powerLosses(notes.length), async ({ count, share, seed }) => {
      const found = openAfter(notes, count, chance(seed, share));
      if (notes.slice(0, count).some(({ kind }) => kind === 'mark'))
        expect(Buffer.from(found.delivery(1)!.body).equals(bodyOf(1))).toBe(true);
      await found.addDelivery(newDelivery()); // its schema is whole
      await found.close();
    }),
    { numRuns: 60 },
  );
});

test('after the disk has failed to take the file nothing is promised: the log that has it would be written over', async () => {
  const dir = tempDir();
  const { notes, failSyncsOf } = recordDisk(dir);
  const { store } = openTemp({}, dir);
  failSyncsOf('history.db');
  const promised: number[] = [];
  const error = await (async () => {
    for (;;) promised.push((await store.addDelivery(newDelivery(bodyOf(7)))).seq);
  })().catch((error: unknown) => error);
  expect(error).toBeInstanceOf(StoreWriteError);
  const found = openAfter(notes, notes.length, () => false);
  expect(found.page({ limit: 9999 }).map(({ seq }) => seq)).toEqual(expect.arrayContaining(promised));
});

test('what is removed is neither in the file nor in its log', async () => {
  const { store, dir } = openTemp();
  const secret = Buffer.from('s3cret-of-the-sender');
  const files = ['history.db', 'history.db-wal'].map((name) => join(dir, name));
  const isThere = (): boolean => files.some((file) => readFileSync(file).includes(secret));
  const { seq } = await store.addDelivery(newDelivery(secret));
  expect(isThere()).toBe(true);
  await store.remove([seq]);
  await waitFor(() => !isThere(), { what: 'the secret to be gone' });
});
