import { printable } from '../core/text.ts';
import {
  type Change,
  type Difference,
  type DiffLine,
  type Hunk,
  type LinePart,
  withinLine,
} from '../core/text-diff.ts';
import { headersThatDiffer, isAlike, ownHeadersNote } from '../view/difference.ts';
import type { SheetContent } from '../view/state.ts';
import './difference.css';

type Content = Extract<SheetContent, { kind: 'difference' }>;

/** Two requests, and their answers where there are any, side by side. */
export function DifferenceView({ before, after, requests, answers, remark }: Content) {
  return (
    <div className="difference">
      {remark !== null && <p className="dim">{remark}</p>}
      <Sides title="Request" before={before} after={after} difference={requests} />
      {answers && <Sides title="Answer of the app" before={before} after={after} difference={answers} />}
      {answers === null && <p className="dim">One of the two has no answer.</p>}
    </div>
  );
}

/** What differs between two, in two columns. */
export function Sides({
  title,
  before,
  after,
  difference,
}: {
  title: string;
  before: string;
  after: string;
  difference: Difference;
}) {
  const { start, headers, body } = difference;
  const { telling, own } = headersThatDiffer(headers);
  return (
    <section>
      <h3>{title}</h3>
      {isAlike(difference) ? (
        <p>No difference.</p>
      ) : (
        <table className="sides">
          <thead>
            <tr>
              <th scope="col">{printable(before)}</th>
              <th scope="col">{printable(after)}</th>
            </tr>
          </thead>
          <tbody>
            {start && <ChangeRow {...start} />}
            {telling.map(({ name, ...change }) => (
              <ChangeRow key={name + change.before + change.after} name={name} {...change} />
            ))}
            {body.kind === 'lines' &&
              body.hunks.map((hunk) => <HunkRows key={hunk.beforeStart} hunk={hunk} />)}
          </tbody>
        </table>
      )}
      {body.kind === 'differs' && <p>{printable(body.note)}</p>}
      {own.length > 0 && <p className="dim">{printable(ownHeadersNote(own))}</p>}
    </section>
  );
}

function ChangeRow({ name, before, after }: Change & { name?: string }) {
  const text = (value: string | null): string | null =>
    value === null || name === undefined ? value : `${name}: ${value}`;
  return <SidesRow before={text(before)} after={text(after)} changed />;
}

function HunkRows({ hunk }: { hunk: Hunk }) {
  return paired(hunk.lines).map(([left, right], i) => (
    <SidesRow
      // biome-ignore lint/suspicious/noArrayIndexKey: lines have no other name
      key={i}
      before={left?.text ?? null}
      after={right?.text ?? null}
      changed={left?.kind !== 'same'}
    />
  ));
}

/** A line beside what it became, what differs within it set off; colour is not the only sign. */
function SidesRow({
  before,
  after,
  changed,
}: {
  before: string | null;
  after: string | null;
  changed: boolean;
}) {
  const parts = changed && before !== null && after !== null ? withinLine(before, after) : null;
  return (
    <tr>
      <td className={changed && before !== null ? 'removed' : ''}>
        {parts ? <Parts of={parts.before} as="del" /> : before !== null && printable(before)}
      </td>
      <td className={changed && after !== null ? 'added' : ''}>
        {parts ? <Parts of={parts.after} as="ins" /> : after !== null && printable(after)}
      </td>
    </tr>
  );
}

function Parts({ of: parts, as: Mark }: { of: readonly LinePart[]; as: 'del' | 'ins' }) {
  return parts.map(({ text, changed }, i) =>
    // biome-ignore lint/suspicious/noArrayIndexKey: parts have no other name
    changed ? <Mark key={i}>{printable(text)}</Mark> : printable(text),
  );
}

/** The lines of both sides, those that were changed beside what they became. */
function paired(lines: readonly DiffLine[]): [DiffLine | null, DiffLine | null][] {
  const rows: [DiffLine | null, DiffLine | null][] = [];
  let removed: DiffLine[] = [];
  const settle = (): void => {
    rows.push(...removed.map((line): [DiffLine, null] => [line, null]));
    removed = [];
  };
  for (const line of lines) {
    if (line.kind === 'removed') removed.push(line);
    else if (line.kind === 'added') rows.push([removed.shift() ?? null, line]);
    else {
      settle();
      rows.push([line, line]);
    }
  }
  settle();
  return rows;
}
