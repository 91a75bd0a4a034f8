import { sheetRows } from '../view/sheet.ts';
import type { Sheet } from '../view/state.ts';
import { fitSpans, span } from '../view/text.ts';
import type { ScreenLine } from './screen.ts';

/** A page of text in `width` × `height`. */
export function sheetLines({ title, lines, top }: Sheet, width: number, height: number): ScreenLine[] {
  const rows = height - 2;
  const wrapped = sheetRows({ lines }, width - 2);
  const more =
    wrapped.length > rows ? `${top + 1}–${Math.min(wrapped.length, top + rows)} of ${wrapped.length}` : '';
  return [
    { spans: fitSpans([span(` ${title}`, 'accent', true)], width, [span(`${more} `, 'dim')]) },
    { spans: [] },
    ...wrapped.slice(top, top + rows).map((spans) => ({ spans: fitSpans([span(' '), ...spans], width) })),
  ];
}
