import type { ViewState } from '../view/state.ts';
import type { Surface } from '../view/surface.ts';
import { type DetailLayout, detailLayout } from './detail.ts';
import { footerLines } from './footer.ts';
import { headerLines, lowHeaderLines } from './header.ts';
import { listHead } from './list.ts';
import type { ScreenLine } from './screen.ts';
import { type SheetLayout, sheetLayout } from './sheet.ts';
import type { Size } from './size.ts';

/** Below this there is no room for a list. */
export const least: Size = { columns: 40, rows: 10 };
/** From here on list and detail stand side by side. */
const splitFrom = 120;

/** Where everything stands. */
export interface Layout {
  size: Size;
  header: ScreenLine[];
  footer: ScreenLine[];
  /** Lines between header and footer. */
  height: number;
  /** Columns of the list, and of the detail beside or instead of it. */
  listWidth: number;
  detailWidth: number;
  /** Whether list and detail are both in sight. */
  split: boolean;
  /** Rows of the list. */
  listRows: number;
  /** The opened delivery, and the page over everything; null where there is none. */
  detail: DetailLayout | null;
  sheet: SheetLayout | null;
}

const layouts = new WeakMap<ViewState, Layout>();

/** Divides the screen. A pure function of state and size, computed once for both. */
export function layoutOf(state: ViewState, size: Size): Layout {
  let layout = layouts.get(state);
  if (layout?.size.columns !== size.columns || layout.size.rows !== size.rows) {
    layout = divide(state, size);
    layouts.set(state, layout);
  }
  return layout;
}

/** What keys need to know of the screen. */
export function surfaceOf(state: ViewState, size: Size): Surface {
  const { listRows, detail, sheet } = layoutOf(state, size);
  return { listRows, tab: detail?.rows ?? null, page: sheet };
}

function divide(state: ViewState, size: Size): Layout {
  const { columns, rows } = size;
  const footer = footerLines(state, columns, rows);
  const room = rows - footer.length;
  const split = state.detail !== null && columns >= splitFrom;
  // On a low screen the public URL stays and the rest of the header gives way to the list.
  const brief = state.detail !== null && !split && rows < 32;
  const full = headerLines(state, columns, brief);
  const header = room >= full.length + 6 ? full : lowHeaderLines(state, columns);
  const height = Math.max(1, room - header.length);
  const listWidth = split ? Math.max(48, Math.floor(columns * 0.38)) : columns;
  const detailWidth = split ? columns - listWidth - 1 : columns;
  return {
    size,
    header: header.map((spans) => ({ spans })),
    footer,
    height,
    listWidth,
    detailWidth,
    split,
    listRows: Math.max(1, height - listHead),
    detail: state.detail && detailLayout(state, state.detail, detailWidth, height),
    sheet: state.sheet && sheetLayout(state.sheet, columns, height),
  };
}
