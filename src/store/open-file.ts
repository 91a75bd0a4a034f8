import { closeSync, fsyncSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import sqlite, { type Database, type JSValue } from 'node-sqlite3-wasm';
import { messageOf, UserError } from '../core/errors.ts';
import { oddityOf, removeStaleLock, sizesOf } from './history-files.ts';
import type { Salvaged } from './salvage.ts';
import type { Row } from './statements.ts';

/** What a file holds, and how it is looked after. */
export interface Shape {
  /** One step a version, see {@link migrations}. */
  migrations: readonly string[];
  /** What all of them come to, where a script is known for that. */
  now?: string;
  /** Finds damage that SQLite does not see by itself, in steps of a few ms. @throws an error of {@link isDamage} */
  check(db: Database): Iterator<unknown>;
  /** Copies what reads well of a damaged file into a fresh one. @param last number of the last delivery, where known */
  salvage(damaged: string, fresh: Database, last: number): Salvaged;
}

const damage = (what: string): Error => new Error(`database disk image is malformed: ${what}`);

/**
 * Opens a file of this shape, or begins one; its commits wait for the disk until something else is said.
 * @param check whether damage is looked for
 * @throws an error of {@link isDamage} when it is damaged; UserError when a newer version wrote it
 */
export function openFile(path: string, shape: Shape, check: boolean): Database {
  let db: Database | undefined;
  try {
    const oddity = oddityOf(path);
    if (oddity) throw damage(oddity);
    // To a file that begins here the engine does not wait for the disk: nothing in it is promised before its end.
    const fresh = sizesOf(path)[0] === 0;
    db = new sqlite.Database(path);
    // WAL without shared memory (which WASM has not) needs the exclusive mode. FULL: every commit reaches the disk.
    db.exec(`pragma locking_mode = exclusive; pragma synchronous = ${fresh ? 'off' : 'full'}`);
    db.exec('pragma journal_mode = wal');
    db.exec('pragma cache_size = -16000; pragma wal_autocheckpoint = 0');
    // What is removed is overwritten: it may have been a secret.
    db.exec('pragma secure_delete = on');
    addFunctions(db);
    if (check) {
      const verdict = String((db.all('pragma quick_check(1)')[0] as Row).quick_check);
      if (verdict !== 'ok') throw damage(verdict);
    }
    const version = Number((db.all('pragma user_version')[0] as Row).user_version);
    if (fresh && version === 0) begin(db, path, shape);
    else migrate(db, path, shape, version);
    if (fresh) db.exec('pragma synchronous = full');
    return db;
  } catch (error) {
    if (db?.isOpen) db.close();
    removeStaleLock(path);
    throw error;
  }
}

/** SQLite's own LIKE and NOCASE know the case of ASCII letters only. */
export function addFunctions(db: Database): void {
  db.function('fold', (text) => (typeof text === 'string' ? text.toLowerCase() : text), {
    deterministic: true,
  });
}

/**
 * All steps at once, or what they come to. The power may go at any moment: without the log, or with a part of it, the file
 * is as empty as before, so that it does not matter which of both reaches the disk first.
 */
function begin(db: Database, path: string, { migrations, now = migrations.join('') }: Shape): void {
  db.exec(`begin; ${now}; pragma user_version = ${migrations.length}; commit`);
  for (const file of [`${path}-wal`, path]) bringToDisk(file, 'r+'); // Windows syncs only what may be written to,
  if (process.platform !== 'win32') bringToDisk(dirname(path), 'r'); // and no folders
}

function bringToDisk(path: string, flags: 'r' | 'r+'): void {
  const fd = openSync(path, flags);
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

function migrate(db: Database, path: string, { migrations }: Shape, version: number): void {
  if (version > migrations.length)
    throw new UserError(
      'history-too-new',
      `${path} was written by a newer version of reducto-webhook-dev: update this one, or choose another folder with --data.`,
    );
  for (let step = version; step < migrations.length; step++) {
    db.exec(`begin; ${migrations[step]}; pragma user_version = ${step + 1}; commit`);
  }
}

/** Deliveries that are compared in one step. */
const compared = 1000;

/**
 * A page that has lost some of its rows may look well: the indexes of deliveries know which ones there were. From the
 * newest on; each step compares what there is in that moment.
 */
export function* compareCounts(db: Database): Generator<void, void> {
  const get = (sql: string, values: JSValue[]): Row | undefined => (db.all(sql, values) as Row[])[0];
  for (let below: JSValue = Number.POSITIVE_INFINITY; below !== Number.NEGATIVE_INFINITY; ) {
    const sql =
      'select seq from delivery indexed by delivery_scan where seq < ? order by seq desc limit 1 offset ?';
    const from: JSValue = get(sql, [below, compared - 1])?.seq ?? Number.NEGATIVE_INFINITY;
    compareBetween(get, [from, below]);
    below = from;
    yield;
  }
}

/** Compares deliveries whose numbers are in between. */
function compareBetween(get: (sql: string, values: JSValue[]) => Row | undefined, bounds: JSValue[]): void {
  const sum = (how: string, ids: JSValue[] = []): JSValue => {
    const where = `seq >= ? and seq < ? ${ids.length > 0 ? 'and id between ? and ?' : ''}`;
    const sql = `select count(*) || ' ' || total(seq) as sum from delivery ${how} where ${where}`;
    return get(sql, [...bounds, ...ids])!.sum!;
  };
  const there = sum('not indexed');
  const { least, most } = get(
    'select min(id) as least, max(id) as most from delivery not indexed where seq >= ? and seq < ?',
    bounds,
  )!;
  const byId = 'indexed by delivery_id';
  // Ids go with the numbers, but for a clock that was set and for a damaged one: then all of them have to be looked at.
  const hasIds = sum(byId, [least!, most!]) === there || sum(byId) === there;
  if (!hasIds || sum('indexed by delivery_scan') !== there) throw damage('rows of delivery are missing');
}

/** Whether an error says that a file is damaged. */
export const isDamage = (error: unknown): boolean =>
  // Only what SQLite says of a file: of a value it says "malformed JSON", for instance.
  /database disk image is malformed|malformed database schema|file is not a database/.test(
    messageOf(error),
  ) && !(error instanceof UserError);
