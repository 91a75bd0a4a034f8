import type { ViewState } from '../view/state.ts';
import { detailHead } from './detail.ts';
import { footerLines } from './footer.ts';
import { headerLines, lowHeaderLines } from './header.ts';
import { listHead } from './list.ts';
import type { ScreenLine } from './screen.ts';
import type { Size } from './size.ts';

/** Below this there is no room for a list. */
export const least: Size = { columns: 40, rows: 10 };
/** From here on list and detail stand side by side. */
const splitFrom = 120;

/** Where everything stands. */
export interface Layout {
  header: ScreenLine[];
  footer: ScreenLine[];
  /** Lines between header and footer. */
  height: number;
  /** Columns of the list, and of the detail beside or instead of it. */
  listWidth: number;
  detailWidth: number;
  /** Whether list and detail are both in sight. */
  split: boolean;
  /** Rows of the list and of the detail's tab, which the view scrolls by. */
  listRows: number;
  detailRows: number;
}

/** Divides the screen. */
export function layoutOf(state: ViewState, { columns, rows }: Size): Layout {
  const footer = footerLines(state, columns, rows);
  const room = rows - footer.length;
  // On a low screen the public URL stays and the rest of the header gives way to the list.
  const split = state.detail !== null && columns >= splitFrom;
  const brief = state.detail !== null && !split && rows < 32;
  const full = headerLines(state, columns, brief);
  const header = room >= full.length + 6 ? full : lowHeaderLines(state, columns);
  const shown = header.map((spans) => ({ spans }));
  const height = Math.max(1, room - shown.length);
  const listWidth = split ? Math.max(48, Math.floor(columns * 0.38)) : columns;
  const detailWidth = split ? columns - listWidth - 1 : columns;
  const head = state.detail ? detailHead(state, state.detail, detailWidth).length : 5;
  return {
    header: shown,
    footer,
    height,
    listWidth,
    detailWidth,
    split,
    listRows: Math.max(1, height - listHead),
    detailRows: Math.max(1, state.sheet ? height - 2 : height - head),
  };
}
