import type { BodyRecord, DeliveryDetail } from '../core/record.ts';
import type { DetailState } from '../view/detail.ts';
import type { ViewState } from '../view/state.ts';
import { attemptLines } from './attempt-lines.ts';
import { codingNote, headerLines, rawLines, readable } from './body-lines.ts';
import { jsonLines, treeLimit } from './json-lines.ts';
import { type Line, type Lines, lines, stack, type TabLines, textLine } from './lines.ts';
import { span, visible, wrapWords } from './text.ts';
import { timelineLines } from './timeline-lines.ts';

/** The columns that stand before every line: the cursor's. */
const gutter = 2;

/** The part of the state that a tab is made from, and the columns that it has. */
type Input = Pick<DetailState, 'data' | 'tab' | 'folds'> & Pick<ViewState, 'host'> & { columns: number };
let last: { input: Input; lines: TabLines } | null = null;

/** The lines of the current tab. They are kept until something they depend on changes. */
export function tabLines(input: Input): TabLines {
  const { data, tab, folds, host, columns } = input;
  const same =
    last &&
    last.input.data === data &&
    last.input.tab === tab &&
    last.input.folds === folds &&
    last.input.host === host &&
    last.input.columns === columns;
  if (!same) last = { input, lines: build(input) };
  return last!.lines;
}

function build({ data, tab, folds, host, columns }: Input): TabLines {
  const width = Math.max(10, columns - gutter);
  const flat = (content: Lines): TabLines => ({ lines: content, folds: false, isOpen: () => true });
  if (data === null) return flat(lines([textLine(span('Loading …', 'dim'))]));
  switch (tab) {
    case 'payload': {
      const body = readable(data.delivery.body);
      const tree = treeOf(body, width, folds);
      const content = stack([note(data, tree === null, width), tree ?? rawLines(body, width)]);
      return { lines: content, folds: tree !== null, isOpen: (id) => !folds.has(id) };
    }
    case 'headers':
      return flat(headerLines(data.delivery.headers, width));
    case 'attempts':
      return attemptLines(data.attempts, { folds, width, host });
    case 'raw':
      return flat(rawLines(data.delivery.body, width));
    case 'timeline':
      return flat(timelineLines(data, width));
  }
}

/** A body as a foldable tree; null when it is not JSON. */
const treeOf = (body: BodyRecord, width: number, folds: ReadonlySet<string>): Lines | null =>
  body.encoding === 'utf8' ? jsonLines(body.data, { width, id: 'json', folds }) : null;

/** What is unusual about a payload, above it. */
function note({ delivery }: DeliveryDetail, noTree: boolean, width: number): Lines {
  const coded = codingNote(delivery.body);
  const notes = coded === null ? [] : [coded];
  if (delivery.body.decoded) notes.push('The tab Raw has the bytes as they were sent.');
  if (delivery.intake === 'aborted')
    notes.push('The sender went away before the body was complete: this is what arrived.');
  if (delivery.intake === 'too-large')
    notes.push('The body is over the limit (--max-body): this is its beginning.');
  if (delivery.note !== null)
    notes.push(
      delivery.status === null && delivery.intake !== 'refused' && !delivery.damage
        ? `Not a Reducto payload: ${delivery.note}`
        : delivery.note,
    );
  if (noTree && delivery.body.encoding === 'utf8' && delivery.body.data.length > treeLimit)
    notes.push(
      `Shown as text: over ${treeLimit.toLocaleString('en')} characters are not laid out as a tree.`,
    );
  const rows = notes.flatMap((text) =>
    wrapWords(visible(text), width).map((row): Line => textLine(span(row, 'warn'))),
  );
  return lines(rows.length === 0 ? [] : [...rows, textLine()]);
}
