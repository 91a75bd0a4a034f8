import type { ViewState } from '../view/state.ts';
import type { Surface } from '../view/surface.ts';
import { type DetailLayout, detailLayout } from './detail.ts';
import { footerLines, hintLine, showsHints } from './footer.ts';
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
  /** The opened delivery, and the page over everything; null where there is none. */
  detail: DetailLayout | null;
  sheet: SheetLayout | null;
  /** What keys need to know of all this. */
  surface: Surface;
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

function divide(state: ViewState, size: Size): Layout {
  const { columns, rows } = size;
  const footer = footerLines(state, columns, rows);
  const hinted = showsHints(state);
  const room = rows - footer.length - (hinted ? 1 : 0);
  const split = state.detail !== null && columns >= splitFrom;
  // On a low screen the public URL stays and the rest of the header gives way to the list.
  const brief = state.detail !== null && !split && rows < 32;
  const full = headerLines(state, columns, brief);
  const header = room >= full.length + 6 ? full : lowHeaderLines(state, columns);
  const height = Math.max(1, room - header.length);
  const listWidth = split ? Math.max(48, Math.floor(columns * 0.38)) : columns;
  const detailWidth = split ? columns - listWidth - 1 : columns;
  const listRows = Math.max(1, height - listHead);
  const detail = state.detail && detailLayout(state, state.detail, detailWidth, height);
  const sheet = state.sheet && sheetLayout(state.sheet, columns, height);
  const surface = { listRows, tab: detail?.rows ?? null, page: sheet };
  return {
    size,
    header: header.map((spans) => ({ spans })),
    footer: hinted ? [...footer, hintLine(state, surface, columns)] : footer,
    height,
    listWidth,
    detailWidth,
    split,
    detail,
    sheet,
    surface,
  };
}
