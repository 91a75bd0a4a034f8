import { join } from 'node:path';
import type { Attempt, Delivery, Outcome } from '../core/delivery.ts';
import { messageOf, usageError } from '../core/errors.ts';
import { type Clock, createIdFactory, systemClock } from '../core/ids.ts';
import type { DeliverySummary } from '../core/record.ts';
import { HistoryFile, type QuarantineListener, type Row } from './database.ts';
import { filterToSql } from './filter-sql.ts';
import { SqliteJobs } from './jobs.ts';
import * as rows from './rows.ts';
import type { Change, NewAttempt, NewDelivery, OwedDelivery, PageQuery, Store } from './store.ts';
import { SqliteWorkNotes } from './work-notes.ts';
import { GroupWriter, StoreWriteError } from './writer.ts';

/** Settings of {@link openStore}. */
export interface StoreOptions {
  /** How many deliveries to keep; older ones are removed in the background. */
  keep?: number;
  /** How many bytes of bodies to keep; the oldest deliveries go first, and the newest stays. */
  keepBytes?: number | undefined;
  clock?: Clock;
  /** Told when a damaged history was moved aside. */
  onQuarantine?: QuarantineListener;
}

// So many deliveries go in one transaction when old ones are removed: a pause of a few ms at most.
const pruneBatch = 50;
/** ms between two batches. */
const prunePauseMs = 25;

/**
 * Opens the history in `dataDir`, or begins one. The caller holds the directory's lock.
 * @throws UserError when the folder can't be used or a newer version wrote it
 */
export function openStore(dataDir: string, options: StoreOptions = {}): Store {
  return new SqliteStore(dataDir, options);
}

class SqliteStore implements Store {
  readonly #file: HistoryFile;
  readonly #writer: GroupWriter;
  readonly #listeners = new Set<(change: Change) => void>();
  readonly #newId: (prefix: string) => string;
  readonly #keep: number;
  readonly #keepBytes: number;
  /** Bytes of all bodies. */
  #bytes = 0;
  readonly jobs: SqliteJobs;
  readonly work: SqliteWorkNotes;
  /** Attempts begun, by delivery, while their writes are on their way. */
  readonly #begun = new Map<number, number>();
  #nextSeq = 1;
  #count = 0;
  #pruning: NodeJS.Timeout | null = null;

  constructor(dataDir: string, options: StoreOptions) {
    const clock = options.clock ?? systemClock;
    this.#newId = createIdFactory(clock);
    this.#keep = options.keep ?? Number.POSITIVE_INFINITY;
    this.#keepBytes = options.keepBytes ?? Number.POSITIVE_INFINITY;
    const stamp = (): string => new Date(clock.now()).toISOString().replace(/\D/g, '').slice(0, 17);
    this.#file = new HistoryFile(join(dataDir, 'history.db'), stamp, (movedTo, reason) => {
      // A file found damaged when it is opened has its counters read below.
      if (this.#file) this.#readCounters();
      options.onQuarantine?.(movedTo, reason);
    });
    this.#writer = new GroupWriter(this.#file, (problem) => this.#publish({ type: 'problem', problem }));
    this.jobs = new SqliteJobs(this.#file, (write, urgent) => this.#writer.enqueue(write, urgent));
    this.work = new SqliteWorkNotes(this.#file, (write) => this.#writer.enqueue(write, false));
    this.#readCounters();
    if (this.#file.afterCrash) this.#closeInterrupted();
    this.#schedulePrune();
  }

  get problem(): string | null {
    return this.#writer.problem;
  }

  async addDelivery(fresh: NewDelivery, owedTo: readonly string[] = []): Promise<Delivery> {
    const delivery: Delivery = { ...fresh, seq: this.#nextSeq++, id: this.#newId('dlv') };
    await this.#write(
      () => {
        this.#file.run(rows.insertDelivery, rows.deliveryValues(delivery, owedTo));
        this.#file.run(rows.insertContent, rows.contentValues(delivery));
      },
      () => {
        this.#count += 1;
        this.#bytes += delivery.body.length;
        return { type: 'delivery', delivery };
      },
      true,
      delivery.body.length,
    );
    this.#schedulePrune();
    return delivery;
  }

  acknowledge: Store['acknowledge'] = ({ seq, id }, acknowledgement) =>
    this.#write(
      () => {
        this.#file.run('update delivery set ack = ?, ack_status = ? where seq = ?', [
          JSON.stringify(acknowledgement),
          acknowledgement.status,
          seq,
        ]);
      },
      () => ({ type: 'acknowledgement', delivery: { seq, id }, acknowledgement }),
    );

  startAttempt(
    { delivery, ...fresh }: NewAttempt,
    urgent = false,
  ): { attempt: Attempt; stored: Promise<void> } {
    const { seq } = delivery;
    const number = (this.#begun.get(seq) ?? this.summary(seq)?.attempts ?? 0) + 1;
    this.#begun.set(seq, number);
    const attempt: Attempt = {
      ...fresh,
      deliveryId: delivery.id,
      deliverySeq: seq,
      number,
      durationMs: null,
      outcome: { kind: 'pending' },
    };
    const stored = this.#write(
      () => {
        this.#file.run(rows.insertAttempt, rows.attemptValues(attempt));
        this.#file.run(
          `update delivery set attempts = ?, last_label = 'pending', last_code = null, last_ms = null,
           last_faulty = ? where seq = ?`,
          [number, Number(attempt.faults.length > 0), seq],
        );
      },
      () => ({ type: 'attempt', attempt }),
      urgent,
    ).finally(() => {
      if (this.#begun.get(seq) === number) this.#begun.delete(seq);
    });
    return { attempt, stored };
  }

  async finishAttempt(begun: Attempt, durationMs: number, outcome: Outcome): Promise<Attempt> {
    const attempt: Attempt = { ...begun, durationMs, outcome };
    const [, label] = rows.endValues(attempt);
    const code = outcome.kind === 'response' ? outcome.status : null;
    await this.#write(
      () => {
        this.#file.run(rows.endAttempt, rows.endValues(attempt));
        if (attempt.reason === 'forward')
          this.#file.run(rows.payOwed, [attempt.endpoint, attempt.deliverySeq]);
        this.#file.run(
          'update delivery set last_label = ?, last_code = ?, last_ms = ? where seq = ? and attempts = ?',
          [label!, code, durationMs, attempt.deliverySeq, attempt.number],
        );
      },
      () => ({ type: 'attempt', attempt }),
    );
    return attempt;
  }

  owed(): OwedDelivery[] {
    const found = this.#file.all('select seq, id, owed from delivery where owed is not null order by seq');
    return found.map(rows.toOwed);
  }

  async settle(seq: number): Promise<void> {
    await this.#writer.enqueue(
      () => void this.#file.run('update delivery set owed = null where seq = ?', [seq]),
    );
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
    if (reference === 'last') return this.#file.all('select * from delivery order by seq desc limit 1');
    if (/^#?\d{1,9}$/.test(reference))
      return this.#file.all('select * from delivery where seq = ?', [Number(reference.replace('#', ''))]);
    if (!/^dlv_[0-9a-z]*$/.test(reference)) return [];
    return this.#file.all('select * from delivery where id >= ? and id < ? limit 2', [
      reference,
      `${reference}~`,
    ]);
  }

  delivery(seq: number): Delivery | null {
    const row = this.#file.get('select * from delivery join content using (seq) where seq = ?', [seq]);
    return row ? rows.toDelivery(row) : null;
  }

  summary(seq: number): DeliverySummary | null {
    const row = this.#file.get('select * from delivery where seq = ?', [seq]);
    return row ? rows.toSummary(row) : null;
  }

  attempts(seq: number): Attempt[] {
    return this.#file
      .all('select * from attempt where delivery_seq = ? order by number', [seq])
      .map(rows.toAttempt);
  }

  attempt(id: string): Attempt | null {
    const row = this.#file.get('select * from attempt where id = ?', [id]);
    return row ? rows.toAttempt(row) : null;
  }

  page({ filter = { op: 'all' }, before, after, from = 'newest', limit }: PageQuery): DeliverySummary[] {
    const { sql, values, scan } = filterToSql(filter);
    const found = this.#file.all(
      `select * from delivery ${scan ? 'indexed by delivery_scan' : ''} where seq < ? and seq > ? and ${sql}
       order by seq ${from === 'newest' ? 'desc' : 'asc'} limit ?`,
      [before ?? Number.MAX_SAFE_INTEGER, after ?? 0, ...values, limit],
    );
    const page = found.map(rows.toSummary);
    return from === 'newest' ? page : page.reverse();
  }

  count(filter: Parameters<Store['count']>[0] = { op: 'all' }): number {
    if (filter.op === 'all') return this.#count;
    const { sql, values, scan } = filterToSql(filter);
    const from = `delivery ${scan ? 'indexed by delivery_scan' : ''}`;
    return Number(this.#file.get(`select count(*) as n from ${from} where ${sql}`, values)!.n);
  }

  async clear(): Promise<number> {
    let count = 0;
    await this.#write(
      () => {
        this.#file.run("insert or replace into meta (key, value) values ('next_seq', ?)", [
          String(this.#nextSeq),
        ]);
        count = this.#file.run('delete from delivery');
        this.#file.run('delete from content');
        this.#file.run('delete from attempt');
      },
      () => {
        this.#count -= count;
        this.#bytes = this.#bytesInFile();
        return { type: 'removed', count };
      },
    );
    this.#compact();
    return count;
  }

  #compact(): void {
    try {
      this.#file.compact();
    } catch (error) {
      // What was to go is gone; the file only stays as long as it was.
      const problem = `The history was cleared, but its space could not be given back (${messageOf(error)}).`;
      this.#publish({ type: 'problem', problem });
    }
  }

  subscribe(listener: (change: Change) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async close(): Promise<void> {
    if (this.#pruning) clearTimeout(this.#pruning);
    this.#writer.flush();
    this.#file.close();
  }

  /** Queues a write; once it is on disk `changed` gives what is published. */
  async #write(write: () => void, changed: () => Change, urgent = false, bytes = 0): Promise<void> {
    await this.#writer.enqueue(write, urgent, bytes);
    this.#publish(changed());
  }

  #publish(change: Change): void {
    for (const listener of this.#listeners) listener(change);
  }

  #readCounters(): void {
    const row = this.#file.get(
      `select ifnull(max(seq), 0) + 1 as next, count(*) as n,
       (select value from meta where key = 'next_seq') as kept from delivery`,
    )!;
    this.#nextSeq = Math.max(Number(row.next), Number(row.kept ?? 1), this.#nextSeq);
    this.#count = Number(row.n);
    this.#bytes = this.#bytesInFile();
  }

  /** Attempts that were under way when the process was killed will never end: say so. */
  #closeInterrupted(): void {
    this.#file.transaction(() => {
      this.#file.run(
        `update attempt set label = 'interrupted', message = 'reducto-webhook-dev was stopped before the app answered'
         where label = 'pending'`,
      );
      this.#file.run("update delivery set last_label = 'interrupted' where last_label = 'pending'");
    });
  }

  #schedulePrune(): void {
    // The newest one stays, however long it is.
    const tooLong = this.#bytes > this.#keepBytes && this.#count > 1;
    if (this.#pruning !== null || (this.#count <= this.#keep && !tooLong)) return;
    this.#pruning = setTimeout(() => {
      this.#prune().catch((error) => {
        // The writer has published the problem; the next delivery schedules another try.
        if (!(error instanceof StoreWriteError)) throw error;
      });
    }, prunePauseMs).unref();
  }

  /** The newest of the deliveries that are over one of the limits, as far as one batch goes (null for none), and what is left then. */
  #lastToGo(): { last: number | null; bytes: number } {
    let [deliveries, bytes, last] = [this.#count, this.#bytes, null as number | null];
    for (const row of this.#file.all('select seq, size from delivery order by seq limit ?', [pruneBatch])) {
      if (deliveries <= this.#keep && (bytes <= this.#keepBytes || deliveries <= 1)) break;
      deliveries -= 1;
      bytes -= Number(row.size);
      last = Number(row.seq);
    }
    return { last, bytes };
  }

  #bytesInFile(): number {
    return Number(this.#file.get('select total(size) as bytes from delivery')!.bytes);
  }

  async #prune(): Promise<void> {
    // Which ones go is decided here, where count and file agree, and not when it is written, behind a clear perhaps.
    const { last, bytes } = this.#lastToGo();
    const freed = this.#bytes - bytes;
    let count = 0;
    try {
      if (last === null) return;
      await this.#write(
        () => {
          count = this.#file.run('delete from delivery where seq <= ?', [last]);
          this.#file.run('delete from content where seq <= ?', [last]);
          this.#file.run('delete from attempt where delivery_seq <= ?', [last]);
        },
        () => {
          this.#count -= count;
          if (count > 0) this.#bytes -= freed;
          return { type: 'removed', count };
        },
      );
    } finally {
      this.#pruning = null;
    }
    this.#schedulePrune();
  }
}
