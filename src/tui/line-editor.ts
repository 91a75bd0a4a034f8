import type { Editor } from '../view/editor.ts';
import { graphemes, type Span, span, textWidth } from './text.ts';

/** The part of a line being typed that is in sight, with its cursor. */
export interface EditorView {
  spans: Span[];
  /** The column, from the line's first in sight, of an offset into the text; null when that is out of sight. */
  columnOf(offset: number): number | null;
}

/** A line being typed in at most `width` columns. */
export function editorView({ text, cursor }: Editor, width: number): EditorView {
  const [first] = graphemes(text.slice(cursor));
  const at = first?.text ?? ' ';
  const all = [...graphemes(text.slice(0, cursor))];
  let used = textWidth(at);
  let start = all.length;
  while (start > 0 && used + all[start - 1]!.width <= width) used += all[--start]!.width;
  let after = '';
  for (const grapheme of graphemes(text.slice(cursor + (first?.text.length ?? 0)))) {
    used += grapheme.width;
    if (used > width) break;
    after += grapheme.text;
  }
  const before = all
    .slice(start)
    .map((grapheme) => grapheme.text)
    .join('');
  return {
    spans: [span(before), { text: at, inverse: true }, span(after)],
    columnOf(offset) {
      const column = textWidth(before) + textWidth(text.slice(0, offset)) - textWidth(text.slice(0, cursor));
      return column >= 0 && column < width ? column : null;
    },
  };
}
