import type { AttemptRecord, DeliveryDetail } from '../core/record.ts';
import { moved, type Place, type Rows, settled, start } from './surface.ts';

/** The tabs of the detail, in the order of their number keys. */
export const tabs = ['payload', 'headers', 'attempts', 'raw', 'timeline'] as const;
export type Tab = (typeof tabs)[number];

/** An opened delivery. */
export interface DetailState {
  seq: number;
  /** Null until it is loaded. */
  data: DeliveryDetail | null;
  /** Whether it must be asked for (again). */
  stale: boolean;
  tab: Tab;
  /** Where each tab was left; a screen with fewer rows by now shows what {@link settled} says. */
  places: Partial<Record<Tab, Place>>;
  /** The folds that are not as they are at first. */
  folds: ReadonlySet<string>;
}

/** Opens a delivery in a tab. */
export const openDetail = (seq: number, tab: Tab): DetailState => ({
  seq,
  data: null,
  stale: true,
  tab,
  places: {},
  folds: new Set(),
});

/** Where the current tab stands. */
export const placeOf = (detail: DetailState, rows: Rows): Place =>
  settled(detail.places[detail.tab] ?? start, rows);

const withPlace = (detail: DetailState, place: Place): DetailState => ({
  ...detail,
  places: { ...detail.places, [detail.tab]: place },
});

/** Moves the cursor, or scrolls where there is none. */
export const scrollBy = (detail: DetailState, rows: Rows, by: number): DetailState =>
  withPlace(detail, moved(placeOf(detail, rows), rows, by));

/** To another tab, by its place or by steps from the current one. */
export function toTab(detail: DetailState, tab: Tab | 'next' | 'previous'): DetailState {
  const step = tab === 'next' ? 1 : tab === 'previous' ? tabs.length - 1 : null;
  const to = step === null ? (tab as Tab) : tabs[(tabs.indexOf(detail.tab) + step) % tabs.length]!;
  return { ...detail, tab: to };
}

/** The fold of an attempt. */
export const attemptFold = ({ id }: Pick<AttemptRecord, 'id'>): string => `att:${id}`;

/** The attempt that the cursor is in, on the tab of attempts; null when there is none. */
export function attemptAtCursor(detail: DetailState | null, rows: Rows | null): AttemptRecord | null {
  if (detail?.tab !== 'attempts' || detail.data === null || rows === null) return null;
  for (let at = placeOf(detail, rows).cursor; at >= 0; at--) {
    const id = rows.foldAt(at);
    const attempt = detail.data.attempts.find((each) => attemptFold(each) === id);
    if (attempt) return attempt;
  }
  return null;
}

/** Opens or closes what the cursor is on; closing from inside closes what surrounds the cursor. */
export function fold(detail: DetailState, rows: Rows, how: 'open' | 'close' | 'toggle'): DetailState {
  const { top, cursor } = placeOf(detail, rows);
  if (cursor >= rows.count) return detail;
  const here = rows.foldAt(cursor);
  if (here !== undefined && (how === 'toggle' || rows.isOpen(here) === (how === 'close')))
    return flip(detail, here);
  const inside = rows.insideAt(cursor);
  if (how !== 'close' || inside === undefined) return detail;
  for (let at = cursor - 1; at >= 0; at--) {
    if (rows.foldAt(at) === inside) return flip(withPlace(detail, { top, cursor: at }), inside);
  }
  return detail;
}

function flip(detail: DetailState, id: string): DetailState {
  const folds = new Set(detail.folds);
  if (!folds.delete(id)) folds.add(id);
  return { ...detail, folds };
}
