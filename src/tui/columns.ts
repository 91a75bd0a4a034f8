import type { ListRow } from '../view/row.ts';
import { clip, fitText, oneLine, type Span, span, textWidth } from './text.ts';

/** One column of the list. */
interface Column {
  id: string;
  title: string;
  /** The least and the most columns of the terminal that it takes. */
  min: number;
  max: number;
  /** When there is no room, the greatest goes first. */
  rank: number;
  align?: 'right';
  spans(row: ListRow, width: number): Span[];
}

/** A column with the width it got. */
export interface PlacedColumn {
  column: Column;
  width: number;
}

const text = (value: string, tone?: Span['tone']): Span[] => [span(oneLine(value), tone)];

/** What the columns that never give way hold at most. */
interface Widths {
  seq: number;
  time: number;
}

const columns = ({ seq: seqWidth, time: timeWidth }: Widths): Column[] => [
  {
    id: 'time',
    title: 'TIME',
    min: timeWidth,
    max: timeWidth,
    rank: 2,
    spans: ({ time }) => text(time, 'dim'),
  },
  {
    id: 'seq',
    title: '#',
    min: seqWidth,
    max: seqWidth,
    rank: 4,
    align: 'right',
    spans: ({ seq }) => text(String(seq)),
  },
  {
    id: 'status',
    title: 'STATUS',
    min: 9,
    max: 9,
    rank: 1,
    spans: ({ status }) => text(status.text, status.tone),
  },
  {
    id: 'job',
    title: 'JOB',
    min: 8,
    max: 36,
    rank: 3,
    spans: ({ job }, width) => text(width < 36 ? clip(job, 8, '') : job),
  },
  {
    id: 'metadata',
    title: 'METADATA',
    min: 8,
    max: 60,
    rank: 7,
    spans: ({ metadata }) => text(metadata, 'dim'),
  },
  { id: 'path', title: 'PATH', min: 8, max: 40, rank: 9, spans: ({ path }) => text(path, 'dim') },
  { id: 'mark', title: '✓', min: 1, max: 1, rank: 5, spans: ({ mark }) => text(mark.text, mark.tone) },
  {
    id: 'outcome',
    title: 'ANSWER',
    min: 7,
    max: 16,
    rank: 0,
    spans: ({ outcome }) => text(outcome.text, outcome.tone),
  },
  { id: 'fault', title: '!', min: 1, max: 1, rank: 1, spans: ({ fault }) => text(fault.text, fault.tone) },
  {
    id: 'latency',
    title: 'TOOK',
    min: 7,
    max: 7,
    rank: 8,
    align: 'right',
    spans: ({ latency }) => text(latency, 'dim'),
  },
  { id: 'attempts', title: '', min: 3, max: 4, rank: 5, spans: ({ attempts }) => text(attempts, 'accent') },
];

// Who grows first, and up to where, before the next may.
const growth: readonly (readonly [id: string, to: number])[] = [
  ['metadata', 16],
  ['path', 12],
  ['outcome', 9],
  ['metadata', 28],
  ['path', 20],
  ['job', 36],
  ['outcome', 16],
  ['metadata', 60],
  ['path', 40],
];

/** The columns that fit into `width`, and how wide each is. */
export function placeColumns(width: number, { seq, time }: Widths): PlacedColumn[] {
  const kept = columns({ seq: Math.max(3, seq), time });
  const total = (): number => kept.reduce((sum, { min }) => sum + min + 1, -1);
  while (kept.length > 1 && total() > width) {
    const rank = Math.max(...kept.map((column) => column.rank));
    kept.splice(
      kept.findLastIndex((column) => column.rank === rank),
      1,
    );
  }
  const placed = kept.map((column) => ({ column, width: column.min }));
  let left = width - total();
  for (const [id, to] of growth) {
    const grown = placed.find(({ column }) => column.id === id);
    if (!grown) continue;
    const more = Math.max(0, Math.min(left, to - grown.width));
    grown.width += more;
    left -= more;
  }
  return placed;
}

/** The columns' titles. */
export const titleSpans = (placed: readonly PlacedColumn[]): Span[] =>
  joined(placed.map(({ column, width }) => [span(fitText(column.title, width, column.align), 'dim')]));

/** A row in its columns. */
export const rowSpans = (row: ListRow, placed: readonly PlacedColumn[]): Span[] =>
  joined(placed.map(({ column, width }) => cell(column.spans(row, width), width, column.align)));

function cell(spans: Span[], width: number, align: Column['align']): Span[] {
  const [first] = spans;
  return first && textWidth(first.text) !== width
    ? [{ ...first, text: fitText(first.text, width, align) }]
    : spans;
}

const joined = (cells: readonly Span[][]): Span[] =>
  cells.flatMap((spans, i) => (i === 0 ? spans : [span(' '), ...spans]));
