import { crc32 } from 'node:zlib';
import sqlite, { type Database, type JSValue } from 'node-sqlite3-wasm';
import { UserError } from '../core/errors.ts';
import { openLinked } from './read-only.ts';
import { type Row, Statements } from './statements.ts';

/** What could be carried over from a damaged history. */
export interface Salvaged {
  /** Deliveries, with their bodies as they arrived. */
  saved: number;
  /** Deliveries that it held; null when that can't be told. */
  of: number | null;
}

/** ms that it takes at most: whoever wants something of the history waits. */
const budgetMs = 10_000;
/** Rows that can't be read one after another, after which no more are looked for. */
const mostFailures = 50_000;
/** Bytes in one transaction, about. */
const batchBytes = 4 * 1024 * 1024;

/**
 * Copies what reads well in a damaged history into a fresh one, row by row and the newest first, as much as there is
 * time and room for. The damaged file stays as it is.
 * @param last the number of the last delivery, as far as that is known
 * @param copy takes from the damaged file what belongs in the fresh one
 */
export function salvage(damaged: string, fresh: Database, last: number, copy = copyHistory): Salvaged {
  let salvaging: Salvaging | null = null;
  try {
    salvaging = new Salvaging(damaged, fresh);
    fresh.exec('begin');
    copy(salvaging, last);
    salvaging.commit();
  } catch (error) {
    if (!isRefusal(error)) throw error;
  } finally {
    salvaging?.close();
  }
  return salvaging ?? { saved: 0, of: null };
}

/** What SQLite does not read or write, for damage or a full disk, or can't even open. */
const isRefusal = (error: unknown): boolean =>
  error instanceof sqlite.SQLite3Error || error instanceof UserError;

const isWhole = ({ body, crc }: Row): boolean =>
  body instanceof Uint8Array && (typeof crc !== 'number' || crc32(body) === crc);

/** The tables of a history. */
function copyHistory(from: Salvaging, last: number): void {
  from.of = from.count(['not indexed', 'indexed by delivery_id', 'indexed by delivery_scan']);
  from.each('delivery', 'seq', last, (delivery) => {
    const [content] = from.rows('select * from content where seq = ?', [delivery.seq!]) ?? [];
    const kept = from.put('delivery', delivery);
    if (content && from.put('content', content) && kept && isWhole(content)) from.uncommitted += 1;
    const attempts = from.rows('select * from attempt where delivery_seq = ?', [delivery.seq!]);
    for (const attempt of attempts ?? []) from.put('attempt', attempt);
  });
  for (const [table, key] of [
    ['job', 'seq'],
    ['check_run', 'id'],
    ['relay_gone', 'id'],
  ] as const) {
    const [given] = from.rows('select seq from sqlite_sequence where name = ?', [table]) ?? [];
    from.each(table, key, Number(given?.seq ?? 0), (row) => from.put(table, row));
  }
  for (const table of ['emulator_item', 'work'])
    for (const row of from.rows(`select * from ${table}`) ?? []) from.put(table, row);
}

/** A damaged file, and the fresh one that takes what reads well of it. */
export class Salvaging implements Salvaged {
  saved = 0;
  of: number | null = null;
  /** Those that are in the transaction that is under way. */
  uncommitted = 0;
  #bytes = 0;
  readonly #until = performance.now() + budgetMs;
  readonly #source: ReturnType<typeof openLinked>;
  readonly #reading = new Statements();
  readonly #writing = new Statements();
  readonly #columns = new Map<string, readonly string[]>();

  constructor(
    damaged: string,
    private readonly fresh: Database,
  ) {
    this.#source = openLinked(damaged);
    // Else a file that is shorter than it says is not looked at.
    this.#source.db.exec('pragma writable_schema = on');
  }

  close(): void {
    this.#writing.finalize();
    if (this.fresh.inTransaction) this.fresh.exec('rollback');
    this.#reading.finalize();
    this.#source.db.close();
    this.#source.removeLinks();
  }

  /** Counts deliveries by all ways that lead to them: a damaged one leads to fewer. */
  count(ways: readonly string[]): number | null {
    const counts = ways.flatMap((way) => this.rows(`select count(*) as n from delivery ${way}`) ?? []);
    return counts.length === 0 ? null : Math.max(...counts.map(({ n }) => Number(n)));
  }

  /** Goes down a table by its key, and over what can't be read. */
  each(table: string, key: string, last: number, use: (row: Row) => void): void {
    const sql = `select * from ${table} where ${key} < ? order by ${key} desc limit 1`;
    let failures = 0;
    let below = Number.MAX_SAFE_INTEGER;
    while (below > 0 && failures < mostFailures && performance.now() < this.#until) {
      const rows = this.rows(sql, [below]);
      if (rows?.length === 0) return;
      const [row] = rows ?? [];
      if (row && Number(row[key]) < below) {
        failures = 0;
        below = Number(row[key]);
        use(row);
        if (this.#bytes > batchBytes) this.commit();
      } else {
        failures += 1;
        below = Math.min(below - 1, last + 1);
      }
    }
  }

  /** The rows of a query; null when they can't be read. */
  rows(sql: string, values: JSValue[] = []): Row[] | null {
    try {
      return this.#reading.use(this.#source.db, sql, (statement) => statement.all(values) as Row[]);
    } catch (error) {
      if (isRefusal(error)) return null;
      throw error;
    }
  }

  /** Writes a row as it is, in those of its columns that there are. @returns whether the table takes it */
  put(table: string, row: Row): boolean {
    const columns = this.#columnsOf(table).filter((name) => row[name] !== undefined);
    const values = columns.map((name) => row[name]!);
    for (const value of values)
      if (typeof value === 'string' || value instanceof Uint8Array) this.#bytes += value.length;
    const sql = `insert or ignore into ${table} (${columns}) values (${columns.map(() => '?')})`;
    return this.#writing.use(this.fresh, sql, (statement) => statement.run(values).changes) > 0;
  }

  #columnsOf(table: string): readonly string[] {
    const known = this.#columns.get(table);
    if (known) return known;
    const names = this.fresh.all('select name from pragma_table_info(?)', [table]) as { name: string }[];
    const columns = names.map(({ name }) => name);
    this.#columns.set(table, columns);
    return columns;
  }

  commit(): void {
    this.fresh.exec('commit; begin');
    this.saved += this.uncommitted;
    this.uncommitted = this.#bytes = 0;
  }
}
