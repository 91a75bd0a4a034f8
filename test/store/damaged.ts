import { closeSync, openSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { Loss } from '../../src/core/damage.ts';
import { answer, newDelivery } from '../support/deliveries.ts';
import { attempt, openTemp } from './support.ts';

/** Overwrites a part of a file. */
export function scribble(path: string, from: number, bytes: Uint8Array): void {
  const file = openSync(path, 'r+');
  writeSync(file, bytes, 0, bytes.length, from);
  closeSync(file);
}

/** A closed history with 300 deliveries. */
export async function history(): Promise<{ dir: string; path: string; before: Buffer }> {
  const { store, dir } = openTemp();
  await Promise.all(
    Array.from({ length: 300 }, (_, i) => store.addDelivery(newDelivery(`${i}`.repeat(500)))),
  );
  await attempt(store, store.delivery(1)!, answer(200));
  await store.close();
  const path = join(dir, 'history.db');
  return { dir, path, before: readFileSync(path) };
}

/** Opens a folder and notes what is told of damage. */
export function reopen(dir: string) {
  const told: Loss[] = [];
  return { told, ...openTemp({ onLoss: (loss) => told.push(loss) }, dir) };
}

export const junk = Buffer.alloc(4096, 'junk');

/** The places of the file's pages that hold some text. */
export const pagesWith = (file: Buffer, text: string): number[] =>
  Array.from({ length: file.length / 4096 - 1 }, (_, i) => (i + 1) * 4096).filter((at) =>
    file.subarray(at, at + 4096).includes(text),
  );
