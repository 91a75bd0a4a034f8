import { type Column, columns, toggleColumn } from './columns.ts';

/** The names of the columns, and which of them are shown. */
export function ListHeader({ shown }: { shown: readonly Column[] }) {
  return (
    <div className="row-header" role="rowgroup">
      <div className="row names" role="row" aria-rowindex={1}>
        <span role="columnheader" className="mark">
          <span className="hidden">Marked</span>
        </span>
        {shown.map(({ id, title, hint, wide }) => (
          <span
            key={id}
            role="columnheader"
            className={`${id}${wide ? ' wide' : ''}`}
            title={hint}
            aria-label={hint}
          >
            {title}
          </span>
        ))}
      </div>
    </div>
  );
}

/** A button with a list of all columns to choose from. */
export function ColumnChooser({ shown }: { shown: readonly Column[] }) {
  return (
    <>
      <button type="button" popoverTarget="columns" className="choose-columns">
        Columns
      </button>
      <div id="columns" popover="auto" role="group" aria-label="Columns that are shown">
        {columns.map((column) => (
          <label key={column.id}>
            <input
              type="checkbox"
              checked={shown.includes(column)}
              onChange={() => toggleColumn(column.id)}
            />
            {column.title} {column.hint && <span className="dim">{column.hint}</span>}
          </label>
        ))}
      </div>
    </>
  );
}
