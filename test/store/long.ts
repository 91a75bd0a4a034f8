import { join } from 'node:path';
import sqlite from 'node-sqlite3-wasm';
import { newDelivery } from '../support/deliveries.ts';
import { openTemp } from './support.ts';

/** The numbers of {@link longHistory}, oldest first: with a gap among them. */
export const numbers = Array.from({ length: 30_000 }, (_, i) => i + 1).filter(
  (seq) => seq <= 10_000 || seq >= 20_000,
);

/** When one came: in the order of their numbers, but for every 5,000th. */
export const timeOf = (seq: number): number => (seq % 5000 === 0 ? 7 : seq);

/** The job of every 1,000th; that of the others is `job`. */
export const rareJob = 'rare';

/** The body of each. */
export const body = '0123456789';

/** A closed history that is too long to be looked at in one go. */
export async function longHistory(): Promise<{ dir: string; path: string }> {
  const { store, dir } = openTemp();
  await store.addDelivery(newDelivery(body, { receivedAt: timeOf(1) }));
  await store.close();
  const path = join(dir, 'history.db');
  const db = new sqlite.Database(path);
  db.exec('pragma locking_mode = exclusive; begin');
  const given =
    db.prepare(`insert into delivery (seq, id, received_at, source, method, target, intake, size, job_id, traits,
    last_label, last_code) select ?, ?, ?, source, method, target, intake, size, ?, 0, '200', 200 from delivery where seq = 1`);
  const content = db.prepare(`insert into content (seq, http_version, remote_address, headers, body)
    select ?, http_version, remote_address, headers, body from content where seq = 1`);
  for (const seq of numbers.slice(1)) {
    const id = `dlv_${String(seq).padStart(16, '0')}`;
    given.run([seq, id, timeOf(seq), seq % 1000 === 0 ? rareJob : 'job']);
    content.run([seq]);
  }
  given.finalize();
  content.finalize();
  db.exec('commit');
  db.close();
  return { dir, path };
}
