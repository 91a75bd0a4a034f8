import { existsSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import sqlite, { type Database, type JSValue, type Statement } from 'node-sqlite3-wasm';
import type { Loss } from '../core/damage.ts';
import { messageOf, systemCode, UserError } from '../core/errors.ts';
import type { Clock } from '../core/ids.ts';
import { DamageCheck } from './damage-check.ts';
import { DiskFile } from './disk-file.ts';
import {
  identityOf,
  lastNumberOf,
  moveAside,
  refuseOddFiles,
  removeStaleLock,
  sizesOf,
} from './history-files.ts';
import { LastNumber } from './last-number.ts';
import { addFunctions, compareCounts, isDamage, openFile, type Shape } from './open-file.ts';
import { openReadOnly } from './read-only.ts';
import { salvage } from './salvage.ts';
import { migrations } from './schema.ts';
import { schemaNow } from './schema-now.ts';
import { type Row, Statements } from './statements.ts';

export type { Row, Shape };

/** Told of what was lost. */
export type LossListener = (loss: Loss) => void;

/** How a file is opened. */
export interface FileOptions {
  /** For a disk that takes nothing: nothing in the folder is changed, and transactions fail. */
  readOnly?: boolean | undefined;
  /** What it holds; a history when absent. */
  shape?: Shape;
  /** Whether a long file is in use while it is looked for damage: what is found then is told then. */
  checkLater?: boolean | undefined;
}

/** Deliveries, attempts and what else a `listen` keeps. */
const history: Shape = { migrations, now: schemaNow, check: compareCounts, salvage };

/** Bytes that are written to the log until it is brought into the file: that holds up the requests of its moment. */
const longLog = 4 * 1024 * 1024;
/** Bytes of the log from which on it is cut. */
const longestLog = 2 * longLog;
/** Bytes that a commit takes of the log, about, and each write in it besides what that says: whole pages. */
const [commitBytes, writeBytes] = [20 * 1024, 2 * 1024];

/**
 * One SQLite file that this process owns alone (the data directory's lock sees to that). A damaged file is
 * moved aside and a fresh one begun with what can be read of it, at the start and at any later moment.
 *
 * The engine waits for the disk itself (`synchronous = full`) in {@link transaction} and when a file is opened,
 * compacted or closed. What {@link commit} writes it only hands to the system, and a {@link DiskFile} brings it to
 * the disk in the order that a loss of power asks for: the log before anybody is told, the log before the file, and
 * the file before the log begins anew (https://sqlite.org/wal.html).
 */
export class HistoryFile {
  #db!: Database;
  /** Which file was opened: the one at the path may be another by now. */
  #identity: string | null = null;
  readonly #statements = new Statements();
  readonly #removeLinks: () => void = () => undefined;
  /** The file and its log, when they are written to. */
  #disk: { file: DiskFile; log: DiskFile } | null = null;
  /** Whether the engine waits for the disk at each commit, as it does in a file that was just opened. */
  #waits = true;
  /** Bytes in the log, about, that are not in the file yet. */
  #logged = 0;
  /** Whether something is in the log that is not to stay there. */
  #erases = false;
  readonly #shape: Shape;
  readonly #readOnly: boolean;
  #check: DamageCheck | null = null;
  /** Whether the process that had the file before was stopped in the middle of its work. */
  readonly afterCrash: boolean;
  readonly lastNumber: LastNumber;

  /**
   * @param clock whose time ends a damaged file's new name
   * @throws UserError when a newer version of this tool wrote the file, or the folder can't be written
   */
  constructor(
    readonly path: string,
    private readonly clock: Clock,
    private readonly onLoss: LossListener,
    { readOnly = false, shape = history, checkLater = false }: FileOptions = {},
  ) {
    this.#shape = shape;
    this.#readOnly = readOnly;
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
      this.recovering(
        () => {
          this.#db = this.#taken(openFile(path, shape, this.afterCrash));
          this.#check = new DamageCheck(shape.check(this.#db), (step) =>
            this.recovering(step, () => undefined),
          );
          this.#check.begin(checkLater);
        },
        () => undefined,
      );
    } catch (error) {
      this.#abandon();
      this.lastNumber.close();
      throw error instanceof UserError ? error : unusable(path, error);
    }
  }

  /** Gets hold of the files of a database that was just opened. @returns it */
  #taken(db: Database): Database {
    this.#waits = true;
    this.#identity = identityOf(this.path);
    this.#disk = { file: new DiskFile(this.path), log: new DiskFile(`${this.path}-wal`) };
    return db;
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

  get isOpen(): boolean {
    return this.#db.isOpen;
  }

  /** Bytes that the file has on the disk, with its log. */
  get bytes(): number {
    const [size, walSize] = sizesOf(this.path);
    return size + walSize;
  }

  /** Runs `work` in one transaction: all of it is on disk when this returns, or none of it. @throws when it could not be written */
  transaction(work: () => void): void {
    this.#transact(work, true);
  }

  /**
   * Runs `work` in one transaction, at once; resolves when all of it is on disk. No other commit may be under way, and no
   * {@link empty} or {@link compact}.
   * @param committed called in the instant from which on the file shows it
   * @param size how many writes that are, and their bytes
   * @throws when it could not be written (rejects)
   */
  async commit(
    work: () => void,
    committed: () => void,
    { writes, bytes }: { writes: number; bytes: number },
  ): Promise<void> {
    this.#disk?.file.mustNotHaveFailed(); // the log would be written over although the file has not got it
    this.#transact(work, false);
    this.#logged += commitBytes + writes * writeBytes + bytes;
    committed();
    await this.#disk!.log.sync();
    this.#mustBeThere();
  }

  #transact(work: () => void, waits: boolean): void {
    if (this.#readOnly) throw new Error('the history is only read');
    this.#mustBeThere();
    this.recovering(() => {
      this.#wait(waits);
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

  /** What is written to a file that nobody can find any more is lost with this process. */
  #mustBeThere(): void {
    if (identityOf(this.path) !== this.#identity)
      throw new Error(`${this.path} was removed or replaced while it was open: start the tool anew`);
  }

  /** Whether the engine waits for the disk at each commit and checkpoint. */
  #wait(waits: boolean): void {
    if (waits === this.#waits) return;
    this.#db.exec(`pragma synchronous = ${waits ? 'full' : 'off'}`);
    this.#waits = waits;
  }

  /** Whether {@link empty} is due. */
  get hasFullLog(): boolean {
    return this.#erases || this.#logged >= longLog || this.#logBytes() > longestLog;
  }

  /** Has nothing stay in the log of what there was, once what is being written is on disk. */
  eraseLog(): void {
    this.#erases = true;
  }

  #logBytes(): number {
    return sizesOf(this.path)[1];
  }

  /**
   * Brings the log into the file. The same holds as for {@link commit}, behind which it is called. What can't be brought
   * there is safe in the log, and is so the next time. What is all in the file is overwritten by what comes next, from the
   * beginning of the log, which keeps its length: of a file that grows, the file system writes to its own journal at each
   * sync.
   */
  async empty(): Promise<void> {
    const cut = this.#erases || this.#logBytes() > longestLog;
    this.#logged = 0;
    try {
      this.#wait(false);
      this.recovering(() => this.#db.exec('pragma wal_checkpoint(passive)'));
      await this.#disk!.file.sync();
      if (cut) this.recovering(() => this.#db.exec('pragma wal_checkpoint(truncate)'));
      this.#erases = false;
    } catch (error) {
      if (!(error instanceof sqlite.SQLite3Error) && systemCode(error) === undefined) throw error;
    }
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
    this.#wait(true);
    this.#db.exec('vacuum');
    this.#db.exec('pragma wal_checkpoint(truncate)');
  }

  close(): void {
    if (this.isOpen && !this.#readOnly) this.#wait(true);
    this.#closeDatabase();
    this.lastNumber.close();
    this.#removeLinks();
  }

  #closeDatabase(): void {
    this.#check?.close();
    this.#disk?.file.close();
    this.#disk?.log.close();
    this.#disk = null;
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
      if (!isDamage(error) || this.#readOnly) throw error;
      this.#abandon();
      const movedTo = moveAside(this.path, stampOf(this.clock));
      this.#db = this.#taken(openFile(this.path, this.#shape, false));
      const { saved, of } = this.#shape.salvage(movedTo, this.#db, this.lastNumber.seq);
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

const unusable = (path: string, cause: unknown): UserError =>
  new UserError(
    'history-unusable',
    `The history can't be kept in ${dirname(path)} (${messageOf(cause)}): make it a folder that you can write, or choose another one with --data.`,
    1,
    { cause },
  );
