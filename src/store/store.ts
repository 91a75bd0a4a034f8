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
import type { CheckRuns } from './check-runs.ts';
import type { JobStore } from './jobs.ts';
import type { Surplus } from './retention.ts';
import type { WorkNotes, WorkStep } from './work-notes.ts';

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
  /** Which step of a piece of work it is. */
  step?: WorkStep | undefined;
}

/** A delivery that was to be forwarded and was not, to the endpoints of these names. */
export interface OwedDelivery {
  seq: number;
  id: string;
  endpoints: string[];
  /** What of this is damaged in the history, a line each; absent when all is well. */
  damage?: readonly string[];
}

/** One entry of the ordered stream of changes, published once it is on disk. */
export type Change =
  | { type: 'delivery'; delivery: Delivery }
  /** An attempt began (outcome `pending`) or ended. */
  | { type: 'attempt'; attempt: Attempt }
  | { type: 'acknowledgement'; delivery: Pick<Delivery, 'seq' | 'id'>; acknowledgement: Acknowledgement }
  /** Deliveries were removed, by the user or by retention, or lost for damage. */
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
  /** So many are left out first. */
  offset?: number;
  limit: number;
}

/** `buckets` stretches of time of `bucketMs` each, the first one beginning at `from` (ms since the epoch). */
export interface HistogramQuery {
  filter?: Filter;
  from: number;
  bucketMs: number;
  buckets: number;
}

/** How many deliveries came to which end: their last attempt was a 2xx, something else, is under way, or there was none. */
export interface OutcomeCounts {
  ok: number;
  error: number;
  pending: number;
  none: number;
}

/**
 * Questions that may have to look at all of a long history, and let others be served meanwhile. Each delivery is looked
 * at once: none is left out of an answer, or in it twice, because others come or go. All throw (reject with) UserError
 * when the signal is aborted (`cancelled`) or the history is closed (`closed`) before the answer is there.
 */
export interface Search {
  /** What {@link Store.page} gives. */
  page(query: PageQuery, signal?: AbortSignal): Promise<DeliverySummary[]>;
  /** How many match a filter. @param before only those with a smaller number */
  count(
    filter: Filter,
    options?: { before?: number | undefined; signal?: AbortSignal | undefined },
  ): Promise<number>;
  /** Deliveries by when they came and what became of them: one entry for each bucket, also where none came. */
  histogram(query: HistogramQuery, signal?: AbortSignal): Promise<OutcomeCounts[]>;
}

/**
 * Deliveries and attempts on disk. A value that is damaged there harms nothing else: another stands in for it, and the
 * delivery, summary or attempt says so in its `damage`. Writes are committed in groups; a promise resolves once its write is on disk.
 */
export interface Store {
  /**
   * Numbers a delivery at once; `stored` resolves when it is on disk. An attempt at it that is started at once shares
   * its wait for the disk.
   * @param owedTo names of the endpoints that it is going to be forwarded to: it owes them until an attempt with reason
   *   `forward` to each has ended, also after a restart
   * @throws StoreWriteError (`stored` rejects) when it could not be written (disk full …); nothing was kept then
   */
  startDelivery(
    delivery: NewDelivery,
    owedTo?: readonly string[],
  ): { delivery: Delivery; stored: Promise<void> };
  /** The same, once it is on disk. */
  addDelivery(delivery: NewDelivery, owedTo?: readonly string[]): Promise<Delivery>;
  acknowledge(delivery: Pick<Delivery, 'seq' | 'id'>, acknowledgement: Acknowledgement): Promise<void>;
  /**
   * Numbers the attempt at once; `stored` resolves when it is on disk. That of a delivery which is not there is not kept.
   * @param urgent whether somebody waits for `stored`; else it may linger a few ms, to share a commit with others
   */
  startAttempt(attempt: NewAttempt, urgent?: boolean): { attempt: Attempt; stored: Promise<void> };
  /**
   * @param durationMs null when it is not known
   * @param stillOwed whether a forward is owed although this attempt at it has ended
   */
  finishAttempt(
    attempt: Attempt,
    durationMs: number | null,
    outcome: Outcome,
    stillOwed?: boolean,
  ): Promise<Attempt>;

  /** What is still to be forwarded, oldest first; right after the store was opened, what its last user did not get to. */
  owed(): OwedDelivery[];
  /** Says that a delivery is not going to be forwarded any more. */
  settle(seq: number): Promise<void>;

  /** By `seq`, id, an unambiguous beginning of an id, or `last`. @throws UserError when there is none */
  resolve(reference: string): DeliverySummary;
  delivery(seq: number): Delivery | null;
  /** Whether the delivery that a relay gave this id is here, or was. */
  hadRelayed(relayId: string): boolean;
  summary(seq: number): DeliverySummary | null;
  attempts(seq: number): Attempt[];
  attempt(id: string): Attempt | null;
  /** In one go: of a long history only for what is near the end that it is looked for from. */
  page(query: PageQuery): DeliverySummary[];
  /** In one go, see {@link page}; of everything at once. */
  count(filter?: Filter): number;
  /** The same, and more, for what may have to look at all of a long history: others are served meanwhile. */
  readonly search: Search;

  /** The jobs of the emulated API. */
  readonly jobs: JobStore;
  /** Work under way. */
  readonly work: WorkNotes;
  /** Past runs of the checks. */
  readonly checkRuns: CheckRuns;

  /** Removes every delivery and attempt, and every past run of the checks. @returns how many deliveries went */
  clear(): Promise<number>;
  /**
   * Removes at once what there is no room for, which else happens a little later; nothing where that is left to a `listen`.
   * @throws StoreWriteError (rejects)
   */
  trim(): Promise<void>;
  /** What there is no room for. */
  surplus(): Surplus;
  /** Removes these with their attempts, damaged ones too. @returns how many there were */
  remove(seqs: readonly number[]): Promise<number>;
  /** Whether it can be read: not once it was closed. */
  readonly isOpen: boolean;
  /** The last write failure's reason, until a write succeeds again. */
  readonly problem: string | null;
  subscribe(listener: (change: Change) => void): () => void;
  /** Writes what is queued and closes the file. */
  close(): Promise<void>;
}
