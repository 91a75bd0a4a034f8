import type { Attempt, Delivery } from '../core/delivery.ts';
import { usageError } from '../core/errors.ts';
import type { Filter } from '../core/filter.ts';
import type { DeliverySummary } from '../core/record.ts';
import type { HistoryFile, Row } from './database.ts';
import { filterToSql } from './filter-sql.ts';
import * as rows from './rows.ts';
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
    const { sql, values, scan } = filterToSql(filter);
    const found = this.file.all(
      `select ${rows.summaryColumns} from delivery ${scan ? 'indexed by delivery_scan' : ''} where seq < ? and seq > ? and ${sql}
       order by seq ${from === 'newest' ? 'desc' : 'asc'} limit ? offset ?`,
      [before ?? Number.MAX_SAFE_INTEGER, after ?? 0, ...values, limit, offset],
    );
    const page = found.map(rows.toSummary);
    return from === 'newest' ? page : page.reverse();
  }

  histogram({ filter = { op: 'all' }, from, bucketMs, buckets }: HistogramQuery): OutcomeCounts[] {
    const { sql, values } = filterToSql(filter);
    const found = this.file.all(
      `select cast((received_at - ?) / ? as integer) as bucket,
         case when last_label is null then 'none' when last_label = 'pending' then 'pending'
           when last_code between 200 and 299 then 'ok' else 'error' end as outcome, count(*) as n
       from delivery where received_at >= ? and received_at < ? and ${sql} group by bucket, outcome`,
      [from, bucketMs, from, from + bucketMs * buckets, ...values],
    );
    const counts = Array.from({ length: buckets }, () => ({ ok: 0, error: 0, pending: 0, none: 0 }));
    for (const { bucket, outcome, n } of found)
      counts[Number(bucket)]![outcome as keyof OutcomeCounts] = Number(n);
    return counts;
  }

  /** How many match a filter. */
  protected countOf(filter: Filter): number {
    const { sql, values, scan } = filterToSql(filter);
    const from = `delivery ${scan ? 'indexed by delivery_scan' : ''}`;
    return Number(this.file.get(`select count(*) as n from ${from} where ${sql}`, values)!.n);
  }
}
