import { useEffect } from 'react';
import { type FaultRow, faultRows, type HowOften, withRow } from '../view/fault-rows.ts';
import type { FaultKindInfo } from '../view/state.ts';
import { usePage, useViewState } from './page.ts';
import './fault-table.css';

const groups = [
  ['app', 'What the app gets wrong'],
  ['sender', 'What the sender gets wrong'],
] as const;

/**
 * Every kind of fault as a row to fill in, which writes the line of the fault language, and follows it.
 * @param fits whether a kind makes sense here
 */
export function FaultTable({
  line,
  fits,
  onChange,
}: {
  line: string;
  fits(kind: FaultKindInfo): boolean;
  onChange(line: string): void;
}) {
  const { view, session } = usePage();
  const { faultKinds } = useViewState();
  const known = faultKinds.length > 0;
  useEffect(() => {
    if (known) return;
    session
      .run('faults', {})
      .then(({ kinds }) => view.dispatch({ type: 'kinds', kinds }))
      .catch(view.failed);
  }, [known, session, view]);
  const rows = faultRows(faultKinds, line);
  return (
    <div className="faults">
      {groups.map(([direction, title]) => {
        const shown = rows.filter(({ kind }) => kind.direction === direction && fits(kind));
        if (shown.length === 0) return null;
        return (
          <fieldset key={direction}>
            <legend>{title}</legend>
            {shown.map((row) => (
              <Row
                key={`${row.kind.name} ${row.word !== null && rows.findIndex((each) => each.kind === row.kind) !== rows.indexOf(row) ? row.word : ''}`}
                row={row}
                change={(next, on) => onChange(withRow(line, next, on))}
              />
            ))}
          </fieldset>
        );
      })}
    </div>
  );
}

function Row({ row, change }: { row: FaultRow; change(row: FaultRow, on: boolean): void }) {
  const { kind, word, parts, often, number } = row;
  const on = word !== null;
  const part = (at: number, value: string): void =>
    change({ ...row, parts: parts.map((old, i) => (i === at ? value : old)) }, true);
  return (
    <div className={on ? 'fault-row on' : 'fault-row'}>
      <label className="fault-name">
        <input type="checkbox" checked={on} onChange={({ target }) => change(row, target.checked)} />
        <b>{kind.name}</b>
      </label>
      <p className="dim">{kind.help}</p>
      {on && (
        <div className="fault-fields">
          {kind.fields.map(({ label, flag }, i) => (
            <label key={label}>
              {flag === undefined && label}
              {flag === undefined ? (
                <input
                  type="text"
                  size={8}
                  spellCheck={false}
                  value={parts[i]}
                  onChange={({ target }) => part(i, target.value.replace(/[\s:]/g, ''))}
                />
              ) : (
                <input
                  type="checkbox"
                  checked={parts[i] !== ''}
                  onChange={({ target }) => part(i, target.checked ? flag : '')}
                />
              )}
              {flag !== undefined && label}
            </label>
          ))}
          <select
            aria-label={`How often ${kind.name} strikes`}
            value={often}
            onChange={({ target }) => {
              const next = target.value as HowOften;
              change({ ...row, often: next, number: next === 'percent' ? '10' : '1' }, true);
            }}
          >
            <option value="always">each time</option>
            <option value="count">the next … times</option>
            <option value="percent">in … % of cases</option>
          </select>
          {often !== 'always' && (
            <label>
              <input
                type="text"
                inputMode="decimal"
                size={4}
                aria-label={often === 'count' ? `How many times ${kind.name}` : `Percentage of ${kind.name}`}
                value={number}
                onChange={({ target }) =>
                  change({ ...row, number: target.value.replace(/[\s:%]/g, '') }, true)
                }
              />
              {often === 'count' ? 'times' : '%'}
            </label>
          )}
        </div>
      )}
    </div>
  );
}
