import type { JSValue } from 'node-sqlite3-wasm';
import type { Attempt, Delivery } from '../core/delivery.ts';
import { usageError } from '../core/errors.ts';
import type { Filter } from '../core/filter.ts';
import type { DeliverySummary } from '../core/record.ts';
import type { HistoryFile, Row } from './database.ts';
import { filterToSql } from './filter-sql.ts';
import * as rows from './rows.ts';
import type { Range } from './slices.ts';
import type { HistogramQuery, OutcomeCounts, OwedDelivery, PageQuery } from './store.ts';

/** The part of {@link Store} that reads deliveries and attempts. */
export class HistoryReader {
  /** @param file read whenever one of the methods is called, and not before */
  constructor(protected readonly file: HistoryFile) {}

  owed(): OwedDelivery[] {
    const found = this.file.all('select seq, id, owed from delivery where owed is not null order by seq');
    return found.map(rows.toOwed);
  }

  resolve(reference: string): DeliverySummary {
    const found = this.#lookUp(reference.trim());
    if (found.length === 1) return rows.toSummary(found[0]!);
    if (found.length > 1)
      throw usageError('ambiguous', `"${reference}" begins several ids: give more of it.`);
    throw usageError(
      'no-delivery',
      reference === 'last'
        ? 'There is no delivery yet.'
        : `There is no delivery "${reference}": see reducto-webhook-dev list.`,
    );
  }

  #lookUp(reference: string): Row[] {
    if (reference === 'last')
      return this.file.all(`select ${rows.summaryColumns} from delivery order by seq desc limit 1`);
    if (/^#?\d{1,9}$/.test(reference))
      return this.file.all(`select ${rows.summaryColumns} from delivery where seq = ?`, [
        Number(reference.replace('#', '')),
      ]);
    if (!/^dlv_[0-9a-z]*$/.test(reference)) return [];
    return this.file.all(`select ${rows.summaryColumns} from delivery where id >= ? and id < ? limit 2`, [
      reference,
      `${reference}~`,
    ]);
  }

  delivery(seq: number): Delivery | null {
    const row = this.file.get('select * from delivery left join content using (seq) where seq = ?', [seq]);
    return row ? rows.toDelivery(row) : null;
  }

  hadRelayed(relayId: string): boolean {
    const sql = `select 1 from content where relay_id = ? union all select 1 from relay_gone where relay_id = ?`;
    return this.file.get(sql, [relayId, relayId]) !== undefined;
  }

  summary(seq: number): DeliverySummary | null {
    const row = this.file.get(`select ${rows.summaryColumns} from delivery where seq = ?`, [seq]);
    return row ? rows.toSummary(row) : null;
  }

  attempts(seq: number): Attempt[] {
    return this.file
      .all('select * from attempt where delivery_seq = ? order by number', [seq])
      .map(rows.toAttempt);
  }

  attempt(id: string): Attempt | null {
    const row = this.file.get('select * from attempt where id = ?', [id]);
    return row ? rows.toAttempt(row) : null;
  }

  page({
    filter = { op: 'all' },
    before,
    after,
    from = 'newest',
    offset = 0,
    limit,
  }: PageQuery): DeliverySummary[] {
    const { where, values, table } = matching(filter);
    const found = this.file.all(
      `select ${rows.summaryColumns} from ${table} where seq < ? and seq > ? and ${where}
       order by seq ${from === 'newest' ? 'desc' : 'asc'} limit ? offset ?`,
      [before ?? Number.MAX_SAFE_INTEGER, after ?? 0, ...values, limit, offset],
    );
    const page = found.map(rows.toSummary);
    return from === 'newest' ? page : page.reverse();
  }

  /** How many of these match a filter. */
  countIn({ first, last }: Range, filter: Filter = { op: 'all' }): number {
    const { where, values, table } = matching(filter);
    const sql = `select count(*) as n from ${table} where seq >= ? and seq <= ? and ${where}`;
    return Number(this.file.get(sql, [first, last, ...values])!.n);
  }

  /** When these came. */
  timesIn({ first, last }: Range): Times {
    const sql = `select min(received_at) as earliest, max(received_at) as latest from delivery
      where seq >= ? and seq <= ?`;
    const { earliest, latest } = this.file.get(sql, [first, last])!;
    if (typeof earliest === 'number' && typeof latest === 'number') return { earliest, latest };
    return { earliest: Number.NEGATIVE_INFINITY, latest: Number.POSITIVE_INFINITY }; // a time is damaged
  }

  /** Counts these into the buckets where they belong. */
  addOutcomes(
    counts: OutcomeCounts[],
    { filter = { op: 'all' }, from, bucketMs, buckets }: HistogramQuery,
    { first, last }: Range,
  ): void {
    const { where, values, table } = matching(filter);
    const found = this.file.all(
      `select cast((received_at - ?) / ? as integer) as bucket,
         case when last_label is null then 'none' when last_label = 'pending' then 'pending'
           when last_code between 200 and 299 then 'ok' else 'error' end as outcome, count(*) as n
       from ${table} where seq >= ? and seq <= ? and received_at >= ? and received_at < ? and ${where}
       group by bucket, outcome`,
      [from, bucketMs, first, last, from, from + bucketMs * buckets, ...values],
    );
    for (const { bucket, outcome, n } of found)
      counts[Number(bucket)]![outcome as keyof OutcomeCounts] += Number(n);
  }
}

/** The first and the last time at which some deliveries came. */
export interface Times {
  earliest: number;
  latest: number;
}

/** Buckets with nothing in them. */
export const emptyHistogram = (buckets: number): OutcomeCounts[] =>
  Array.from({ length: buckets }, () => ({ ok: 0, error: 0, pending: 0, none: 0 }));

/** What to read, and on what conditions, for what matches a filter. */
function matching(filter: Filter): { table: string; where: string; values: JSValue[] } {
  const { sql, values, scan } = filterToSql(filter);
  return { table: scan ? 'delivery indexed by delivery_scan' : 'delivery', where: sql, values };
}
