import type { CheckRunStatus } from '../core/session.ts';
import { formatDuration } from '../core/units.ts';
import { checkLook } from '../view/check.ts';
import { isAlike } from '../view/difference.ts';
import type { HelpSection, Sheet, SheetContent } from '../view/state.ts';
import { type Rows, settled } from '../view/surface.ts';
import { differenceLines } from './diff-lines.ts';
import type { ScreenLine } from './screen.ts';
import { fitSpans, oneLine, type Span, span, spansWidth, visible, wrapSpans, wrapWords } from './text.ts';

/** Lines of a page that are not its content: its title, and a gap. */
const headLines = 2;

/** A page laid out. */
export interface SheetLayout extends Rows {
  rows: readonly Span[][];
}

/** Lays a page out in `width` × `height`. */
export function sheetLayout({ content }: Sheet, width: number, height: number): SheetLayout {
  const rows = sheetRows(content, width - 2);
  const inSight = Math.max(1, height - headLines);
  const nothing = (): undefined => undefined;
  return {
    rows,
    count: rows.length,
    inSight,
    folds: false,
    foldAt: nothing,
    insideAt: nothing,
    isOpen: () => true,
  };
}

/** A page as lines of `width` columns. */
export function sheetLines({ title, place }: Sheet, layout: SheetLayout, width: number): ScreenLine[] {
  const { rows, count, inSight } = layout;
  const { top } = settled(place, layout);
  const more = count > inSight ? `${top + 1}–${Math.min(count, top + inSight)} of ${count} ` : '';
  return [
    { spans: fitSpans([span(` ${oneLine(title)}`, 'accent', true)], width, [span(more, 'dim')]) },
    { spans: [] },
    ...rows.slice(top, top + inSight).map((spans) => ({ spans: fitSpans([span(' '), ...spans], width) })),
  ];
}

let last: { content: SheetContent; columns: number; rows: Span[][] } | null = null;

/** A page's rows. They are kept until the page or the width changes. */
function sheetRows(content: SheetContent, columns: number): Span[][] {
  if (last?.content !== content || last.columns !== columns) {
    const safe = contentLines(content).map((spans) =>
      spans.map((part) => ({ ...part, text: visible(part.text) })),
    );
    last = { content, columns, rows: safe.flatMap((spans) => wrapped(spans, columns)) };
  }
  return last.rows;
}

function contentLines(content: SheetContent): Span[][] {
  switch (content.kind) {
    case 'help':
      return helpLines(content.sections);
    case 'text':
      return textLines(content.text);
    case 'check':
      return checkLines(content.run);
    case 'difference':
      return comparisonLines(content);
  }
}

/** Text beyond this is left out: laying it out would hold the keys up. */
const longest = 256_000;

function textLines(text: string): Span[][] {
  const lines = text
    .slice(0, longest)
    .split('\n')
    .map((line) => [span(line)]);
  return text.length <= longest ? lines : [...lines, [span('… and more, which is not shown', 'warn')]];
}

function checkLines({ rows, doing, emulator }: CheckRunStatus): Span[][] {
  const told = emulator?.appMustUseIt ? [[span(`REDUCTO_BASE_URL=${emulator.url}`, 'warn')], []] : [];
  return [
    ...told,
    [span(doing, 'dim')],
    [],
    ...rows.map((row) => {
      const { symbol, tone } = checkLook(row);
      const took = row.durationMs === null ? '' : formatDuration(row.durationMs);
      return [
        span(`${symbol} ${row.id.padEnd(26)} ${row.state.padEnd(14)} ${took.padStart(8)}  `, tone),
        span(row.message || row.title),
      ];
    }),
  ];
}

/** Columns that a term of the help takes at least. */
const termColumns = 18;

const helpLines = (sections: readonly HelpSection[]): Span[][] =>
  sections.flatMap(({ title, remark, rows }, i) => {
    const terms = Math.max(termColumns, ...rows.map(([term]) => term.length + 4));
    return [
      ...(i === 0 ? [] : [[]]),
      [span(title, undefined, true), span(remark === undefined ? '' : `  ${remark}`, 'dim')],
      ...rows.map(([term, meaning]) => [span(`  ${term}`.padEnd(terms), 'accent'), span(meaning)]),
    ];
  });

function comparisonLines(content: Extract<SheetContent, { kind: 'difference' }>): Span[][] {
  const { before, after, requests, answers, remark } = content;
  return [
    [span(`--- ${before}`, 'bad', true)],
    [span(`+++ ${after}`, 'good', true)],
    [],
    ...(isAlike(requests) ? [[span('What was sent is the same.', 'good')], []] : []),
    ...differenceLines(requests),
    ...(answers === undefined ? [] : answerLines(answers)),
    ...(remark === null ? [] : [[span(remark, 'dim')]]),
  ];
}

function answerLines(answers: Parameters<typeof differenceLines>[0] | null): Span[][] {
  const title = [span("The app's answers", 'accent', true)];
  if (answers === null) return [[...title, span('  one of the two has none', 'dim')], []];
  return isAlike(answers) ? [[...title, span('  the same')], []] : [title, ...differenceLines(answers)];
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
