import type {
  Acknowledgement,
  Attempt,
  AttemptReason,
  Delivery,
  HeaderPair,
  Outcome,
} from '../core/delivery.ts';
import type { Filter } from '../core/filter.ts';
import type { DeliverySummary } from '../core/record.ts';
import type { JobStore } from './jobs.ts';
import type { WorkNotes } from './work-notes.ts';

/** A delivery before the store has numbered it. */
export type NewDelivery = Omit<Delivery, 'seq' | 'id'>;

/** What the store needs to know of an attempt that is about to start. */
export interface NewAttempt {
  id: string;
  delivery: Pick<Delivery, 'seq' | 'id'>;
  endpoint: string;
  reason: AttemptReason;
  request: { method: string; url: string; headers: readonly HeaderPair[] };
  requestBody: Uint8Array | null;
  faults: readonly string[];
  notes: readonly string[];
  startedAt: number;
}

/** A delivery that was to be forwarded and was not, to the endpoints of these names. */
export interface OwedDelivery {
  seq: number;
  id: string;
  endpoints: string[];
}

/** One entry of the ordered stream of changes, published once it is on disk. */
export type Change =
  | { type: 'delivery'; delivery: Delivery }
  /** An attempt began (outcome `pending`) or ended. */
  | { type: 'attempt'; attempt: Attempt }
  | { type: 'acknowledgement'; delivery: Pick<Delivery, 'seq' | 'id'>; acknowledgement: Acknowledgement }
  /** Deliveries were removed, by the user or by retention. */
  | { type: 'removed'; count: number }
  /** Writing failed (a reason), or works again (null). */
  | { type: 'problem'; problem: string | null };

/** Which deliveries a page holds; `before` and `after` are exclusive `seq`s. */
export interface PageQuery {
  filter?: Filter;
  before?: number;
  after?: number;
  /** Which end to start from. The page itself is newest first either way. */
  from?: 'newest' | 'oldest';
  limit: number;
}

/** Deliveries and attempts on disk. Writes are committed in groups; a promise resolves once its write is on disk. */
export interface Store {
  /**
   * @param owedTo names of the endpoints that it is going to be forwarded to: it owes them until an attempt with reason
   *   `forward` to each has ended, also after a restart
   * @throws StoreWriteError when it could not be written (disk full …); nothing was kept then
   */
  addDelivery(delivery: NewDelivery, owedTo?: readonly string[]): Promise<Delivery>;
  acknowledge(delivery: Pick<Delivery, 'seq' | 'id'>, acknowledgement: Acknowledgement): Promise<void>;
  /**
   * Numbers the attempt at once; `stored` resolves when it is on disk.
   * @param urgent whether somebody waits for `stored`; else it may linger a few ms, to share a commit with others
   */
  startAttempt(attempt: NewAttempt, urgent?: boolean): { attempt: Attempt; stored: Promise<void> };
  finishAttempt(attempt: Attempt, durationMs: number, outcome: Outcome): Promise<Attempt>;

  /** What is still to be forwarded, oldest first; right after the store was opened, what its last user did not get to. */
  owed(): OwedDelivery[];
  /** Says that a delivery is not going to be forwarded any more. */
  settle(seq: number): Promise<void>;

  /** By `seq`, id, an unambiguous beginning of an id, or `last`. @throws UserError when there is none */
  resolve(reference: string): DeliverySummary;
  delivery(seq: number): Delivery | null;
  summary(seq: number): DeliverySummary | null;
  attempts(seq: number): Attempt[];
  attempt(id: string): Attempt | null;
  page(query: PageQuery): DeliverySummary[];
  count(filter?: Filter): number;

  /** The jobs of the emulated API. */
  readonly jobs: JobStore;
  /** Work under way. */
  readonly work: WorkNotes;

  /** Removes every delivery and attempt. @returns how many deliveries went */
  clear(): Promise<number>;
  /** The last write failure's reason, until a write succeeds again. */
  readonly problem: string | null;
  subscribe(listener: (change: Change) => void): () => void;
  /** Writes what is queued and closes the file. */
  close(): Promise<void>;
}
