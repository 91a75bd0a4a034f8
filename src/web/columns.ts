import { useSyncExternalStore } from 'react';
import type { DeliverySummary } from '../core/record.ts';
import { formatSize } from '../core/units.ts';
import type { Cell, ListRow } from '../view/row.ts';

/** A column of the list. */
export interface Column {
  id: string;
  title: string;
  /** A track of a CSS grid. */
  width: string;
  cell(row: ListRow, summary: DeliverySummary): Cell;
  /** What a sign means. */
  hint?: string;
  /** Whether it is left out where there is little room. */
  wide?: true;
  /** Whether it is shown at first. */
  shown: boolean;
}

const plain =
  (of: (row: ListRow, summary: DeliverySummary) => string): Column['cell'] =>
  (row, summary) => ({ text: of(row, summary) });

/** Every column that can be shown, in their order. */
export const columns: readonly Column[] = [
  { id: 'seq', title: '#', width: 'minmax(30px, 52px)', shown: true, cell: plain(({ seq }) => `#${seq}`) },
  {
    id: 'time',
    title: 'Received',
    width: 'minmax(58px, 62px)',
    shown: true,
    cell: plain(({ time }) => time),
  },
  { id: 'status', title: 'Status', width: 'minmax(68px, 74px)', shown: true, cell: ({ status }) => status },
  { id: 'verified', title: '✓', width: '14px', shown: true, cell: ({ mark }) => mark, hint: 'verification' },
  { id: 'job', title: 'Job', width: 'minmax(36px, 1.2fr)', shown: true, cell: plain(({ job }) => job) },
  {
    id: 'metadata',
    title: 'Metadata',
    width: 'minmax(60px, 1.4fr)',
    shown: true,
    wide: true,
    cell: plain(({ metadata }) => metadata),
  },
  { id: 'path', title: 'Path', width: 'minmax(60px, 1fr)', shown: false, cell: plain(({ path }) => path) },
  { id: 'source', title: 'Source', width: '62px', shown: false, cell: plain((_, { source }) => source) },
  { id: 'size', title: 'Size', width: '64px', shown: false, cell: plain((_, { size }) => formatSize(size)) },
  {
    id: 'fault',
    title: '!',
    width: '8px',
    shown: true,
    cell: ({ fault }) => fault,
    hint: 'a fault on purpose',
  },
  {
    id: 'outcome',
    title: 'Answer',
    width: 'minmax(34px, 60px)',
    shown: true,
    cell: ({ outcome }) => outcome,
  },
  {
    id: 'attempts',
    title: '×',
    width: 'minmax(18px, 26px)',
    shown: true,
    cell: plain(({ attempts }) => attempts),
    hint: 'attempts',
  },
  {
    id: 'latency',
    title: 'Took',
    width: '56px',
    shown: true,
    wide: true,
    cell: plain(({ latency }) => latency),
  },
];

const key = 'columns';
const listeners = new Set<() => void>();
let chosen = read();

/** The columns that the user wants to see, as they were chosen last. */
export const useColumns = (): readonly Column[] =>
  useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    () => chosen,
  );

/** Shows or hides a column, from now on. */
export function toggleColumn(id: string): void {
  chosen = columns.filter((column) => chosen.includes(column) !== (column.id === id));
  localStorage.setItem(key, JSON.stringify(chosen.map((column) => column.id)));
  for (const listener of listeners) listener();
}

function read(): readonly Column[] {
  const kept = localStorage.getItem(key);
  if (kept === null) return columns.filter(({ shown }) => shown);
  return columns.filter(({ id }) => kept.includes(`"${id}"`));
}

/** The grid of a row: the mark, then the columns. */
export const tracks = (shown: readonly Column[]): string =>
  ['12px', ...shown.map(({ width }) => width)].join(' ');
