import { type MouseEvent, memo } from 'react';
import type { DeliverySummary } from '../core/record.ts';
import { heldRow, listRow } from '../view/row.ts';
import type { Column } from './columns.ts';
import { Text } from './text.tsx';

/** Height of a row (px). */
export const rowHeight = 28;
/** Rows that are drawn beyond those in sight. */
export const overscan = 6;

interface RowProps {
  row: DeliverySummary | undefined;
  index: number;
  top: number;
  shown: readonly Column[];
  open: boolean;
  /** Whether the keyboard is on it. */
  active: boolean;
  marked: boolean;
  held: boolean;
  expected: boolean;
  choose(seq: number, event: MouseEvent): void;
}

/** A delivery in the list; its place only, where it is not known yet. */
export const Row = memo(function Row(props: RowProps) {
  const { row, index, top, shown, open, active, marked, held, expected, choose } = props;
  const place = { transform: `translateY(${top}px)`, height: rowHeight };
  if (!row)
    return (
      <div className="row unknown" style={place} role="row" aria-rowindex={index + 2}>
        <span role="gridcell">…</span>
      </div>
    );
  const cells = held ? heldRow(listRow(row, Date.now())) : listRow(row, Date.now());
  const states = { open, active, marked, expected };
  const names = Object.entries(states).flatMap(([name, is]) => (is ? [name] : []));
  return (
    // The keyboard is served by the grid, which says which row is the active one.
    <div
      id={`row-${row.seq}`}
      className={['row', ...names].join(' ')}
      style={place}
      role="row"
      aria-rowindex={index + 2}
      aria-selected={open || marked}
      // With shift rows are marked, no text.
      onMouseDown={(event) => event.shiftKey && event.preventDefault()}
      onClick={(event) => choose(row.seq, event)}
    >
      <span role="gridcell" className="mark">
        {marked ? '●' : ''}
      </span>
      {shown.map((column) => {
        const { text, tone = '' } = column.cell(cells, row);
        return (
          <span
            key={column.id}
            role="gridcell"
            className={`${column.id} ${tone}${column.wide ? ' wide' : ''}`}
            title={column.hint && text !== '' ? column.hint : undefined}
          >
            <Text of={text} />
          </span>
        );
      })}
    </div>
  );
});
