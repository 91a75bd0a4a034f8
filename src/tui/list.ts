import { plural } from '../view/format.ts';
import { keyFor } from '../view/keys/labels.ts';
import { visibleRows } from '../view/list.ts';
import { marksText } from '../view/marks.ts';
import { heldRow, listRow } from '../view/row.ts';
import type { ViewState } from '../view/state.ts';
import { placeColumns, rowSpans, titleSpans } from './columns.ts';
import { emptyLines } from './empty.ts';
import type { ScreenLine } from './screen.ts';
import { fitSpans, oneLine, type Span, span } from './text.ts';

/** Lines above the list's rows: its title and the columns' titles. */
export const listHead = 2;

/** The list in `width` × `height`. */
export function listLines(state: ViewState, width: number, height: number): ScreenLine[] {
  const { list, detail, marks, status } = state;
  const marked = new Set(marks.deliveries);
  const held = new Set(status.held);
  const title: ScreenLine = { spans: fitSpans(titleLine(state), width, followText(state)) };
  if (list.rows.length === 0) return [title, ...emptyLines(state, width)].slice(0, height);
  const inSight = visibleRows(list).map((summary) => {
    const row = listRow(summary, state.now);
    return { summary, row: held.has(summary.seq) ? heldRow(row) : row };
  });
  const placed = placeColumns(width - 3, {
    seq: String(list.rows[0]!.seq).length,
    time: Math.max(...inSight.map(({ row }) => row.time.length)),
  });
  const rows = inSight.map(({ summary, row }): ScreenLine => {
    const selected = summary.seq === list.selected;
    const awaited = summary.jobId !== null && status.expectedJobs.includes(summary.jobId);
    const gutter = `${marked.has(summary.seq) ? '●' : awaited ? '»' : ' '}${selected ? '❯' : ' '} `;
    const plain = [span(gutter, 'accent'), ...rowSpans(row, placed)];
    // Somebody waits for this one.
    const spans = awaited ? plain.map((part) => ({ ...part, bold: true })) : plain;
    // Beside an opened delivery the bar would draw the eye to the wrong side.
    if (selected && detail)
      return {
        spans: fitSpans(
          spans.map((part) => ({ ...part, bold: true })),
          width,
        ),
      };
    return { spans: fitSpans(spans, width), selected };
  });
  return [title, { spans: [span('   '), ...titleSpans(placed)] }, ...rows].slice(0, height);
}

function titleLine(state: ViewState): Span[] {
  const { filter, list, marks } = state;
  const marked = marksText(marks);
  const name = span(' Deliveries', undefined, true);
  const mark =
    marked === null
      ? []
      : [span(`  ● ${marked}`, 'accent', true), span(` · ${keyFor(state, 'unmark')} unmarks`, 'dim')];
  if (filter.applied === '') return [name, ...mark];
  const matches =
    filter.matches === null
      ? plural(list.rows.length, 'match', 'matches')
      : plural(filter.matches, 'match', 'matches');
  return [
    name,
    span('  /', 'dim'),
    span(oneLine(filter.applied), 'accent'),
    span(`  ${matches} · ${keyFor(state, 'remove-filter')} shows all`, 'dim'),
    ...mark,
  ];
}

function followText(state: ViewState): Span[] {
  const { list } = state;
  const key = keyFor(state, 'newest');
  if (list.rows.length === 0) return [];
  if (list.follow) return [span('following ', 'dim')];
  return list.fresh > 0
    ? [span(`▲ ${list.fresh} new`, 'accent', true), span(` · ${key} `, 'dim')]
    : [span(`${key} follows `, 'dim')];
}
