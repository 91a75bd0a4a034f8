import { type FormEvent, type KeyboardEvent, useEffect, useId, useMemo, useRef, useState } from 'react';
import { completions, seenIn } from '../view/complete.ts';
import { filterError } from '../view/filter-error.ts';
import { usePage, useViewState } from './page.ts';
import { Text } from './text.tsx';

/** The line of the filter: it says what is wrong with it, and how it can go on. */
export function FilterLine() {
  const { view, list } = usePage();
  const { filter } = useViewState();
  const input = useRef<HTMLInputElement>(null);
  const [text, setText] = useState(filter.applied);
  const [place, setPlace] = useState(0);
  const [open, setOpen] = useState(false);
  const [chosen, setChosen] = useState(-1);
  const id = useId();
  useEffect(() => setText(filter.applied), [filter.applied]);
  const { from, options } = useMemo(
    () => (open ? completions(text, place, seenIn(list.state().rows)) : { from: 0, options: [] }),
    [open, text, place, list],
  );
  const problem = filterError(text)?.message ?? null;
  const shown = open && options.length > 0;

  const typed = (value: string, at: number): void => {
    setText(value);
    setPlace(at);
    setChosen(-1);
    if (value === '') view.dispatch({ type: 'filter', query: '' });
  };
  const complete = (completion: string): void => {
    const rest = text.slice(place);
    const value = text.slice(0, from) + completion + rest;
    typed(value, from + completion.length);
    // A field goes on with its value; after a value the filter may be whole.
    setOpen(/[:.\s]$/.test(completion));
    requestAnimationFrame(() =>
      input.current?.setSelectionRange(value.length - rest.length, value.length - rest.length),
    );
  };
  const press = (event: KeyboardEvent): void => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step !== undefined) {
      setOpen(true);
      setChosen((at) => Math.max(-1, Math.min(options.length - 1, at + step)));
    } else if (shown && options[chosen] && (event.key === 'Enter' || event.key === 'Tab'))
      complete(options[chosen].text);
    else if (event.key === 'Escape' && shown) setOpen(false);
    else if (event.key === 'Escape') input.current?.blur();
    else return;
    event.preventDefault();
  };
  const apply = (event: FormEvent): void => {
    event.preventDefault();
    setOpen(false);
    if (problem === null) view.dispatch({ type: 'filter', query: text });
  };

  return (
    <search>
      <form onSubmit={apply}>
        <input
          ref={input}
          id="filter"
          type="search"
          role="combobox"
          aria-expanded={shown}
          aria-controls={`${id}-options`}
          aria-autocomplete="list"
          aria-activedescendant={shown && chosen >= 0 ? `${id}-${chosen}` : undefined}
          aria-label="Filter"
          aria-invalid={problem !== null}
          aria-describedby={`${id}-problem`}
          placeholder="Filter: status:failed AND metadata.user_id:7   ( / )"
          autoComplete="off"
          spellCheck={false}
          value={text}
          onFocus={() => setOpen(true)}
          onBlur={() => setOpen(false)}
          onSelect={({ currentTarget }) => setPlace(currentTarget.selectionStart ?? 0)}
          onChange={({ target }) => {
            typed(target.value, target.selectionStart ?? target.value.length);
            setOpen(true);
          }}
          onKeyDown={press}
        />
        <ul
          id={`${id}-options`}
          role="listbox"
          aria-label="How it can go on"
          className="completions"
          hidden={!shown}
        >
          {options.map((option, i) => (
            <li
              key={option.text}
              id={`${id}-${i}`}
              role="option"
              aria-selected={i === chosen}
              // Before the line loses the focus.
              onMouseDown={(event) => {
                event.preventDefault();
                complete(option.text);
              }}
            >
              <code>
                <Text of={option.text} />
              </code>
              <span className="dim">{option.help}</span>
            </li>
          ))}
        </ul>
      </form>
      <p id={`${id}-problem`} className="problem" role="status">
        {problem ?? ''}
      </p>
    </search>
  );
}
