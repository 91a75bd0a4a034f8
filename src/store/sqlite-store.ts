import { join } from 'node:path';
import type { JSValue } from 'node-sqlite3-wasm';
import type { Loss } from '../core/damage.ts';
import { type Attempt, type Delivery, type Outcome, outcomeLabel } from '../core/delivery.ts';
import { messageOf } from '../core/errors.ts';
import type { Filter } from '../core/filter.ts';
import { type Clock, createIdFactory, systemClock } from '../core/ids.ts';
import { SqliteCheckRuns } from './check-runs.ts';
import { HistoryFile, type LossListener } from './database.ts';
import { DeliveryRows } from './delivery-rows.ts';
import { HistoryReader } from './history-reader.ts';
import { SqliteJobs } from './jobs.ts';
import { Retention, type Surplus } from './retention.ts';
import * as rows from './rows.ts';
import { SlicedSearch } from './search.ts';
import { everything, Slices } from './slices.ts';
import type { Change, NewAttempt, NewDelivery, Store } from './store.ts';
import { SqliteWorkNotes } from './work-notes.ts';
import { GroupWriter, StoreWriteError, type WriteOptions, writeError } from './writer.ts';

/** Settings of {@link openStore}. */
export interface StoreOptions {
  /** How many deliveries to keep; older ones are removed in the background. */
  keep?: number | undefined;
  /** How many bytes of bodies to keep; the oldest deliveries go first, and the newest stays. */
  keepBytes?: number | undefined;
  /** Whether what is over these limits stays: it is for a `listen` to remove it. */
  keepAll?: boolean;
  clock?: Clock;
  /** For a disk that takes nothing: all can be read, and nothing is written. */
  readOnly?: boolean;
  /** Whether a long history is in use while it is looked for damage: what is found then is told then. */
  checkLater?: boolean;
  /** Told of what was lost for damage. */
  onLoss?: LossListener | undefined;
}

/** No history comes so far: a number from here on is damaged. */
const farSeq = 1_000_000_000;

/**
 * Opens the history in `dataDir`, or begins one. The caller holds the directory's lock.
 * @throws UserError when the folder can't be used or a newer version wrote it
 */
export function openStore(dataDir: string, options: StoreOptions = {}): Store {
  const { clock = systemClock, onLoss, readOnly, checkLater } = options;
  let store: SqliteStore | null = null;
  let told = false;
  const lost: LossListener = (loss) => {
    store?.recount(); // a file found damaged when it is opened is counted after that
    told = true;
    onLoss?.(loss);
  };
  const file = new HistoryFile(join(dataDir, 'history.db'), clock, lost, { readOnly, checkLater });
  store = new SqliteStore(file, options);
  const gone = store.goneSince(file.lastNumber.seq);
  if (gone && !told) onLoss?.(gone);
  return store;
}

/** For what nobody waits for. */
const unhurried: WriteOptions = { urgent: false };

/** How many deliveries went, and how many bytes of bodies. */
interface Removed {
  count: number;
  bytes: number;
}

class SqliteStore extends HistoryReader implements Store {
  readonly #writer: GroupWriter;
  readonly #listeners = new Set<(change: Change) => void>();
  readonly #newId: (prefix: string) => string;
  readonly #retention: Retention;
  readonly jobs: SqliteJobs;
  readonly work: SqliteWorkNotes;
  readonly checkRuns: SqliteCheckRuns;
  readonly search: SlicedSearch;
  readonly #slices: Slices;
  readonly #rows: DeliveryRows;
  /** The last attempts begun, by delivery, until they have ended. */
  readonly #begun = new Map<number, number>();
  #nextSeq = 1;

  constructor(file: HistoryFile, { clock = systemClock, keep, keepBytes, keepAll, readOnly }: StoreOptions) {
    super(file);
    this.#newId = createIdFactory(clock);
    this.#slices = new Slices(file);
    this.search = new SlicedSearch(this, this.#slices, () => this.count());
    this.#rows = new DeliveryRows(file);
    this.#writer = new GroupWriter(
      file,
      (problem) => this.#publish({ type: 'problem', problem }),
      (work) => {
        this.#rows.begin();
        work();
        this.#rows.write();
      },
    );
    this.#retention = new Retention(
      file,
      this.#slices,
      { keep: keep ?? Number.POSITIVE_INFINITY, keepBytes: keepBytes ?? Number.POSITIVE_INFINITY },
      keepAll || readOnly ? null : (seqs) => this.#remove(() => this.#delete(seqs)),
    );
    this.jobs = new SqliteJobs(file, (write, urgent) => this.#writer.enqueue(write, { urgent }));
    this.work = new SqliteWorkNotes(file, (write) => this.#writer.enqueue(write, { urgent: false }));
    this.checkRuns = new SqliteCheckRuns(file, (write, bytes) => this.#writer.enqueue(write, { bytes }));
    this.recount();
    if (file.afterCrash) this.#closeInterrupted();
    this.#retention.schedule();
  }

  get problem(): string | null {
    return this.#writer.problem;
  }

  get isOpen(): boolean {
    return this.file.isOpen;
  }

  startDelivery: Store['startDelivery'] = (fresh, owedTo = []) => {
    const delivery: Delivery = { ...fresh, seq: this.#nextSeq++, id: this.#newId('dlv') };
    const { seq } = delivery;
    this.#begun.set(seq, 0);
    const stored = this.#write(
      () => this.#rows.add(delivery, owedTo),
      () => {
        this.file.lastNumber.note(seq);
        this.#retention.schedule();
        return { type: 'delivery', delivery };
      },
      {
        urgent: true,
        bytes: delivery.body.length,
        committed: () => this.#retention.add(delivery.body.length),
      },
    );
    stored.then(
      () => this.#forget(seq, 0),
      () => this.#begun.delete(seq), // what is not there is not sent
    );
    return { delivery, stored };
  };

  async addDelivery(fresh: NewDelivery, owedTo?: readonly string[]): Promise<Delivery> {
    const { delivery, stored } = this.startDelivery(fresh, owedTo);
    await stored;
    return delivery;
  }

  acknowledge: Store['acknowledge'] = ({ seq, id }, acknowledgement) =>
    this.#write(
      () => this.#rows.acknowledged(seq, acknowledgement),
      () => ({ type: 'acknowledgement', delivery: { seq, id }, acknowledgement }),
    );

  startAttempt(fresh: NewAttempt, urgent = false): { attempt: Attempt; stored: Promise<void> } {
    const { delivery, step } = fresh;
    const { seq } = delivery;
    const number = (this.#begun.get(seq) ?? this.#lastAttempt(seq)) + 1;
    this.#begun.set(seq, number);
    // Written out, without a spread: V8 makes such an object the slow way.
    const attempt: Attempt = {
      id: fresh.id,
      deliveryId: delivery.id,
      deliverySeq: seq,
      number,
      endpoint: fresh.endpoint,
      reason: fresh.reason,
      request: fresh.request,
      requestBody: fresh.requestBody,
      faults: fresh.faults,
      notes: fresh.notes,
      startedAt: fresh.startedAt,
      durationMs: null,
      outcome: { kind: 'pending' },
    };
    const stored = this.#write(
      () => {
        const values = rows.attemptValues(attempt, step);
        if (this.#rows.adds(seq)) this.file.run(rows.insertAttempt, values);
        else this.file.run(rows.insertAttempt + rows.whereDelivery, [...values, seq]);
        // What a command did is no outcome of the delivery.
        if (attempt.reason !== 'exec') this.#rows.begun(seq, attempt.faults.length > 0);
      },
      () => ({ type: 'attempt', attempt }),
      { urgent },
    );
    stored.catch(() => this.#forget(seq, number));
    return { attempt, stored };
  }

  #lastAttempt(seq: number): number {
    const row = this.file.get('select max(number) as last from attempt where delivery_seq = ?', [seq])!;
    return Number(row.last);
  }

  #forget(seq: number, begun: number): void {
    if (this.#begun.get(seq) === begun) this.#begun.delete(seq);
  }

  async finishAttempt(
    begun: Attempt,
    durationMs: number | null,
    outcome: Outcome,
    stillOwed = false,
  ): Promise<Attempt> {
    const attempt: Attempt = { ...begun, durationMs, outcome };
    const { deliverySeq: seq, number, endpoint, reason } = attempt;
    const code = outcome.kind === 'response' ? outcome.status : null;
    await this.#write(
      () => {
        this.file.run(rows.endAttempt, rows.endValues(attempt));
        if (reason === 'forward' && !stillOwed) this.#rows.paid(seq, endpoint);
        if (reason !== 'exec' && !this.#hasLater(seq, number))
          this.#rows.ended(seq, { label: outcomeLabel(outcome), code, ms: durationMs });
      },
      () => ({ type: 'attempt', attempt }),
    ).finally(() => this.#forget(seq, number));
    return attempt;
  }

  /** Whether the history has an attempt at a delivery that came after this one. */
  #hasLater(seq: number, number: number): boolean {
    if (this.#begun.get(seq) === number) return false;
    const sql = `select 1 from attempt where delivery_seq = ? and number > ? and reason <> 'exec' limit 1`;
    return this.file.get(sql, [seq, number]) !== undefined;
  }

  async settle(seq: number): Promise<void> {
    await this.#writer.enqueue(() => {
      this.#rows.write();
      this.file.run('update delivery set owed = null where seq = ?', [seq]);
    });
  }

  count(filter: Filter = { op: 'all' }): number {
    return filter.op === 'all' ? this.#retention.count : this.countIn(everything, filter);
  }

  async clear(): Promise<number> {
    const count = await this.#remove(() => {
      const bytes = this.#bytesOf('seq >= ?');
      const count = this.file.run('delete from delivery');
      this.file.run('delete from content');
      this.file.run('delete from attempt');
      this.file.run('delete from check_run');
      return { count, bytes };
    });
    await this.#compact();
    return count;
  }

  trim(): Promise<void> {
    return this.#retention.trim();
  }

  surplus(): Surplus {
    return this.#retention.surplus();
  }

  remove(seqs: readonly number[]): Promise<number> {
    return this.#remove(() => {
      this.file.eraseLog();
      return this.#delete(seqs);
    });
  }

  #delete(seqs: readonly number[]): Removed {
    const list = [JSON.stringify(seqs)];
    const these = 'in (select value from json_each(?))';
    const bytes = this.#bytesOf(`seq >= ? and seq ${these}`, list);
    const count = this.file.run(`delete from delivery where seq ${these}`, list);
    this.file.run(`delete from content where seq ${these}`, list);
    this.file.run(`delete from attempt where delivery_seq ${these}`, list);
    return { count, bytes };
  }

  /** The bytes of bodies, of those that are summed up. */
  #bytesOf(these: string, values: readonly JSValue[] = []): number {
    const sql = `select total(length(body)) as bytes from content where ${these}`;
    return Number(this.file.get(sql, [this.#retention.summedFrom, ...values])!.bytes);
  }

  /**
   * Counted is what goes within the transaction: behind it, in the same one, others may have come.
   * @param work removes deliveries
   */
  async #remove(work: () => Removed): Promise<number> {
    let removed = { count: 0, bytes: 0 };
    await this.#write(
      () => {
        this.#keepNumber();
        this.#rows.write();
        removed = work();
      },
      () => ({ type: 'removed', count: removed.count }),
      { urgent: false, committed: () => this.#retention.take(removed.count, removed.bytes) },
    );
    return removed.count;
  }

  /** A number is not given a second time, whatever is removed. */
  #keepNumber(): void {
    const sql = "insert or replace into meta (key, value) values ('next_seq', ?)";
    this.file.run(sql, [String(this.#nextSeq)]);
  }

  async #compact(): Promise<void> {
    try {
      await this.#writer.alone(() => this.file.compact());
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
    this.#slices.close();
    this.#retention.close();
    await this.#writer.drain();
    this.file.close();
  }

  /** Queues a write; once it is on disk `changed` gives what is published. */
  async #write(write: () => void, changed: () => Change, options: WriteOptions = unhurried): Promise<void> {
    await this.#writer.enqueue(write, options);
    this.#publish(changed());
  }

  #publish(change: Change): void {
    for (const listener of this.#listeners) listener(change);
  }

  /** Counts anew what the file holds, which may be another one now. */
  recount(): void {
    const row = this.file.get(
      `select (select max(seq) from delivery where seq < ${farSeq}) as last,
       (select value from meta where key = 'next_seq') as kept`,
    )!;
    const kept = /^\d{1,9}$/.test(String(row.kept)) ? Number(row.kept) : 1;
    this.#nextSeq = Math.max(Number(row.last ?? 0) + 1, kept, this.#nextSeq);
    const before = this.#retention.count;
    this.#retention.recount();
    const count = before - this.#retention.count;
    if (count > 0) this.#publish({ type: 'removed', count });
  }

  /** What the history lacks although the last run had it on the disk. It is told once: numbers go on after it. */
  goneSince(last: number): Loss | null {
    const first = this.#nextSeq;
    if (last < first) return null;
    this.#nextSeq = last + 1;
    this.#writer
      .enqueue(() => this.#keepNumber(), { urgent: false })
      .catch((error: unknown) => {
        if (!(error instanceof StoreWriteError)) throw error; // it is told once more, then
      });
    return { kind: 'gone', first, last };
  }

  /** Attempts that were under way when the process was killed will never end: say so. */
  #closeInterrupted(): void {
    try {
      this.file.transaction(() => this.#markInterrupted());
    } catch (error) {
      this.file.close();
      throw writeError(error, this.file.path);
    }
  }

  #markInterrupted(): void {
    this.file.run(
      `update attempt set label = 'interrupted', message = 'reducto-webhook-dev was stopped before the app answered'
         where label = 'pending'`,
    );
    this.file.run("update delivery set last_label = 'interrupted' where last_label = 'pending'");
  }
}
