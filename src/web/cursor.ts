import type { RankList } from './ranks.ts';

/** Where the keyboard is in the list. */
export interface CursorState {
  /** The row's place as of when it was gone to. */
  index: number;
  /** Null while the row is not known yet. */
  seq: number | null;
}

/** The row that keys act on: it stays on its delivery when others come. */
export class Cursor {
  #at: CursorState | null = null;
  /** Rows of a page, as PgUp and PgDn take it. */
  pageRows = 20;
  readonly #listeners = new Set<() => void>();

  /** @param chosen is told of a row that the user went to */
  constructor(
    private readonly list: RankList,
    private readonly chosen: (seq: number) => void,
  ) {
    list.subscribe(() => this.#know());
  }

  readonly state = (): CursorState | null => this.#at;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  };

  /** Goes to a delivery that was chosen by other means. */
  show(seq: number): void {
    if (this.#at?.seq !== seq) this.#set({ index: this.#indexOf(seq), seq });
  }

  /** Goes so many rows down, or up; from nowhere to the newest. */
  moveBy(rows: number): void {
    this.moveTo(this.#at === null ? 0 : this.#now() + rows);
  }

  /** Goes to the row at a place, or the nearest there is. */
  moveTo(place: number): void {
    const { rows } = this.list.state();
    if (rows.length === 0) return;
    const index = Math.max(0, Math.min(rows.length - 1, place));
    const seq = rows[index]?.seq ?? null;
    this.#set({ index, seq });
    if (seq !== null) this.chosen(seq);
  }

  /** Where it is now, in the rows as they are; -1 when it is not among them. */
  #now(): number {
    const { index, seq } = this.#at!;
    return seq === null ? index : this.#indexOf(seq);
  }

  #indexOf(seq: number): number {
    return this.list.state().rows.findIndex((row) => row?.seq === seq);
  }

  /** A row that was gone to before it was known. */
  #know(): void {
    if (this.#at === null || this.#at.seq !== null) return;
    const row = this.list.state().rows[this.#at.index];
    if (!row) return;
    this.#set({ ...this.#at, seq: row.seq });
    this.chosen(row.seq);
  }

  #set(at: CursorState): void {
    this.#at = at;
    for (const listener of this.#listeners) listener();
  }
}
