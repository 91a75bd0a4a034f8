import {
  closeSync,
  existsSync,
  lstatSync,
  mkdirSync,
  openSync,
  readSync,
  renameSync,
  rmdirSync,
  statSync,
} from 'node:fs';
import { dirname } from 'node:path';
import sqlite, { type Database, type JSValue, type SQLiteValue, type Statement } from 'node-sqlite3-wasm';
import { messageOf, UserError } from '../core/errors.ts';
import { migrations } from './schema.ts';

export type Row = Record<string, SQLiteValue>;

/** Told when a damaged file was moved aside: where to, and what SQLite said. */
export type QuarantineListener = (movedTo: string, reason: string) => void;

/**
 * One SQLite file that this process owns alone (the data directory's lock sees to that). A damaged file is
 * moved aside and a fresh one begun, at the start and at any later moment.
 */
export class HistoryFile {
  #db: Database;
  /** Which file was opened: the one at the path may be another by now. */
  #identity: string | null = null;
  readonly #statements = new Map<string, Statement>();
  /** Whether the process that had the file before was stopped in the middle of its work. */
  readonly afterCrash: boolean;

  /**
   * @param stamp gives the suffix of a damaged file's new name
   * @throws UserError when a newer version of this tool wrote the file, or the folder can't be written
   */
  constructor(
    readonly path: string,
    private readonly stamp: () => string,
    private readonly onQuarantine: QuarantineListener,
  ) {
    try {
      if (!existsSync(dirname(path))) mkdirSync(dirname(path), { mode: 0o700 });
      refuseOddFiles(path);
      this.afterCrash = removeStaleLock(path);
      this.#db = this.recovering(
        () => openFile(path, this.afterCrash),
        () => openFile(path, false),
      );
      this.#identity = identityOf(path);
    } catch (error) {
      throw error instanceof UserError ? error : unusable(path, error);
    }
  }

  /** Every row of a query. Always runs to its end: a statement left half-way would hold back checkpoints. */
  all(sql: string, values: JSValue[] = []): Row[] {
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

  /** Runs `work` in one transaction: all of it is on disk when this returns, or none of it. */
  transaction(work: () => void): void {
    // What is written to a file that nobody can find any more is lost with this process.
    if (identityOf(this.path) !== this.#identity)
      throw new Error(`${this.path} was removed or replaced while it was open: start the tool anew`);
    this.recovering(() => {
      this.#db.exec('begin immediate');
      try {
        work();
        this.#db.exec('commit');
      } catch (error) {
        if (this.#db.inTransaction) this.#db.exec('rollback');
        throw error;
      }
    });
  }

  /** Gives the space of what was deleted back, and leaves nothing of it in the file or its log. @throws when the disk is full */
  compact(): void {
    this.#finalize();
    this.#db.exec('vacuum');
    this.#db.exec('pragma wal_checkpoint(truncate)');
  }

  close(): void {
    this.#finalize();
    this.#db.close();
  }

  #use<T>(sql: string, work: (statement: Statement) => T): T {
    const statement = this.#statements.get(sql) ?? this.#db.prepare(sql);
    this.#statements.set(sql, statement);
    try {
      return work(statement);
    } catch (error) {
      // The engine tells a statement's failure a second time when it is reset or finalized: it is not used again.
      this.#statements.delete(sql);
      discard(statement);
      throw error;
    }
  }

  #finalize(): void {
    for (const statement of this.#statements.values()) statement.finalize();
    this.#statements.clear();
  }

  /** Runs `work`; when the file proves to be damaged, moves it aside and runs `again` on a fresh one. */
  private recovering<T>(work: () => T, again: () => T = work): T {
    try {
      return work();
    } catch (error) {
      if (!isDamage(error)) throw error;
      this.#abandon();
      const movedTo = moveAside(this.path, this.stamp());
      if (this.#db) {
        this.#db = openFile(this.path, false);
        this.#identity = identityOf(this.path);
      }
      this.onQuarantine(movedTo, messageOf(error));
      return again();
    }
  }

  /** Lets go of a damaged file; closing it may fail for the same damage, which is known by now. */
  #abandon(): void {
    if (!this.#db) return;
    try {
      this.close();
    } catch (error) {
      if (!isDamage(error)) throw error;
    }
  }
}

/** Tells one file from another, also of the same name; null where there is none. */
function identityOf(path: string): string | null {
  const stats = statSync(path, { throwIfNoEntry: false });
  return stats ? `${stats.dev}:${stats.ino}` : null;
}

function openFile(path: string, check: boolean): Database {
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
    // SQLite's own LIKE and NOCASE know the case of ASCII letters only.
    db.function('fold', (text) => (typeof text === 'string' ? text.toLowerCase() : text), {
      deterministic: true,
    });
    if (check) {
      const verdict = String((db.all('pragma quick_check(1)')[0] as Row).quick_check);
      if (verdict !== 'ok') throw damage(verdict);
    }
    migrate(db, path);
    return db;
  } catch (error) {
    if (db?.isOpen) db.close();
    removeStaleLock(path);
    throw error;
  }
}

function migrate(db: Database, path: string): void {
  const version = Number((db.all('pragma user_version')[0] as Row).user_version);
  if (version > migrations.length)
    throw new UserError(
      'history-too-new',
      `${path} was written by a newer version of reducto-webhook-dev: update this one, or choose another folder with --data.`,
    );
  for (let step = version; step < migrations.length; step++) {
    db.exec(`begin; ${migrations[step]}; pragma user_version = ${step + 1}; commit`);
  }
  db.all('select count(*) from (select 1 from delivery order by seq desc limit 1)');
}

/**
 * The engine opens its files by name and follows links: in a folder that others can write to they may have been laid
 * out for us, to have the engine write somewhere else.
 * @throws UserError that names what stands in place of one of the history's files
 */
function refuseOddFiles(path: string): void {
  for (const file of [path, `${path}-wal`, `${path}-journal`]) {
    if (lstatSync(file, { throwIfNoEntry: false })?.isFile() === false)
      throw new UserError(
        'history-unusable',
        `${file} is no file, which the history needs there: remove it, or choose another folder with --data.`,
      );
  }
}

/** What shows from outside that a file is damaged, and that the engine would pass over in silence; null for nothing. */
function oddityOf(path: string): string | null {
  const [size, walSize] = [path, `${path}-wal`].map(
    (file) => statSync(file, { throwIfNoEntry: false })?.size ?? 0,
  );
  // A page that is only half there is normal when the log has it whole (a disk that was full, a crash).
  if (walSize === 0) return size! % pageSize === 0 ? null : 'it ends within a page';
  const magic = Buffer.alloc(4);
  const file = openSync(`${path}-wal`, 'r');
  readSync(file, magic, 0, 4, 0);
  closeSync(file);
  // Zeros: a crash came before anything was committed. The last bit tells the byte order of its checksums.
  const known = [0, 0x377f0682, 0x377f0683].includes(magic.readUInt32BE());
  return known || walSize! < 32 ? null : 'its log (-wal) is none';
}

const pageSize = 4096;

const damage = (what: string): Error => new Error(`database disk image is malformed: ${what}`);

/**
 * The engine locks by making the folder `<file>.lock`, which a killed process leaves behind. Whoever comes here
 * holds the data directory's own lock, so such a folder is stale.
 */
function removeStaleLock(path: string): boolean {
  const lock = `${path}.lock`;
  if (!lstatSync(lock, { throwIfNoEntry: false })) return false; // a link that leads nowhere is there, too
  rmdirSync(lock);
  return true;
}

function discard(statement: Statement): void {
  try {
    statement.finalize();
  } catch (error) {
    if (!(error instanceof sqlite.SQLite3Error)) throw error; // else it is the failure that is known already
  }
}

const unusable = (path: string, cause: unknown): UserError =>
  new UserError(
    'history-unusable',
    `The history can't be kept in ${dirname(path)} (${messageOf(cause)}): make it a folder that you can write, or choose another one with --data.`,
    1,
    { cause },
  );

function moveAside(path: string, stamp: string): string {
  const movedTo = `${path}.damaged-${stamp}`;
  for (const suffix of ['', '-wal']) {
    if (existsSync(path + suffix)) renameSync(path + suffix, movedTo + suffix);
  }
  return movedTo;
}

const isDamage = (error: unknown): boolean =>
  // Only what SQLite says of a file: of a value it says "malformed JSON", for instance.
  /database disk image is malformed|malformed database schema|file is not a database/.test(
    messageOf(error),
  ) && !(error instanceof UserError);
