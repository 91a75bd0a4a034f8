import sqlite, { type Database, type SQLiteValue, type Statement } from 'node-sqlite3-wasm';

/** A row of a table, by the names of its columns. */
export type Row = Record<string, SQLiteValue>;

/** Prepared statements, by their text. */
export class Statements {
  readonly #known = new Map<string, Statement>();

  /** Runs `work` with a statement, which is prepared once. */
  use<T>(db: Database, sql: string, work: (statement: Statement) => T): T {
    const statement = this.#known.get(sql) ?? db.prepare(sql);
    this.#known.set(sql, statement);
    try {
      return work(statement);
    } catch (error) {
      // The engine tells a statement's failure a second time when it is reset or finalized: it is not used again.
      this.#known.delete(sql);
      discard(statement);
      throw error;
    }
  }

  /** Lets go of all: their database can be closed then. */
  finalize(): void {
    for (const statement of this.#known.values()) discard(statement);
    this.#known.clear();
  }
}

function discard(statement: Statement): void {
  try {
    statement.finalize();
  } catch (error) {
    if (!(error instanceof sqlite.SQLite3Error)) throw error; // it is the failure that is known already
  }
}
