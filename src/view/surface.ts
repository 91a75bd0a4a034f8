/**
 * A tab or a page as a screen has laid it out: rows of the screen's own making, which keys move over. A screen that
 * scrolls by itself (a web page) needs none.
 */
export interface Rows {
  readonly count: number;
  /** Rows that are in sight at once. */
  readonly inSight: number;
  /** Whether anything in it folds, so that there is a cursor; else it just scrolls. */
  readonly folds: boolean;
  /** What folds when the cursor is on a row: the row opens it. */
  foldAt(row: number): string | undefined;
  /** The fold that a row lies in. */
  insideAt(row: number): string | undefined;
  isOpen(fold: string): boolean;
}

/** What keys need to know of a screen: a pure function of the state and the screen's own size. */
export interface Surface {
  /** Rows of the list that are in sight at once. */
  listRows: number;
  /** The opened tab, or the page over everything; null where there is none, or where it scrolls by itself. */
  tab: Rows | null;
  page: Rows | null;
}

/** Where something is scrolled to, in rows. */
export interface Place {
  /** The first row in sight. */
  top: number;
  /** The row that folding acts on. */
  cursor: number;
}

export const start: Place = { top: 0, cursor: 0 };

/** A place within the rows there are, its cursor in sight: their number changes with folds, sizes and news. */
export function settled({ top, cursor }: Place, { count, inSight, folds }: Rows): Place {
  const at = Math.max(0, Math.min(cursor, count - 1));
  const last = Math.max(0, Math.min(top, count - inSight));
  return { top: folds ? Math.max(0, at - inSight + 1, Math.min(last, at)) : last, cursor: at };
}

/** The place so many rows on: the cursor's, or the top's where there is no cursor. */
export function moved(place: Place, rows: Rows, by: number): Place {
  const { top, cursor } = settled(place, rows);
  return settled(rows.folds ? { top, cursor: cursor + by } : { top: top + by, cursor }, rows);
}
