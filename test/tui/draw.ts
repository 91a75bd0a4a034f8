import { detailScreen } from '../../src/tui/detail.ts';
import { layoutOf } from '../../src/tui/layout.ts';
import { listLines } from '../../src/tui/list.ts';
import { sheetLines } from '../../src/tui/sheet.ts';
import type { Size } from '../../src/tui/size.ts';
import type { Span } from '../../src/tui/text.ts';
import type { ViewState } from '../../src/view/state.ts';

/** The text of a line. */
export const textOf = (spans: readonly Span[]): string => spans.map(({ text }) => text).join('');

/** Everything that a state shows on a screen of some size, without a terminal: the text of each line. */
export function draw(state: ViewState, size: Size): string[] {
  const layout = layoutOf(state, size);
  const { header, footer, height, listWidth, detailWidth, split } = layout;
  const body = state.sheet
    ? sheetLines(state.sheet, layout.sheet!, size.columns)
    : [
        ...(state.detail && !split ? [] : listLines(state, listWidth, height)),
        ...(state.detail ? detailScreen(state, state.detail, layout.detail!, detailWidth) : []),
      ];
  return [...header, ...body, ...footer].map(({ spans }) => textOf(spans));
}
