import type { AttemptRecord, DeliveryDetail } from '../core/record.ts';
import { detailLines } from './detail-lines.ts';
import type { Line } from './lines.ts';

/** The tabs of the detail, in the order of their number keys. */
export const tabs = ['payload', 'headers', 'attempts', 'raw', 'timeline'] as const;
export type Tab = (typeof tabs)[number];

/** Where one tab is scrolled to. */
interface Place {
  /** The first line on the screen. */
  top: number;
  /** The line that folding acts on. */
  cursor: number;
}

/** An opened delivery. */
export interface DetailState {
  seq: number;
  /** Null until it is loaded. */
  data: DeliveryDetail | null;
  /** Whether it must be asked for (again). */
  stale: boolean;
  tab: Tab;
  places: Partial<Record<Tab, Place>>;
  /** The folds that are not as they are at first. */
  folds: ReadonlySet<string>;
  /** Rows and columns that its lines have on the screen. */
  rows: number;
  columns: number;
}

/** Opens a delivery; what was opened before lends its tab and size. */
export const openDetail = (
  seq: number,
  from: Pick<DetailState, 'tab' | 'rows' | 'columns'>,
): DetailState => ({
  seq,
  data: null,
  stale: true,
  tab: from.tab,
  places: {},
  folds: new Set(),
  rows: from.rows,
  columns: from.columns,
});

/** Where the current tab stands. */
export const placeOf = (detail: DetailState): Place => detail.places[detail.tab] ?? { top: 0, cursor: 0 };

/** Whether the current tab has a cursor, because something in it folds; else it just scrolls. */
export const hasCursor = (detail: DetailState): boolean => detailLines(detail).folds;

const withPlace = (detail: DetailState, place: Place): DetailState => {
  const { count } = detailLines(detail).lines;
  const cursor = Math.max(0, Math.min(place.cursor, count - 1));
  let top = Math.min(place.top, Math.max(0, count - detail.rows));
  if (hasCursor(detail)) top = Math.max(cursor - detail.rows + 1, Math.min(top, cursor));
  return { ...detail, places: { ...detail.places, [detail.tab]: { top: Math.max(0, top), cursor } } };
};

/** Puts cursor and scroll position back into the lines, after their number changed. */
export const settleDetail = (detail: DetailState): DetailState => withPlace(detail, placeOf(detail));

/** Moves the cursor, or scrolls where there is none. */
export function scrollBy(detail: DetailState, by: number): DetailState {
  const { top, cursor } = placeOf(detail);
  if (hasCursor(detail)) return withPlace(detail, { top, cursor: cursor + by });
  return withPlace(detail, { top: Math.max(0, top + by), cursor });
}

/** To another tab, by its place or by steps from the current one. */
export function toTab(detail: DetailState, tab: Tab | 'next' | 'previous'): DetailState {
  const step = tab === 'next' ? 1 : tab === 'previous' ? tabs.length - 1 : null;
  const to = step === null ? (tab as Tab) : tabs[(tabs.indexOf(detail.tab) + step) % tabs.length]!;
  return settleDetail({ ...detail, tab: to });
}

/** The attempt that the cursor is in, on the tab of attempts; null when there is none. */
export function attemptAtCursor(detail: DetailState): AttemptRecord | null {
  if (detail.tab !== 'attempts' || detail.data === null) return null;
  const { lines } = detailLines(detail);
  for (let at = Math.min(placeOf(detail).cursor, lines.count - 1); at >= 0; at--) {
    const id = lines.at(at).fold;
    if (id?.startsWith('att:'))
      return detail.data.attempts.find((attempt) => `att:${attempt.id}` === id) ?? null;
  }
  return null;
}

/** Opens or closes what the cursor is on; closing from inside closes what surrounds the cursor. */
export function fold(detail: DetailState, how: 'open' | 'close' | 'toggle'): DetailState {
  const { lines, isOpen } = detailLines(detail);
  const { top, cursor } = placeOf(detail);
  const line: Line | null = cursor < lines.count ? lines.at(cursor) : null;
  if (!line) return detail;
  const here = line.fold;
  if (here !== undefined && (how === 'toggle' || isOpen(here) === (how === 'close')))
    return flip(detail, here);
  if (how !== 'close' || line.inside === undefined) return detail;
  for (let at = cursor - 1; at >= 0; at--) {
    if (lines.at(at).fold === line.inside) return flip(withPlace(detail, { top, cursor: at }), line.inside);
  }
  return detail;
}

function flip(detail: DetailState, id: string): DetailState {
  const folds = new Set(detail.folds);
  if (!folds.delete(id)) folds.add(id);
  return settleDetail({ ...detail, folds });
}
