import type { Sheet } from './state.ts';
import { type Span, span, spansWidth, visible, wrapSpans, wrapWords } from './text.ts';

let last: { lines: Sheet['lines']; columns: number; rows: Span[][] } | null = null;

/** A page's lines, wrapped to `columns`. They are kept until the page or the width changes. */
export function sheetRows({ lines }: Pick<Sheet, 'lines'>, columns: number): Span[][] {
  if (last?.lines !== lines || last.columns !== columns) {
    const safe = lines.map((spans) => spans.map((part) => ({ ...part, text: visible(part.text) })));
    last = { lines, columns, rows: safe.flatMap((spans) => wrapped(spans, columns)) };
  }
  return last.rows;
}

/**
 * Remarks, and terms with their explanation, are broken between words; what was sent is not, so that each of its
 * lines is as long as it can be.
 */
function wrapped(spans: Span[], columns: number): Span[][] {
  const [first, second] = spans;
  if (spans.length === 1 && first!.tone === 'dim')
    return wrapWords(first!.text, columns).map((text) => [{ ...first!, text }]);
  const hang = spansWidth(spans.slice(0, 1));
  if (spans.length === 2 && first!.tone === 'accent' && hang < columns / 2)
    return wrapWords(second!.text, columns - hang).map((text, i) => [
      i === 0 ? first! : span(' '.repeat(hang)),
      { ...second!, text },
    ]);
  return wrapSpans(spans, columns, 4);
}
