import type { DeliverySummary } from '../core/record.ts';

/** The part of the list that is held, and what is known of the rest. Rows are newest first. */
export interface ListState {
  rows: readonly DeliverySummary[];
  /** Whether the store may hold more above or below the rows. */
  newer: boolean;
  older: boolean;
  /** The `seq` of the selected delivery. */
  selected: number | null;
  /** The row at the top of the screen, as an index into `rows`. */
  top: number;
  /** Rows on the screen. */
  inSight: number;
  /** Whether the newest stays selected. */
  follow: boolean;
  /** How many came since the user stopped following, and the newest `seq` that was counted. */
  fresh: number;
  counted: number;
  /** False until the first answer. */
  loaded: boolean;
  /** What must be asked again. */
  stale: {
    /** Load an end of the list anew. */
    end: 'newest' | 'oldest' | null;
    /** Rows that changed since they were read. */
    rows: ReadonlySet<number>;
    /** Deliveries were removed: find out which is the oldest now. */
    floor: boolean;
    /** Something came that a filter may not want: count it. */
    fresh: boolean;
  };
}

/** One question to the store, as arguments of `list`; `floor` takes no filter. */
export type ListQuery =
  | { kind: 'newest' | 'oldest'; limit: number }
  | { kind: 'older' | 'range'; limit: number; before: number; after?: number }
  | { kind: 'newer' | 'fresh'; limit: number; after: number }
  | { kind: 'floor'; limit: 1 };

/** Rows asked for at once, and the most that are held: several screens, so that both ends are never near. */
const pageSize = (list: ListState): number => Math.max(100, list.inSight * 2);
export const windowSize = (list: ListState): number => pageSize(list) * 4;
/** New deliveries are counted up to this many at a time. */
const freshPage = 500;

const nothing: ListState['stale'] = { end: null, rows: new Set(), floor: false, fresh: false };

/** A list that knows nothing yet and wants the newest. */
export const emptyList = (inSight = 10): ListState => ({
  rows: [],
  newer: false,
  older: false,
  selected: null,
  top: 0,
  inSight,
  follow: true,
  fresh: 0,
  counted: 0,
  loaded: false,
  stale: { ...nothing, end: 'newest' },
});

/** The rows on the screen. */
export const visibleRows = (list: ListState): readonly DeliverySummary[] =>
  list.rows.slice(list.top, list.top + list.inSight);

/** The selected row. */
export const selectedRow = (list: ListState): DeliverySummary | null =>
  list.rows.find(({ seq }) => seq === list.selected) ?? null;

const indexOf = (list: ListState): number =>
  Math.max(
    0,
    list.rows.findIndex(({ seq }) => seq === list.selected),
  );

/** Moves the selection, which ends following. */
export function moveBy(list: ListState, by: number): ListState {
  if (list.rows.length === 0) return list;
  const target = Math.min(list.rows.length - 1, Math.max(0, indexOf(list) + by));
  return settle(stopFollowing({ ...list, selected: list.rows[target]!.seq }));
}

/** The list no longer follows the newest: what comes from now on is counted. */
export const stopFollowing = (list: ListState): ListState =>
  list.follow ? { ...list, follow: false, fresh: 0, counted: list.rows[0]?.seq ?? 0 } : list;

/** To the newest, and follows it from there. */
export function toNewest(list: ListState): ListState {
  const jump: ListState = {
    ...list,
    follow: true,
    fresh: 0,
    stale: { ...list.stale, end: 'newest', fresh: false },
  };
  return list.newer ? jump : settle({ ...jump, selected: list.rows[0]?.seq ?? null });
}

/** To the oldest. */
export function toOldest(list: ListState): ListState {
  if (list.older) return stopFollowing({ ...list, stale: { ...list.stale, end: 'oldest' } });
  return moveBy(list, list.rows.length);
}

/** Events, gathered over a moment. */
export interface Happened {
  /** Deliveries that arrived, by `seq`. */
  arrived: readonly number[];
  /** Deliveries of which something changed. */
  changed: ReadonlySet<number>;
  removed: boolean;
}

/** Notes what must be asked again after events; asks nothing itself. */
export function happened(list: ListState, events: Happened, filtered: boolean): ListState {
  const { changed, removed } = events;
  const arrived = events.arrived.filter((seq) => seq > list.counted);
  const stale = { ...list.stale, floor: list.stale.floor || (removed && !list.follow) };
  if (list.follow) {
    const mine = removed || events.arrived.length > 0 || list.rows.some(({ seq }) => changed.has(seq));
    // A filter may want a delivery only now that it has an outcome.
    return mine || (filtered && changed.size > 0) ? { ...list, stale: { ...stale, end: 'newest' } } : list;
  }
  const touched = list.rows.filter(({ seq }) => changed.has(seq)).map(({ seq }) => seq);
  if (touched.length > 0) stale.rows = new Set([...stale.rows, ...touched]);
  if (arrived.length === 0) return { ...list, stale };
  if (filtered) return { ...list, stale: { ...stale, fresh: true } };
  return {
    ...list,
    stale,
    newer: true,
    fresh: list.fresh + arrived.length,
    counted: Math.max(list.counted, ...arrived),
  };
}

/** What to ask the store next; null when the list is as it should be. */
export function nextQuery(list: ListState): ListQuery | null {
  const { rows, stale, top, inSight } = list;
  const first = rows[0];
  const last = rows.at(-1);
  if (stale.end === 'newest') return { kind: 'newest', limit: pageSize(list) };
  if (stale.end === 'oldest') return { kind: 'oldest', limit: pageSize(list) };
  if (stale.floor) return { kind: 'floor', limit: 1 };
  if (last && list.older && top + inSight * 2 > rows.length)
    return { kind: 'older', limit: pageSize(list), before: last.seq };
  if (first && list.newer && !list.follow && top < inSight)
    return { kind: 'newer', limit: pageSize(list), after: first.seq };
  const shown = visibleRows(list);
  if (shown.some(({ seq }) => stale.rows.has(seq)))
    return { kind: 'range', limit: shown.length, before: shown[0]!.seq + 1, after: shown.at(-1)!.seq - 1 };
  if (stale.fresh) return { kind: 'fresh', limit: freshPage, after: list.counted };
  return null;
}

/** The list once `query` was sent: what happens from now on is not in its answer and must be asked again. */
export function asked(list: ListState, query: ListQuery): ListState {
  switch (query.kind) {
    case 'newest':
    case 'oldest':
      return { ...list, stale: nothing };
    case 'range': {
      const rows = [...list.stale.rows].filter((seq) => seq >= query.before || seq <= (query.after ?? 0));
      return { ...list, stale: { ...list.stale, rows: new Set(rows) } };
    }
    case 'floor':
      return { ...list, stale: { ...list.stale, floor: false } };
    case 'fresh':
      return { ...list, stale: { ...list.stale, fresh: false } };
    case 'older':
    case 'newer':
      return list;
  }
}

/** The list after the answer to `query`. */
export function answered(list: ListState, query: ListQuery, page: readonly DeliverySummary[]): ListState {
  const more = page.length >= query.limit;
  switch (query.kind) {
    case 'newest':
    case 'oldest':
      return loadedEnd(list, query.kind, page, more);
    case 'older': {
      const rows = [...list.rows, ...page];
      const cut = Math.max(0, Math.min(rows.length - windowSize(list), list.top));
      return settle({
        ...list,
        rows: rows.slice(cut),
        top: list.top - cut,
        older: more,
        newer: list.newer || cut > 0,
      });
    }
    case 'newer': {
      const rows = [...page, ...list.rows];
      const older = list.older || rows.length > windowSize(list);
      return settle({
        ...list,
        rows: rows.slice(0, windowSize(list)),
        top: list.top + page.length,
        newer: more,
        older,
      });
    }
    case 'range':
      return refreshed(list, query, page);
    case 'floor':
      return dropBelow(list, page[0]?.seq ?? Number.POSITIVE_INFINITY);
    case 'fresh': {
      const counted = Math.max(list.counted, ...page.map(({ seq }) => seq));
      const stale = { ...list.stale, fresh: list.stale.fresh || more };
      return {
        ...list,
        stale,
        fresh: list.fresh + page.length,
        counted,
        newer: list.newer || page.length > 0,
      };
    }
  }
}

function loadedEnd(
  list: ListState,
  end: 'newest' | 'oldest',
  page: readonly DeliverySummary[],
  more: boolean,
): ListState {
  const newest = end === 'newest';
  const selected = (newest ? page[0] : page.at(-1))?.seq ?? null;
  return settle({
    ...list,
    rows: page,
    loaded: true,
    // Emptied while the user looked elsewhere: follow again, there is nothing to hold on to.
    follow: newest && (list.follow || page.length === 0),
    selected:
      newest && !list.follow && page.some(({ seq }) => seq === list.selected) ? list.selected : selected,
    top: newest ? 0 : page.length,
    newer: !newest && more,
    older: newest && more,
  });
}

function refreshed(
  list: ListState,
  query: { before: number; after?: number },
  page: readonly DeliverySummary[],
): ListState {
  const { before, after = 0 } = query;
  const above = list.rows.filter(({ seq }) => seq >= before);
  const below = list.rows.filter(({ seq }) => seq <= after);
  return settle({ ...list, rows: [...above, ...page, ...below] });
}

function dropBelow(list: ListState, floor: number): ListState {
  const rows = list.rows.filter(({ seq }) => seq >= floor);
  if (rows.length === list.rows.length) return list;
  if (rows.length === 0) return { ...emptyList(list.inSight), loaded: list.loaded };
  return settle({ ...list, rows });
}

/** Puts selection and scroll position back into the rows. */
export function settle(list: ListState): ListState {
  const { rows, inSight } = list;
  if (rows.length === 0) return { ...list, selected: null, top: 0 };
  const known = rows.some(({ seq }) => seq === list.selected);
  // A selected delivery that is gone gives way to the next older one.
  const gone = list.selected ?? Number.POSITIVE_INFINITY;
  const selected = known ? list.selected! : (rows.find(({ seq }) => seq < gone) ?? rows.at(-1)!).seq;
  const index = rows.findIndex(({ seq }) => seq === selected);
  const top = Math.max(0, Math.min(list.top, rows.length - inSight, index), index - inSight + 1);
  // Everything new is in sight.
  const fresh = top === 0 && !list.newer ? 0 : list.fresh;
  return { ...list, selected, top, fresh };
}
