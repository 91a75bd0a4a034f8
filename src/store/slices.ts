import { setImmediate as turn } from 'node:timers/promises';
import { UserError } from '../core/errors.ts';
import type { HistoryFile } from './database.ts';

/** Deliveries by number; both ends belong to it. */
export interface Range {
  first: number;
  last: number;
}

/** Every number. */
export const everything: Range = { first: Number.MIN_SAFE_INTEGER, last: Number.MAX_SAFE_INTEGER };

/** How a history is gone through. */
export interface Walk {
  range?: Range;
  from?: 'newest' | 'oldest';
  /** Slices begin and end at multiples of it, but for the ends of the range. */
  unit?: number;
  /** Aborted when nobody waits for the end of it any more. */
  signal?: AbortSignal | undefined;
}

/** Deliveries in the first slice, and at most in any. */
const [firstLength, greatestLength] = [1024, 8192];
/** A slice takes so many ms, about. */
const [shortMs, longMs] = [2, 5];

/**
 * Goes through a long history in slices of a few ms, with a turn of the event loop after each: senders, screens and
 * keys are served meanwhile. All who go through it at the same time take turns, one slice each.
 */
export class Slices {
  #turns: Promise<unknown> = Promise.resolve();
  #closed = false;

  constructor(private readonly file: HistoryFile) {}

  /**
   * Has `work` look at one slice after another, the first one at once. How long it takes tells how many deliveries are
   * in the next one. Those that come after the beginning are in none.
   * @param work returns whether there is to be another
   * @returns false when the history was closed before the end
   * @throws UserError `cancelled` by the signal, and what `work` throws (rejects)
   */
  async each(
    { range = everything, from = 'newest', unit = 1, signal }: Walk,
    work: (slice: Range) => boolean,
  ): Promise<boolean> {
    if (this.#closed) return false;
    const newest = from === 'newest';
    let length = firstLength;
    let { first } = range;
    let last = this.nearest(range.last, 'newest') ?? first - 1;
    for (;;) {
      // Over a gap in one go: empty slices could be many.
      const next = this.nearest(newest ? last : first, from);
      if (next === null || next < first || next > last) return true;
      const end = newest ? floor(next - length + 1, unit) : floor(next + length - 1, unit) + unit - 1;
      const slice = newest
        ? { first: Math.max(first, end), last: next }
        : { first: next, last: Math.min(last, end) };
      const began = performance.now();
      if (!work(slice)) return true;
      const ms = performance.now() - began;
      if (ms < shortMs) length = Math.min(greatestLength, length * 2);
      else if (ms > longMs) length = Math.max(1, Math.floor(length / 2));
      if (newest) last = slice.first - 1;
      else first = slice.last + 1;
      if (first > last) return true;
      this.#turns = this.#turns.then(() => turn());
      await this.#turns;
      if (signal?.aborted)
        throw new UserError('cancelled', 'Cancelled: nobody waits for the answer any more.');
      if (this.#closed) return false;
    }
  }

  /** The number of the delivery at `seq` or, where none is there, of the next one on the way from that end. */
  nearest(seq: number, from: 'newest' | 'oldest'): number | null {
    const [relation, order] = from === 'newest' ? ['<=', 'desc'] : ['>=', 'asc'];
    const sql = `select seq from delivery not indexed where seq ${relation} ? order by seq ${order} limit 1`;
    const row = this.file.get(sql, [seq]);
    return row ? Number(row.seq) : null;
  }

  /** Has all that is under way end at its next turn. */
  close(): void {
    this.#closed = true;
  }
}

const floor = (value: number, unit: number): number => Math.floor(value / unit) * unit;
