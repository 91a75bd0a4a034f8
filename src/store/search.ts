import { UserError } from '../core/errors.ts';
import type { Filter } from '../core/filter.ts';
import type { DeliverySummary } from '../core/record.ts';
import { emptyHistogram, type HistoryReader, type Times } from './history-reader.ts';
import { everything, type Range, type Slices, type Walk } from './slices.ts';
import type { HistogramQuery, OutcomeCounts, PageQuery, Search } from './store.ts';

/** Numbers whose times are remembered together. */
const block = 512;

/** {@link Search} in {@link Slices}. */
export class SlicedSearch implements Search {
  /** When the deliveries of a block came, by the first number of those that get no more of them. */
  readonly #times = new Map<number, Times>();

  /** @param total how many deliveries there are */
  constructor(
    private readonly reader: HistoryReader,
    private readonly slices: Slices,
    private readonly total: () => number,
  ) {}

  async page(query: PageQuery, signal?: AbortSignal): Promise<DeliverySummary[]> {
    const { filter, before = Number.MAX_SAFE_INTEGER, after = 0, from = 'newest', limit } = query;
    const pages: DeliverySummary[][] = [];
    let [wanted, offset] = [limit, query.offset ?? 0];
    await this.#each({ range: { first: after + 1, last: before - 1 }, from, signal }, (slice) => {
      if (offset > 0) {
        const matches = this.reader.countIn(slice, filter);
        if (matches <= offset) {
          offset -= matches;
          return true;
        }
      }
      const bounds = { after: slice.first - 1, before: slice.last + 1 };
      const page = this.reader.page({ ...query, ...bounds, limit: wanted, offset });
      offset = 0;
      wanted -= page.length;
      if (from === 'newest') pages.push(page);
      else pages.unshift(page);
      return wanted > 0;
    });
    return pages.flat();
  }

  async count(
    filter: Filter,
    { before, signal }: { before?: number | undefined; signal?: AbortSignal | undefined } = {},
  ): Promise<number> {
    const all = this.total();
    if (filter.op === 'all' && before === undefined) return all;
    // Of all, those that are not to be counted are few, and mostly none.
    const others = filter.op === 'all';
    const range = others
      ? { ...everything, first: before! }
      : { ...everything, last: (before ?? Number.MAX_SAFE_INTEGER) - 1 };
    let matches = 0;
    await this.#each({ range, signal }, (slice) => {
      matches += this.reader.countIn(slice, filter);
      return true;
    });
    return others ? Math.max(0, all - matches) : matches;
  }

  /**
   * Deliveries mostly came in the order of their numbers, so that of a long history little has to be looked at once it
   * is known which block came when.
   */
  async histogram(query: HistogramQuery, signal?: AbortSignal): Promise<OutcomeCounts[]> {
    const end = query.from + query.bucketMs * query.buckets;
    const newest = this.slices.nearest(everything.last, 'newest') ?? 0;
    const oldest = this.slices.nearest(everything.first, 'oldest') ?? 0;
    for (const first of this.#times.keys()) if (first + block <= oldest) this.#times.delete(first);
    const counts = emptyHistogram(query.buckets);
    await this.#each({ signal, unit: block }, (slice) => {
      for (let first = Math.floor(slice.first / block) * block; first <= slice.last; first += block) {
        const part = { first: Math.max(first, slice.first), last: Math.min(first + block - 1, slice.last) };
        const times = this.#times.get(first) ?? this.reader.timesIn(part);
        if (part.first === first && first + block <= newest) this.#times.set(first, times);
        if (times.earliest < end && times.latest >= query.from) this.reader.addOutcomes(counts, query, part);
      }
      return true;
    });
    return counts;
  }

  async #each(walk: Walk, work: (slice: Range) => boolean): Promise<void> {
    if (await this.slices.each(walk, work)) return;
    throw new UserError('closed', 'The history was closed before all of it was looked at.');
  }
}
