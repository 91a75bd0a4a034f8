import type { JSValue } from 'node-sqlite3-wasm';
import type { Acknowledgement, Delivery } from '../core/delivery.ts';
import type { HistoryFile } from './database.ts';
import * as rows from './rows.ts';

/** What a transaction does to one row of `delivery`. */
interface Changes {
  /** The row, where it is new. */
  fresh: { delivery: Delivery; owedTo: readonly string[] } | null;
  /** Attempts that have begun. */
  attempts: number;
  /** Whether there is a fault in the last one that has begun. */
  faulty: boolean | null;
  last: rows.LastAttempt | null;
  acknowledgement: Acknowledgement | null;
  /** Endpoints that are owed nothing any more. */
  paid: string[];
}

const none: Readonly<Changes> = {
  ...{ fresh: null, attempts: 0, faulty: null, last: null, acknowledgement: null, paid: [] },
};

/**
 * Writes deliveries at the end of a transaction, each row of `delivery` once: it is stored, its attempt begins and ends,
 * and its sender is answered, and each statement would cost about as much as the row itself.
 */
export class DeliveryRows {
  readonly #changed = new Map<number, Changes>();

  constructor(private readonly file: HistoryFile) {}

  /** A transaction begins, perhaps anew after one that was rolled back. */
  begin(): void {
    this.#changed.clear();
  }

  /** @param owedTo names of the endpoints that it is going to be forwarded to; without any, no attempt is to be expected */
  add(delivery: Delivery, owedTo: readonly string[]): void {
    if (owedTo.length === 0) this.#insert(none, delivery, owedTo);
    else this.#of(delivery.seq).fresh = { delivery, owedTo };
  }

  /** Whether it is still to be added in this transaction. */
  adds(seq: number): boolean {
    return this.#changed.get(seq)?.fresh != null;
  }

  /** Its last attempt is one that has just begun. */
  begun(seq: number, faulty: boolean): void {
    const changes = this.#of(seq);
    changes.attempts += 1;
    changes.faulty = faulty;
    changes.last = { label: 'pending', code: null, ms: null };
  }

  /** Its last attempt has ended. */
  ended(seq: number, last: rows.LastAttempt): void {
    this.#of(seq).last = last;
  }

  /** It does not owe this endpoint any more. */
  paid(seq: number, endpoint: string): void {
    this.#of(seq).paid.push(endpoint);
  }

  acknowledged(seq: number, acknowledgement: Acknowledgement): void {
    this.#of(seq).acknowledgement = acknowledgement;
  }

  /** Writes what is to be written by now: at the end of a transaction, or because a statement is about to look at it. */
  write(): void {
    for (const [seq, changes] of this.#changed)
      if (changes.fresh) this.#insert(changes, changes.fresh.delivery, changes.fresh.owedTo);
      else this.#update(seq, changes);
    this.#changed.clear();
  }

  #of(seq: number): Changes {
    const known = this.#changed.get(seq);
    if (known) return known;
    const changes: Changes = { ...none, paid: [] };
    this.#changed.set(seq, changes);
    return changes;
  }

  #insert(changes: Readonly<Changes>, delivery: Delivery, owedTo: readonly string[]): void {
    const { acknowledgement, attempts, last, faulty, paid } = changes;
    const values = rows.deliveryValues(
      acknowledgement === null ? delivery : { ...delivery, acknowledgement },
      paid.length === 0 ? owedTo : owedTo.filter((name) => !paid.includes(name)),
    );
    if (last === null) this.file.run(rows.insertDelivery, values);
    else {
      values.push(attempts, last.label, last.code, last.ms, Number(faulty));
      this.file.run(rows.insertBegunDelivery, values);
    }
    // Beside it in the file as well: of a file that was cut, more is whole.
    this.file.run(rows.insertContent, rows.contentValues(delivery));
  }

  #update(seq: number, { attempts, faulty, last, acknowledgement, paid }: Changes): void {
    const sets: string[] = [];
    const values: JSValue[] = [];
    const set = (sql: string, ...given: JSValue[]): void => {
      sets.push(sql);
      values.push(...given);
    };
    if (attempts > 0) set('attempts = attempts + ?, last_faulty = ?', attempts, Number(faulty));
    if (last) set('last_label = ?, last_code = ?, last_ms = ?', last.label, last.code, last.ms);
    if (acknowledgement)
      set('ack = ?, ack_status = ?', JSON.stringify(acknowledgement), acknowledgement.status);
    const [first, ...others] = paid;
    if (first !== undefined) set(rows.payOwed, ...rows.payOwedValues(first));
    if (sets.length > 0) this.file.run(`update delivery set ${sets} where seq = ?`, [...values, seq]);
    for (const endpoint of others)
      this.file.run(`update delivery set ${rows.payOwed} where seq = ?`, [
        ...rows.payOwedValues(endpoint),
        seq,
      ]);
  }
}
