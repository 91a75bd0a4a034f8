import stringWidth from 'string-width';
import { printable } from '../core/text.ts';

/** What a piece of text means; each screen has its own colours for these. */
export type Tone = 'dim' | 'accent' | 'good' | 'bad' | 'warn' | 'key' | 'string' | 'number' | 'literal';

/** A piece of a line. */
export interface Span {
  text: string;
  tone?: Tone;
  bold?: boolean;
  /** Dark on light: the cursor of a line being typed. */
  inverse?: boolean;
}

/** A {@link Span}, shortly. */
export const span = (text: string, tone?: Tone, bold = false): Span => ({
  text,
  ...(tone && { tone }),
  ...(bold && { bold }),
});

const segmenter = new Intl.Segmenter('en', { granularity: 'grapheme' });
// ASCII, Latin, and the punctuation, arrows, lines and shapes that take one column each: most text, measured fast.
const plain =
  /^[\x20-\x7e\xa1-\xac\xae-\u02ff\u2010-\u2027\u2030-\u205e\u2190-\u21ff\u2500-\u25fa\u2713\u2717\u276f]*$/;
const invisible = /[\p{Default_Ignorable_Code_Point}\p{Mn}\p{Me}]/u;
// Node 20 takes minutes to segment some 100,000 characters at once, and no time for them in slices.
const slice = 256;

/** The characters of `text` as a reader counts them, each with its width in columns. */
export function* graphemes(text: string): Generator<{ text: string; width: number }> {
  for (let at = 0; at < text.length; ) {
    const rest = text.length - at > slice;
    const parts = [...segmenter.segment(text.slice(at, at + slice))].map(({ segment }) => segment);
    // The last one may go on in the next slice.
    if (rest && parts.length > 1) parts.pop();
    for (const part of parts) {
      yield { text: part, width: graphemeWidth(part) };
      at += part.length;
    }
  }
}

// What is on the screen is measured again for every frame.
const widths = new Map<string, number>();
const lineWidths = new Map<string, number>();

function graphemeWidth(grapheme: string): number {
  if (grapheme.length === 1 && grapheme >= ' ' && grapheme <= '~') return 1;
  let width = widths.get(grapheme);
  if (width === undefined) {
    width = stringWidth(grapheme);
    if (widths.size > 5_000) widths.clear();
    widths.set(grapheme, width);
  }
  return width;
}

/** Whether every character of `text` is surely one column wide, in any terminal. */
export const isPlain = (text: string): boolean => plain.test(text);

/** Columns that `text` takes in a terminal. */
export function textWidth(text: string): number {
  if (plain.test(text)) return text.length;
  let width = text.length <= slice ? lineWidths.get(text) : undefined;
  if (width === undefined) {
    width = 0;
    for (const grapheme of graphemes(text)) width += grapheme.width;
    if (lineWidths.size > 2_000) lineWidths.clear();
    if (text.length <= slice) lineWidths.set(text, width);
  }
  return width;
}

/** Columns that a line takes. */
export const spansWidth = (spans: readonly Span[]): number =>
  spans.reduce((sum, { text }) => sum + textWidth(text), 0);

/**
 * Text from outside, safe to draw in a grid of cells: what {@link printable} escapes, and characters that take
 * no cell of their own (zero-width spaces, marks without a letter) as escapes too. Tabs become spaces.
 */
export function visible(text: string): string {
  if (plain.test(text)) return text;
  const safe = printable(text.replaceAll('\t', '    '));
  if (!invisible.test(safe)) return safe;
  let shown = '';
  for (const { text: part, width } of graphemes(safe)) shown += width > 0 ? part : escapeAll(part);
  return shown;
}

const escapeAll = (text: string): string =>
  [...text].map((char) => `\\u${char.codePointAt(0)!.toString(16).padStart(4, '0')}`).join('');

/** `text` cut to `width` columns, with a mark where something was cut off. */
export function clip(text: string, width: number, mark: '…' | '' = '…'): string {
  if (text.length <= width && plain.test(text)) return text;
  if (width <= 0) return '';
  const cut = cutTo(text, width);
  return cut.length === text.length ? text : cutTo(cut, width - mark.length) + mark;
}

function cutTo(text: string, width: number): string {
  let cut = '';
  let used = 0;
  for (const grapheme of graphemes(text)) {
    if (used + grapheme.width > width) break;
    cut += grapheme.text;
    used += grapheme.width;
  }
  return cut;
}

/** `text` in exactly `width` columns. */
export function fitText(text: string, width: number, align: 'left' | 'right' = 'left'): string {
  const cut = clip(text, width);
  const space = ' '.repeat(Math.max(0, width - textWidth(cut)));
  return align === 'left' ? cut + space : space + cut;
}

/** A line cut to `width` columns. */
export function clipSpans(spans: readonly Span[], width: number): Span[] {
  if (spansWidth(spans) <= width) return [...spans];
  const cut: Span[] = [];
  let left = width;
  for (const [index, part] of spans.entries()) {
    const size = textWidth(part.text);
    // One column is kept for the "…", unless nothing is left to cut off.
    const rest = spansWidth(spans.slice(index + 1));
    if (size + rest <= left) return [...cut, ...spans.slice(index)];
    if (size >= left) return [...cut, { ...part, text: clip(`${part.text}${rest > 0 ? '  ' : ''}`, left) }];
    cut.push(part);
    left -= size;
  }
  return cut;
}

/** A line in exactly `width` columns; `right` stands at its end and gives way to what is left of it. */
export function fitSpans(spans: readonly Span[], width: number, right: readonly Span[] = []): Span[] {
  const size = spansWidth(spans);
  const end = spansWidth(right);
  if (end > 0 && size + end < width) return [...spans, span(' '.repeat(width - size - end)), ...right];
  const cut = clipSpans(spans, width);
  return [...cut, span(' '.repeat(Math.max(0, width - spansWidth(cut))))];
}

/** `text` in pieces of at most `width` columns; an empty text is one empty piece. */
export function wrap(text: string, width: number): string[] {
  const columns = Math.max(2, width);
  const pieces: string[] = [];
  if (plain.test(text)) {
    for (let at = 0; at < text.length; at += columns) pieces.push(text.slice(at, at + columns));
    return pieces.length > 0 ? pieces : [''];
  }
  let piece = '';
  let used = 0;
  for (const grapheme of graphemes(text)) {
    if (used + grapheme.width > columns) {
      pieces.push(piece);
      piece = '';
      used = 0;
    }
    piece += grapheme.text;
    used += grapheme.width;
  }
  return [...pieces, piece];
}

/** Prose in lines of at most `width` columns, broken between words where that can be. */
export function wrapWords(text: string, width: number): string[] {
  const rows: string[] = [];
  let row = '';
  for (const word of text.split(' ')) {
    const longer = row === '' ? word : `${row} ${word}`;
    if (textWidth(longer) <= width) {
      row = longer;
      continue;
    }
    if (row !== '') rows.push(row);
    const pieces = wrap(word, width);
    row = pieces.pop()!;
    rows.push(...pieces);
  }
  return [...rows, row];
}

/** A line in pieces of at most `width` columns; those after the first begin with `indent` spaces. */
export function wrapSpans(spans: readonly Span[], width: number, indent: number): Span[][] {
  if (spansWidth(spans) <= width) return [[...spans]];
  const hang = Math.min(indent, Math.floor(width / 2));
  const lines: Span[][] = [[]];
  let left = width;
  const next = (): void => {
    lines.push([span(' '.repeat(hang))]);
    left = width - hang;
  };
  for (const part of spans) {
    let text = part.text;
    while (textWidth(text) > left) {
      const head = cutTo(text, left);
      if (head !== '') lines.at(-1)!.push({ ...part, text: head });
      text = text.slice(head.length);
      next();
    }
    if (text !== '') lines.at(-1)!.push({ ...part, text });
    left -= textWidth(text);
  }
  return lines;
}
