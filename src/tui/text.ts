import stringWidth from 'string-width';
import { printable } from '../core/text.ts';
import { characters, isSimple } from '../view/characters.ts';
import type { Tone } from '../view/tone.ts';

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

// ASCII, Latin, and the punctuation, arrows, lines and shapes that take one column each: most text, measured fast.
const plain =
  /^[\x20-\x7e\xa1-\xac\xae-\u02ff\u2010-\u2027\u2030-\u205e\u2190-\u21ff\u2500-\u25fa\u2713\u2717\u276f]*$/;
const invisible = /[\p{Default_Ignorable_Code_Point}\p{Mn}\p{Me}]/u;

/** A character as a reader counts it, with its width in columns. */
export interface Grapheme {
  text: string;
  width: number;
}

/** No character that people read takes more columns; what claims to is drawn letter by letter. */
const widest = 4;

/** The characters of `text` as a reader counts them, each with its width in columns. */
export function* graphemes(text: string): Generator<Grapheme> {
  for (const part of characters(text)) {
    const width = graphemeWidth(part);
    if (width <= widest) yield { text: part, width };
    else for (const letter of part) yield { text: letter, width: graphemeWidth(letter) };
  }
}

// What is on the screen is measured again for every frame.
const widths = new Map<string, number>();
const lineWidths = new Map<string, number>();
/** Lines whose width is kept are no longer than this. */
const shortLine = 256;

function graphemeWidth(grapheme: string): number {
  const unit = grapheme.charCodeAt(0);
  // Kana and Chinese take two columns, what comes before them one.
  if (grapheme.length === 1 && isSimple(unit)) return unit < 0x3041 ? 1 : 2;
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
  let width = text.length <= shortLine ? lineWidths.get(text) : undefined;
  if (width === undefined) {
    width = 0;
    for (const grapheme of graphemes(text)) width += grapheme.width;
    if (lineWidths.size > 2_000) lineWidths.clear();
    if (text.length <= shortLine) lineWidths.set(text, width);
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

/** Characters of a text that are looked at where it has one line: no screen is wider. */
const longestLine = 1_000;

/** Text from outside for a place in one line, as {@link visible} makes it; what no line has room for is left out. */
export const oneLine = (text: string): string => visible(text.slice(0, longestLine));

/** `text` cut to `width` columns, with a mark where something was cut off. Costs what is shown, not what is not. */
export function clip(text: string, width: number, mark: '…' | '' = '…'): string {
  if (text.length <= width && plain.test(text)) return text;
  if (width <= 0) return '';
  const cut = text.slice(0, columnsIn(text, width).length);
  return cut.length === text.length ? text : cut.slice(0, columnsIn(cut, width - mark.length).length) + mark;
}

/** How much of `text` has room in `width` columns: its length in UTF-16 units, and the columns it takes. */
function columnsIn(text: string, width: number): { length: number; columns: number } {
  let length = 0;
  let columns = 0;
  for (const grapheme of graphemes(text)) {
    if (columns + grapheme.width > width) break;
    length += grapheme.text.length;
    columns += grapheme.width;
  }
  return { length, columns };
}

/** `text` in exactly `width` columns. */
export function fitText(text: string, width: number, align: 'left' | 'right' = 'left'): string {
  const cut = clip(text, width);
  const space = ' '.repeat(Math.max(0, width - textWidth(cut)));
  return align === 'left' ? cut + space : space + cut;
}

/** A line cut to `width` columns, with a mark where something was cut off. */
export function clipSpans(spans: readonly Span[], width: number): Span[] {
  let left = width;
  for (const [index, part] of spans.entries()) {
    const { length, columns } = columnsIn(part.text, left);
    const whole = length === part.text.length;
    if (whole && (columns < left || spans.slice(index + 1).every(({ text }) => text === ''))) {
      left -= columns;
      continue;
    }
    const kept = whole ? clip(`${part.text}  `, left) : clip(part.text, left);
    return [...spans.slice(0, index), { ...part, text: kept }];
  }
  return [...spans];
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
    if (used + grapheme.width > columns && piece !== '') {
      pieces.push(piece);
      piece = '';
      used = 0;
    }
    piece += grapheme.text;
    used += grapheme.width;
  }
  pieces.push(piece);
  return pieces;
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
    for (const piece of pieces) rows.push(piece); // there may be more than a call takes arguments
  }
  rows.push(row);
  return rows;
}

/** A line in pieces of at most `width` columns; those after the first begin with `indent` spaces. */
export function wrapSpans(spans: readonly Span[], width: number, indent: number): Span[][] {
  const hang = Math.min(indent, Math.floor(width / 2));
  const rows: Span[][] = [[]];
  let left = width;
  const next = (): void => {
    rows.push([span(' '.repeat(hang))]);
    left = width - hang;
  };
  for (const part of spans) {
    let from = 0;
    let at = 0;
    const add = (): void => {
      if (at > from) rows.at(-1)!.push({ ...part, text: part.text.slice(from, at) });
      from = at;
    };
    for (const grapheme of graphemes(part.text)) {
      if (grapheme.width > left) {
        add();
        next();
      }
      at += grapheme.text.length;
      left -= grapheme.width;
    }
    add();
  }
  return rows;
}
