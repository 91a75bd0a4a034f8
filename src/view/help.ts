import { filterFields } from '../core/filter.ts';
import { contextTitles, type KeyRow, keysOf } from './keys.ts';
import type { Context, Sheet } from './state.ts';
import { type Span, span } from './text.ts';

/** The help: every key by context, what the marks on the screen mean, the fields of a filter. */
export function helpSheet(): Omit<Sheet, 'top'> {
  const both =
    (one: Context, other: Context) =>
    ({ contexts }: KeyRow): boolean =>
      contexts.includes(one) && contexts.includes(other);
  const shared = both('list', 'detail');
  const typed = both('filter', 'form');
  const sections = [
    ...section(`${contextTitles.list} and ${contextTitles.detail.toLowerCase()}`, 'list', shared),
    ...section(contextTitles.list, 'list', (row) => !shared(row)),
    ...section(contextTitles.detail, 'detail', (row) => !shared(row)),
    ...section(contextTitles.form, 'form', (row) => !shared(row) && !typed(row)),
    ...section(contextTitles.filter, 'filter', (row) => !shared(row) && !typed(row)),
    ...section('A line being typed', 'filter', (row) => !shared(row) && typed(row)),
  ];
  return { title: 'Help', lines: [...sections, ...marksHelp(), ...filterHelp()] };
}

const marks: readonly (readonly [mark: string, meaning: string])[] = [
  ['●', 'marked'],
  ['!', 'a fault struck it on purpose, on the way to the app or to the sender'],
  ['✓ ✗ ·', 'verified, not what was expected, nothing to verify'],
  ['×3', 'attempts, when there was more than one'],
  ['held', 'held back from the app until it is released'],
  ['ack 200', 'not sent to an app; what the sender was answered'],
];

const marksHelp = (): Span[][] => [
  [span('Marks', undefined, true)],
  ...marks.map(([mark, meaning]) => [span(`  ${mark}`.padEnd(18), 'accent'), span(meaning)]),
  [],
];

function section(title: string, context: Context, wanted: (row: KeyRow) => boolean): Span[][] {
  const rows = keysOf(context)
    .filter(({ row }) => wanted(row))
    .map(({ keys, row }) => [span(`  ${keys.join(' ')}`.padEnd(18), 'accent'), span(row.help)]);
  return [[span(title, undefined, true)], ...rows, []];
}

function filterHelp(): Span[][] {
  const fields = Object.entries(filterFields).map(([name, { help, example }]) => ({ name, help, example }));
  return [
    [span('Filter fields', undefined, true), span('  joined by AND, OR, NOT and ( )', 'dim')],
    ...fields.flatMap(({ help, example }): Span[][] => [
      [span(`  ${example.padEnd(24)}`, 'accent'), span(help)],
    ]),
    [span('  invoice'.padEnd(26), 'accent'), span('anywhere in job id, path, metadata, method or id')],
  ];
}
