import { marksText } from '../view/marks.ts';
import { useColumns } from './columns.ts';
import { CommandButton } from './command-button.tsx';
import { FilterLine } from './filter-line.tsx';
import { ColumnChooser } from './list-header.tsx';
import { usePage, useViewState } from './page.ts';

const chips = [
  ['failed answers', 'outcome:error'],
  ['Completed', 'status:completed'],
  ['Failed', 'status:failed'],
  ['not verified', 'verified:false'],
  ['several attempts', 'attempts:>1'],
] as const;

/** The filter, and the common ones as chips. */
export function FilterBar() {
  const { view } = usePage();
  const { filter, status, marks } = useViewState();
  const shown = useColumns();
  const marked = marksText(marks);
  return (
    <section className="filter-bar" aria-label="Filter and marks">
      <FilterLine />
      <div className="chips">
        {chips.map(([name, query]) => {
          const on = filter.applied === query;
          return (
            <button
              key={query}
              type="button"
              className="chip"
              aria-pressed={on}
              onClick={() => view.dispatch({ type: 'filter', query: on ? '' : query })}
            >
              {name}
            </button>
          );
        })}
        <span className="dim count">
          {filter.applied === ''
            ? `${status.deliveries.toLocaleString('en')} deliveries`
            : filter.matches !== null && `${filter.matches.toLocaleString('en')} match`}
          {marked && ` · ${marked}`}
        </span>
        {marked && (
          <>
            <CommandButton command="compare" className="chip">
              Compare
            </CommandButton>
            <CommandButton command="unmark" className="chip">
              Unmark
            </CommandButton>
          </>
        )}
        <ColumnChooser shown={shown} />
      </div>
    </section>
  );
}
