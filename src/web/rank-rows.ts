import type { DeliverySummary } from '../core/record.ts';

/** Rows above and below those in sight that stay known: a list that was scrolled through costs no more memory. */
const keptRows = 1000;

/** Newest first; undefined where a row is not known (yet, or any more). */
export type Rows = readonly (DeliverySummary | undefined)[];
/** The rows in sight, as indexes. */
export type Range = readonly [start: number, end: number];

/** Rows with those of a page in their places; what is far from sight is not known any more. */
export function placed(rows: Rows, offset: number, page: Rows, [start, end]: Range): Rows[number][] {
  const made = new Array<Rows[number]>(Math.max(rows.length, page.length > 0 ? offset + page.length : 0));
  const to = Math.min(rows.length, end + keptRows);
  for (let i = Math.max(0, start - keptRows); i < to; i++) made[i] = rows[i];
  for (const [i, row] of page.entries()) made[offset + i] = row;
  return made;
}

/**
 * What follows below a page of the newest ones, of which at least one was among the rows.
 * @param newest the `seq` of the first row, known or not
 */
export function rowsBelow(rows: Rows, page: readonly DeliverySummary[], newest: number): Rows {
  const last = page.at(-1)!.seq;
  const at = rows.findIndex((row) => row === undefined || row.seq < last);
  if (at < 0) return [];
  const above = rows[at - 1]?.seq ?? newest + 1;
  // The page may reach further down than what was known.
  return rows[at] ? rows.slice(at) : rows.slice(at + page.filter(({ seq }) => seq < above).length);
}

/** The index of the first row in a range that is not known; null when all are. */
export function firstUnknown(rows: Rows, [start, end]: Range): number | null {
  for (let i = start; i < Math.min(end, rows.length); i++) if (rows[i] === undefined) return i;
  return null;
}
