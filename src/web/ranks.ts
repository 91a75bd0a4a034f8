import type { DeliverySummary } from '../core/record.ts';
import type { SessionEvent } from '../core/session.ts';
import type { Session } from '../runtime/session.ts';
import { Asker, gatherMs, type Wanted } from './asker.ts';
import { firstUnknown, placed, type Range, type Rows, rowsBelow } from './rank-rows.ts';

/** Rows asked for at once. */
const pageSize = 100;
/** Rows asked for at most. */
const largestPage = 1000;
/** ms between two counts of everything, at least, and how many times as long as one took. */
const [countMs, countPauses] = [1000, 4];
/** Changed deliveries that are noted; beyond, what is out of sight is forgotten in place of them. */
const maxStale = 5000;

/** What the list shows: every delivery has its row, and those that were in sight are known. */
export interface RankState {
  rows: Rows;
  /** New ones that are not among the rows, since the user reads older ones. */
  fresh: number;
  /** False until the first answer. */
  loaded: boolean;
}

/** What is asked for. */
export interface RankQuery {
  filter: string;
  secrets: boolean;
}

/** A session that tells when events were missed for good, and after events what of the list they have changed. */
export type RankSource = Session & {
  onReset(listener: () => void): () => void;
  /** Rows as they are now, those that events named last; not necessarily all of them. */
  onRows(listener: (rows: readonly DeliverySummary[]) => void): () => void;
};

/** A part of the list. */
interface ListArgs {
  limit: number;
  filter?: string;
  before?: number;
  after?: number;
  from?: 'oldest';
  offset?: number;
}

/** Nothing is to be counted again. */
const counted = { anew: false, removed: false, changed: false };

/**
 * A list of all deliveries by their rank below the newest one that it shows. Ranks below a delivery never change, so
 * nothing jumps when new ones come: at the top they are put in front, else they are counted.
 */
export class RankList {
  #state: RankState = { rows: [], fresh: 0, loaded: false };
  #query: RankQuery = { filter: '', secrets: false };
  /** Goes up when what was asked for before is of no use any more. */
  #round = 0;
  /** Gives that up. */
  #away = new AbortController();
  /** The `seq` of the first row, which all ranks are counted from. */
  #newest = 0;
  #follow = true;
  #range: Range = [0, pageSize];
  /** What came that is not among the rows, as far as it is known to belong there. */
  readonly #fresh = new Set<number>();
  /** Whether something came that the filter may not want. */
  #unsure = false;
  /** Deliveries that changed since they were read. */
  #stale = new Set<number>();
  /** Why all must be counted: from the newest on; some are gone; the filter may see some with other eyes. */
  #again = { ...counted, anew: true };
  #countedAt = Number.NEGATIVE_INFINITY;
  #countMs = countMs;
  readonly #listeners = new Set<() => void>();
  readonly #asker: Asker;
  readonly #ends: (() => void)[];

  constructor(
    private readonly session: RankSource,
    failed: (error: unknown) => void,
  ) {
    this.#asker = new Asker(() => this.#wanted(), failed);
    this.#ends = [
      session.subscribe((event) => this.#on(event)),
      session.onRows((rows) => this.#place(rows)),
      session.onReset(() => this.reload()),
    ];
    this.#asker.soon(0);
  }

  readonly state = (): RankState => this.#state;

  /** A delivery among the rows in sight, as the list knows it. */
  known(seq: number): DeliverySummary | undefined {
    return this.#state.rows.slice(...this.#range).find((row) => row?.seq === seq);
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  };

  /** Another filter, or secrets shown or hidden. What was shown stays until the answer is there. */
  ask(query: RankQuery): void {
    const other = query.filter !== this.#query.filter;
    if (!other && query.secrets === this.#query.secrets) return;
    this.#query = query;
    if (other) return this.reload();
    this.#again.removed = true;
    this.#askAnew();
  }

  /** Asks for everything anew. */
  reload(): void {
    this.#begin();
    this.#askAnew();
  }

  /** Which rows are in sight, and whether the newest is: then new ones are put in front. */
  look(start: number, end: number, follow: boolean): void {
    this.#range = [start, end];
    this.#follow = follow;
    if (this.#wanted() !== null) this.#asker.soon(0); // what was not to be asked for a reader of older ones may be now
  }

  /** Puts those in front that were only counted. */
  showFresh(): void {
    this.#follow = true;
    this.#asker.soon(0);
  }

  close(): void {
    for (const end of this.#ends) end();
    this.#away.abort();
    this.#asker.close();
  }

  #begin(): void {
    this.#again = { ...counted, anew: true };
    this.#fresh.clear();
    this.#unsure = false;
  }

  #askAnew(): void {
    this.#round += 1;
    this.#away.abort();
    this.#away = new AbortController();
    this.#countedAt = Number.NEGATIVE_INFINITY;
    this.#asker.resume();
    this.#asker.soon(0);
  }

  #on(event: SessionEvent): void {
    const filtered = this.#query.filter !== '';
    switch (event.type) {
      case 'status':
        if (!this.#asker.paused) return; // else the connection is back
        break;
      case 'removed':
        this.#again.removed = true;
        break;
      case 'delivery':
        if (filtered) this.#unsure = true;
        else if (event.seq > this.#newest) this.#fresh.add(event.seq);
        this.#tellFresh();
        break;
      case 'attempt':
      case 'acknowledgement':
        this.#stale.add(event.seq);
        if (filtered) this.#again.changed = true;
        if (this.#stale.size > maxStale) this.#forget();
        break;
      default:
        return;
    }
    this.#asker.resume();
    this.#asker.soon(gatherMs);
  }

  /** Puts rows that came with events where they belong, so that nothing has to be asked for, where it is sure where. */
  #place(told: readonly DeliverySummary[]): void {
    const { filter, secrets } = this.#query;
    if (filter !== '' || secrets || this.#again.anew || this.#asker.asking) return;
    const came = this.#follow ? [...this.#fresh].sort((a, b) => b - a) : [];
    // A number was left out: one that is not told of yet, or never was one.
    if (came.length > 0 && came[0]! - this.#newest !== came.length) return;
    const known = new Map(told.map((row) => [row.seq, row]));
    const rows = placed(came.map((seq) => known.get(seq)).concat(this.#state.rows), 0, [], this.#range);
    for (const seq of came) this.#stale.delete(seq);
    let replaced = false;
    for (let i = this.#range[0]; i < Math.min(this.#range[1], rows.length); i++) {
      const row = known.get(rows[i]?.seq ?? 0);
      if (row === undefined) continue;
      rows[i] = row;
      replaced = true;
      this.#stale.delete(row.seq);
    }
    if (came.length > 0) this.#startAt(came[0]!);
    if (came.length > 0 || replaced) this.#set(rows);
  }

  #wanted(): Wanted {
    const { anew, removed, changed } = this.#again;
    const wait = this.#countedAt + this.#countMs - performance.now();
    // To a reader of older ones nothing moves because of what a filter sees otherwise now.
    const toCount = removed || (changed && this.#follow);
    if (anew || (toCount && wait <= 0)) return () => this.#count();
    const unknown = firstUnknown(this.#state.rows, this.#range);
    if (unknown !== null) return () => this.#fill(unknown);
    const stale = this.#staleInSight();
    if (this.#follow && (stale.length > 0 || this.#fresh.size > 0 || this.#unsure))
      return () => this.#takeNewest();
    if (stale.length > 0) return () => this.#refresh(stale);
    if (!toCount && !this.#unsure) return null;
    return wait > 0 ? wait : () => this.#countFresh();
  }

  /** How many there are, and those in sight. A reader of older ones keeps the newest one that the ranks begin at. */
  async #count(): Promise<void> {
    const again = this.#again;
    const fixed = !again.anew && !this.#follow && this.#newest > 0;
    const limit = 2 * pageSize;
    const offset = fixed ? Math.max(0, this.#range[0] - pageSize / 2) : 0;
    const round = this.#round;
    this.#again = { ...counted };
    this.#countedAt = performance.now();
    const { page, matches } = await this.#listAndCount(
      { limit, offset, ...(fixed ? { before: this.#newest + 1 } : {}) },
      fixed ? this.#newest : null,
    ).catch(this.#wantsAgain(again));
    if (round !== this.#round) return;
    this.#countMs = Math.max(countMs, countPauses * (performance.now() - this.#countedAt));
    if (!fixed) this.#startAt(page[0]?.seq ?? 0);
    const end = offset + page.length;
    const more = page.length === limit;
    const length = more ? Math.max(end, matches) : page.length > 0 ? end : Math.min(matches, offset);
    this.#set(placed(new Array(length), offset, page, this.#range));
    // All that was read is gone: there may be newer ones.
    if (fixed && length === 0) this.#begin();
  }

  /** A page, and how many there are from its first on, or from `newest` on. */
  async #listAndCount(args: ListArgs, newest: number | null) {
    const page = await this.#list(args);
    const { filter: query } = this.#query;
    const before = (newest ?? page[0]?.seq ?? 0) + 1;
    return { page, ...(await this.session.run('filter', { query, before }, this.#away)) };
  }

  /** At the top: what is in sight, and what came. */
  async #takeNewest(): Promise<void> {
    const asked = [...this.#fresh];
    const limit = Math.min(largestPage, Math.max(this.#range[1], pageSize / 4) + asked.length);
    const round = this.#round;
    const page = await this.#list({ limit });
    if (round !== this.#round) return;
    this.#unsure = false;
    const { rows } = this.#state;
    const whole = page.length < limit;
    // More came than a page holds.
    if (!whole && page.at(-1)!.seq > this.#newest) return this.#begin();
    // Also those that are gone again.
    for (const seq of asked) this.#fresh.delete(seq);
    const below = whole ? [] : rowsBelow(rows, page, this.#newest);
    this.#startAt(page[0]?.seq ?? 0);
    this.#set(placed([...page, ...below], 0, page, this.#range));
  }

  /** Rows in sight that are not known. */
  async #fill(index: number): Promise<void> {
    const offset = Math.max(0, index - pageSize / 4);
    const round = this.#round;
    const page = await this.#list({ limit: pageSize, before: this.#newest + 1, offset });
    if (round !== this.#round) return;
    const rows = placed(this.#state.rows, offset, page, this.#range);
    // Fewer than were counted: some have gone.
    if (page.length < pageSize) rows.length = Math.min(rows.length, offset + page.length);
    this.#set(rows);
  }

  /** Rows in sight that changed, whether or not a filter would still take them: what one reads does not vanish. */
  async #refresh(stale: readonly number[]): Promise<void> {
    const [before, after] = [Math.max(...stale) + 1, Math.min(...stale) - 1];
    const round = this.#round;
    const page = await this.#list({ filter: '', limit: largestPage, before, after });
    if (round !== this.#round) return;
    const known = new Map(page.map((row) => [row.seq, row]));
    const reached = page.length < largestPage ? 0 : page.at(-1)!.seq;
    for (const seq of stale) if (seq >= reached && !known.has(seq)) this.#stale.delete(seq); // gone
    const rows = [...this.#state.rows];
    for (let i = this.#range[0]; i < Math.min(this.#range[1], rows.length); i++)
      rows[i] = known.get(rows[i]?.seq ?? 0) ?? rows[i];
    this.#set(rows);
  }

  /** Under a filter: which of those that came it takes. */
  async #countFresh(): Promise<void> {
    const after = Math.max(this.#newest, [...this.#fresh].at(-1) ?? 0);
    const round = this.#round;
    this.#unsure = false;
    this.#countedAt = performance.now();
    const page = await this.#list({ limit: largestPage, after, from: 'oldest' }).catch(
      this.#wantsAgain(counted),
    );
    if (round !== this.#round) return;
    for (const { seq } of page.toReversed()) this.#fresh.add(seq);
    if (page.length === largestPage) this.#unsure = true;
    this.#tellFresh();
  }

  /** What to do after a question that failed: it is asked again when there is news. */
  #wantsAgain(again: typeof counted): (error: unknown) => never {
    const round = this.#round;
    return (error) => {
      if (round === this.#round) {
        for (const why of ['anew', 'removed', 'changed'] as const) this.#again[why] ||= again[why];
        this.#unsure = true;
        this.#countedAt = Number.NEGATIVE_INFINITY;
      }
      throw error;
    };
  }

  /** Ranks begin at this one: what is as old as that is not new. */
  #startAt(newest: number): void {
    this.#newest = newest;
    for (const seq of this.#fresh) if (seq <= newest) this.#fresh.delete(seq);
  }

  #staleInSight(): number[] {
    if (this.#stale.size === 0) return [];
    const inSight = this.#state.rows.slice(...this.#range);
    return inSight.flatMap((row) => (row && this.#stale.has(row.seq) ? [row.seq] : []));
  }

  /** What is not in sight is asked for when it is looked at again. */
  #forget(): void {
    this.#stale = new Set(this.#staleInSight());
    const { rows, loaded } = this.#state;
    this.#set(
      placed(new Array(rows.length), this.#range[0], rows.slice(...this.#range), this.#range),
      loaded,
    );
  }

  /** A page of the list. What changes while it is asked for stays to be asked again. */
  async #list(args: ListArgs): Promise<readonly DeliverySummary[]> {
    const stale = this.#stale;
    this.#stale = new Set();
    let known = new Set<number>();
    try {
      const { deliveries } = await this.session.run('list', { ...this.#query, ...args }, this.#away);
      known = new Set(deliveries.map(({ seq }) => seq));
      return deliveries;
    } finally {
      for (const seq of stale) if (!known.has(seq)) this.#stale.add(seq);
    }
  }

  #tellFresh(): void {
    if (!this.#follow && this.#fresh.size !== this.#state.fresh)
      this.#set(this.#state.rows, this.#state.loaded);
  }

  #set(rows: Rows, loaded = true): void {
    this.#state = { rows, fresh: this.#follow ? 0 : this.#fresh.size, loaded };
    for (const listener of this.#listeners) listener();
  }
}
