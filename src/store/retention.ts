import { mustNotFail } from '../core/errors.ts';
import { natural } from './columns.ts';
import type { HistoryFile, Row } from './database.ts';
import { everything, type Range, type Slices } from './slices.ts';
import { StoreWriteError } from './writer.ts';

/** What a history holds at most. */
export interface Limits {
  /** Deliveries. */
  keep: number;
  /** Bytes of bodies; the newest delivery stays, however long it is. */
  keepBytes: number;
}

/** The limits of a `listen` that was told these. */
export const limitsOf = ({ keep = 10_000, keepBytes = 256 * 1024 * 1024 }: Partial<Limits>): Limits => ({
  keep,
  keepBytes,
});

/** What a history has no room for. */
export interface Surplus {
  /** The limit that deliveries were over when that was last looked at; null when none ever was. */
  limit: keyof Limits | null;
  /** What that limit is. */
  most: number;
  /** Deliveries that are still there, by number, the first to go first. */
  left: readonly number[];
}

// So many deliveries go in one transaction when old ones are removed: a pause of a few ms at most.
const pruneBatch = 50;
/** ms between two batches. */
const prunePauseMs = 25;

/** The bytes of bodies, as they are told in short. */
const sizes = 'select total(size) as bytes from delivery where seq >= ? and seq <= ?';
/** As they are: where those are more than the file has, a size is damaged, by which retention would remove too much. */
const lengths = 'select total(length(body)) as bytes from content where seq >= ? and seq <= ?';

/** Of a history with more deliveries the bytes are summed up in the background: a start does not wait for that. */
const longHistory = 10_000;
/** ms until then. */
const sumAfterMs = 1000;

/** Counts what a history holds, and has the oldest removed in the background when that is too much. */
export class Retention {
  /** Deliveries in the file. */
  count = 0;
  /** Bytes of their bodies, of those from {@link summedFrom} on; nothing goes for them before all are summed up. */
  #bytes = 0;
  /** The first number whose bytes are summed up. */
  summedFrom = Number.NEGATIVE_INFINITY;
  #summing: Promise<void> | null = null;
  /** Goes up when all is counted anew. */
  #round = 0;
  #timer: NodeJS.Timeout | null = null;
  #limit: keyof Limits | null = null;
  /** What was written in the instant of the close has nothing removed after it. */
  #closed = false;

  /**
   * @param remove removes these, and calls {@link take} in the instant in which the file shows that; null where nothing
   *   is to be removed
   */
  constructor(
    private readonly file: HistoryFile,
    private readonly slices: Slices,
    private readonly limits: Limits,
    private readonly remove: ((seqs: readonly number[]) => Promise<unknown>) | null,
  ) {}

  /** Counts anew what the file holds. */
  recount(): void {
    this.count = Number(this.file.get('select count(*) as n from delivery')!.n);
    this.#round += 1;
    this.#summing = null;
    if (this.count > longHistory) {
      this.summedFrom = Number.POSITIVE_INFINITY;
      setTimeout(() => mustNotFail(this.#summed()), sumAfterMs).unref();
    } else {
      this.summedFrom = Number.NEGATIVE_INFINITY;
      const told = this.#bytesBy(sizes, everything);
      this.#bytes = told > this.file.bytes ? this.#bytesBy(lengths, everything) : told;
    }
  }

  /** Resolves once the bytes of all bodies are known. */
  async #summed(): Promise<void> {
    if (this.summedFrom === Number.NEGATIVE_INFINITY) return;
    this.#summing ??= this.#sum(this.#round);
    await this.#summing;
  }

  /** Sums them up from the newest on. */
  async #sum(round: number): Promise<void> {
    if ((await this.#sumBy(sizes, round)) && this.#bytes > this.file.bytes) await this.#sumBy(lengths, round);
    if (round === this.#round) this.schedule();
  }

  /** @returns whether it came to an end */
  async #sumBy(sql: string, round: number): Promise<boolean> {
    this.#bytes = 0;
    const ended = await this.slices.each({}, (slice) => {
      const bytes = this.#bytesBy(sql, slice);
      if (round !== this.#round) return false; // also for what that read has found
      this.#bytes += bytes;
      this.summedFrom = slice.first;
      return true;
    });
    if (!ended || round !== this.#round) return false;
    this.summedFrom = Number.NEGATIVE_INFINITY;
    return true;
  }

  /** Counts a delivery, in the instant in which the file shows it. */
  add(bytes: number): void {
    this.count += 1;
    this.#bytes += bytes;
  }

  /**
   * Counts deliveries that were removed, in the instant in which the file shows that.
   * @param bytes of those from {@link summedFrom} on
   */
  take(count: number, bytes: number): void {
    this.count -= count;
    this.#bytes = Math.max(0, this.#bytes - bytes);
  }

  /** Removes, a little later, what is over the limits. */
  schedule(): void {
    if (this.#closed || !this.remove || this.#timer !== null || this.#over(this.count, this.#bytes) === null)
      return;
    this.#timer = setTimeout(() => {
      this.#prune().catch((error) => {
        // The writer has published the problem; the next delivery schedules another try.
        if (!(error instanceof StoreWriteError)) throw error;
      });
    }, prunePauseMs).unref();
  }

  /** Removes what is over the limits, without a pause between batches. */
  async trim(): Promise<void> {
    await this.#summed();
    if (!this.remove) return;
    for (let seqs = this.#first(pruneBatch); seqs.length > 0; seqs = this.#first(pruneBatch))
      await this.remove(seqs);
  }

  /** What there is no room for; after a {@link trim} also for its bytes. */
  surplus(): Surplus {
    const left = this.#first(Number.POSITIVE_INFINITY);
    return { limit: this.#limit, most: this.#limit ? this.limits[this.#limit] : 0, left };
  }

  close(): void {
    this.#closed = true;
    if (this.#timer) clearTimeout(this.#timer);
  }

  /** The limit that so much is over; null when it is within both. */
  #over(deliveries: number, bytes: number): keyof Limits | null {
    if (deliveries > this.limits.keep) return 'keep';
    if (this.summedFrom !== Number.NEGATIVE_INFINITY) return null;
    return bytes > this.limits.keepBytes && deliveries > 1 ? 'keepBytes' : null;
  }

  async #prune(): Promise<void> {
    // Which ones go is decided here, where count and file agree, and not when it is written, behind a clear perhaps.
    const seqs = this.#first(pruneBatch);
    try {
      if (seqs.length === 0) return;
      await this.remove!(seqs);
    } finally {
      this.#timer = null;
    }
    this.schedule();
  }

  /** The first deliveries to go of those that are over one of the limits. */
  #first(most: number): number[] {
    let [deliveries, bytes] = [this.count, this.#bytes];
    const seqs: number[] = [];
    for (const row of this.#firstToGo()) {
      const limit = this.#over(deliveries, bytes);
      if (limit === null || seqs.length >= most) break;
      this.#limit = limit;
      deliveries -= 1;
      bytes -= natural.read(row.size) ?? 0;
      seqs.push(Number(row.seq));
    }
    return seqs;
  }

  /** The oldest, what was imported before all that came by itself: an import drives nothing out. */
  *#firstToGo(): Generator<Row> {
    for (const imported of ["source = 'import'", "source <> 'import'"]) {
      let page: Row[];
      let last = Number.MIN_SAFE_INTEGER;
      do {
        page = this.file.all(
          `select seq, size from delivery where ${imported} and seq > ? order by seq limit ?`,
          [last, pruneBatch],
        );
        yield* page;
        last = Number(page.at(-1)?.seq);
      } while (page.length === pruneBatch);
    }
  }

  #bytesBy(sql: string, { first, last }: Range): number {
    return Number(this.file.get(sql, [first, last])!.bytes);
  }
}
