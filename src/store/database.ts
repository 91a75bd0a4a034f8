import { existsSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import sqlite, { type Database, type JSValue, type Statement } from 'node-sqlite3-wasm';
import type { Loss } from '../core/damage.ts';
import { messageOf, UserError } from '../core/errors.ts';
import type { Clock } from '../core/ids.ts';
import {
  identityOf,
  lastNumberOf,
  moveAside,
  oddityOf,
  refuseOddFiles,
  removeStaleLock,
  sizesOf,
} from './history-files.ts';
import { LastNumber } from './last-number.ts';
import { openReadOnly } from './read-only.ts';
import { type Salvaged, salvage } from './salvage.ts';
import { migrations } from './schema.ts';
import { type Row, Statements } from './statements.ts';

export type { Row };

/** Told of what was lost. */
export type LossListener = (loss: Loss) => void;

/** What a file holds, and how it is looked after. */
export interface Shape {
  /** One step a version, see {@link migrations}. */
  migrations: readonly string[];
  /** Finds damage that SQLite does not see by itself. @throws an error that says so, see {@link damage} */
  check(db: Database): void;
  /** Copies what reads well of a damaged file into a fresh one. @param last number of the last delivery, where known */
  salvage(damaged: string, fresh: Database, last: number): Salvaged;
}

/** Deliveries, attempts and what else a `listen` keeps. */
const history: Shape = { migrations, check: compareCounts, salvage };

/**
 * One SQLite file that this process owns alone (the data directory's lock sees to that). A damaged file is
 * moved aside and a fresh one begun with what can be read of it, at the start and at any later moment.
 */
export class HistoryFile {
  #db: Database;
  /** Which file was opened: the one at the path may be another by now. */
  #identity: string | null = null;
  readonly #statements = new Statements();
  readonly #removeLinks: () => void = () => undefined;
  /** Whether the process that had the file before was stopped in the middle of its work. */
  readonly afterCrash: boolean;
  readonly lastNumber: LastNumber;

  /**
   * @param clock whose time ends a damaged file's new name
   * @param readOnly for a disk that takes nothing: nothing in the folder is changed, and transactions fail
   * @throws UserError when a newer version of this tool wrote the file, or the folder can't be written
   */
  constructor(
    readonly path: string,
    private readonly clock: Clock,
    private readonly onLoss: LossListener,
    private readonly readOnly = false,
    private readonly shape: Shape = history,
  ) {
    if (readOnly) {
      this.afterCrash = false;
      const { db, removeLinks } = openReadOnly(path);
      addFunctions(db);
      this.#db = db;
      this.#removeLinks = removeLinks;
      this.lastNumber = LastNumber.open(lastNumberOf(path), true);
      return;
    }
    try {
      if (!existsSync(dirname(path))) mkdirSync(dirname(path), { mode: 0o700 });
      refuseOddFiles(path);
      this.lastNumber = LastNumber.open(lastNumberOf(path), false);
    } catch (error) {
      throw error instanceof UserError ? error : unusable(path, error);
    }
    try {
      this.afterCrash = removeStaleLock(path);
      this.#db = this.recovering(
        () => openFile(path, shape, this.afterCrash),
        () => this.#db,
      );
      this.#identity = identityOf(path);
    } catch (error) {
      this.lastNumber.close();
      throw error instanceof UserError ? error : unusable(path, error);
    }
  }

  /** Every row of a query. Always runs to its end: a statement left half-way would hold back checkpoints. */
  all(sql: string, values: JSValue[] = []): Row[] {
    // Within a transaction it is for that to begin anew, with all that is in it.
    if (this.#db.inTransaction) return this.#use(sql, (statement) => statement.all(values) as Row[]);
    return this.recovering(() => this.#use(sql, (statement) => statement.all(values) as Row[]));
  }

  /** The first row of a query, which should limit itself to one. */
  get(sql: string, values: JSValue[] = []): Row | undefined {
    return this.all(sql, values)[0];
  }

  /** Runs a statement inside the transaction of the caller. @returns how many rows it changed */
  run(sql: string, values: JSValue[] = []): number {
    return this.#use(sql, (statement) => statement.run(values).changes);
  }

  /** Bytes that the file has on the disk, with its log. */
  get bytes(): number {
    const [size, walSize] = sizesOf(this.path);
    return size + walSize;
  }

  /** Runs `work` in one transaction: all of it is on disk when this returns, or none of it. */
  transaction(work: () => void): void {
    if (this.readOnly) throw new Error('the history is only read');
    // What is written to a file that nobody can find any more is lost with this process.
    if (identityOf(this.path) !== this.#identity)
      throw new Error(`${this.path} was removed or replaced while it was open: start the tool anew`);
    this.recovering(() => {
      this.#db.exec('begin immediate');
      try {
        work();
        this.#db.exec('commit');
      } catch (error) {
        this.#rollBack();
        throw error;
      }
    });
  }

  #rollBack(): void {
    try {
      if (this.#db.inTransaction) this.#db.exec('rollback');
    } catch (error) {
      if (!(error instanceof sqlite.SQLite3Error)) throw error; // why it is rolled back tells more
    }
  }

  /** Gives the space of what was deleted back, and leaves nothing of it in the file or its log. @throws when the disk is full */
  compact(): void {
    this.#statements.finalize();
    this.#db.exec('vacuum');
    this.#db.exec('pragma wal_checkpoint(truncate)');
  }

  close(): void {
    this.#closeDatabase();
    this.lastNumber.close();
    this.#removeLinks();
  }

  #closeDatabase(): void {
    this.#statements.finalize();
    this.#db.close();
  }

  #use<T>(sql: string, work: (statement: Statement) => T): T {
    return this.#statements.use(this.#db, sql, work);
  }

  /** Runs `work`; when the file proves to be damaged, moves it aside and runs `again` on a fresh one. */
  private recovering<T>(work: () => T, again: () => T = work): T {
    try {
      return work();
    } catch (error) {
      if (!isDamage(error) || this.readOnly) throw error;
      this.#abandon();
      const movedTo = moveAside(this.path, stampOf(this.clock));
      this.#db = openFile(this.path, this.shape, false);
      this.#identity = identityOf(this.path);
      const { saved, of } = this.shape.salvage(movedTo, this.#db, this.lastNumber.seq);
      this.onLoss({ kind: 'moved', movedTo, reason: messageOf(error), saved, of });
      return again();
    }
  }

  /** Lets go of a damaged file; closing it may fail for the same damage, which is known by now. */
  #abandon(): void {
    if (!this.#db) return;
    try {
      this.#closeDatabase();
    } catch (error) {
      if (!isDamage(error)) throw error;
    }
  }
}

/** The time as digits, down to ms. */
const stampOf = (clock: Clock): string => new Date(clock.now()).toISOString().replace(/\D/g, '').slice(0, 17);

const damage = (what: string): Error => new Error(`database disk image is malformed: ${what}`);

function openFile(path: string, shape: Shape, check: boolean): Database {
  let db: Database | undefined;
  try {
    const oddity = oddityOf(path);
    if (oddity) throw damage(oddity);
    db = new sqlite.Database(path);
    // WAL without shared memory (which WASM has not) needs the exclusive mode. FULL: every commit reaches the disk.
    db.exec('pragma locking_mode = exclusive; pragma journal_mode = wal; pragma synchronous = full');
    // Small checkpoints: each holds up the requests of its moment.
    db.exec('pragma cache_size = -16000; pragma wal_autocheckpoint = 300');
    // What is removed is overwritten: it may have been a secret.
    db.exec('pragma secure_delete = on');
    addFunctions(db);
    if (check) {
      const verdict = String((db.all('pragma quick_check(1)')[0] as Row).quick_check);
      if (verdict !== 'ok') throw damage(verdict);
    }
    migrate(db, path, shape);
    shape.check(db);
    return db;
  } catch (error) {
    if (db?.isOpen) db.close();
    removeStaleLock(path);
    throw error;
  }
}

/** SQLite's own LIKE and NOCASE know the case of ASCII letters only. */
function addFunctions(db: Database): void {
  db.function('fold', (text) => (typeof text === 'string' ? text.toLowerCase() : text), {
    deterministic: true,
  });
}

function migrate(db: Database, path: string, { migrations }: Shape): void {
  const version = Number((db.all('pragma user_version')[0] as Row).user_version);
  if (version > migrations.length)
    throw new UserError(
      'history-too-new',
      `${path} was written by a newer version of reducto-webhook-dev: update this one, or choose another folder with --data.`,
    );
  for (let step = version; step < migrations.length; step++) {
    db.exec(`begin; ${migrations[step]}; pragma user_version = ${step + 1}; commit`);
  }
}

/** A page that has lost some of its rows may look well: the indexes know which ones there were. */
function compareCounts(db: Database): void {
  db.all('select count(*) from (select 1 from delivery order by seq desc limit 1)');
  const sum = (key: string, from: string): unknown =>
    (db.all(`select count(*) || ' ' || total(${key}) as sum from ${from}`)[0] as Row).sum;
  for (const [table, key, indexes] of [
    ['delivery', 'seq', ['delivery_id', 'delivery_scan']],
    ['attempt', 'delivery_seq', ['attempt_delivery']],
  ] as const) {
    const there = sum(key, `${table} not indexed`);
    if (indexes.some((index) => sum(key, `${table} indexed by ${index}`) !== there))
      throw damage(`rows of ${table} are missing`);
  }
}

const unusable = (path: string, cause: unknown): UserError =>
  new UserError(
    'history-unusable',
    `The history can't be kept in ${dirname(path)} (${messageOf(cause)}): make it a folder that you can write, or choose another one with --data.`,
    1,
    { cause },
  );

const isDamage = (error: unknown): boolean =>
  // Only what SQLite says of a file: of a value it says "malformed JSON", for instance.
  /database disk image is malformed|malformed database schema|file is not a database/.test(
    messageOf(error),
  ) && !(error instanceof UserError);
