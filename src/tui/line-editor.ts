import type { Editor } from '../view/editor.ts';
import { graphemes, oneLine, type Span, span, textWidth } from './text.ts';

/** The part of a line being typed that is in sight, with its cursor. */
export interface EditorView {
  spans: Span[];
  /** The column, from the line's first in sight, of an offset into the text; null when that is out of sight. */
  columnOf(offset: number): number | null;
}

/** Characters on each side of the cursor that are looked at: no screen has room for more. */
const reach = 1_000;

/** A line being typed in at most `width` columns; what was pasted may hold anything, and is shown as escapes. */
export function editorView({ text, cursor }: Editor, width: number): EditorView {
  const before = cells(text.slice(Math.max(0, cursor - reach), cursor));
  const [here, ...after] = cells(text.slice(cursor, cursor + reach));
  const at = here?.shown ?? ' ';
  let used = textWidth(at);
  let first = before.length;
  while (first > 0 && used + before[first - 1]!.width <= width) used += before[--first]!.width;
  const left = before.slice(first);
  let last = 0;
  while (last < after.length && used + after[last]!.width <= width) used += after[last++]!.width;
  const joined = (part: readonly Cell[]): string => part.map(({ shown }) => shown).join('');
  return {
    spans: [span(joined(left)), { text: at, inverse: true }, span(joined(after.slice(0, last)))],
    columnOf(offset) {
      const from = cursor - left.reduce((sum, { length }) => sum + length, 0);
      const row = [...left, ...(here ? [here, ...after.slice(0, last)] : [])];
      let column = 0;
      let place = from;
      for (const { length, width: columns } of row) {
        if (place >= offset) break;
        place += length;
        column += columns;
      }
      return offset >= from && place >= offset && column < width ? column : null;
    },
  };
}

/** A character of the line: its length in UTF-16 units, and how it is shown. */
interface Cell {
  length: number;
  shown: string;
  width: number;
}

function cells(text: string): Cell[] {
  return [...graphemes(text)].map((grapheme) => {
    const shown = oneLine(grapheme.text);
    return { length: grapheme.text.length, shown, width: textWidth(shown) };
  });
}
