import type { Sheet } from '../view/state.ts';
import { fitSpans, span, visible } from '../view/text.ts';
import type { ScreenLine } from './screen.ts';

/** A page of text in `width` × `height`. */
export function sheetLines({ title, lines, top }: Sheet, width: number, height: number): ScreenLine[] {
  const rows = height - 2;
  const more =
    lines.length > rows ? `${top + 1}–${Math.min(lines.length, top + rows)} of ${lines.length}` : '';
  return [
    { spans: fitSpans([span(` ${title}`, 'accent', true)], width, [span(`${more} `, 'dim')]) },
    { spans: [] },
    ...lines.slice(top, top + rows).map((spans) => ({
      spans: fitSpans([span(' '), ...spans.map((part) => ({ ...part, text: visible(part.text) }))], width),
    })),
  ];
}
