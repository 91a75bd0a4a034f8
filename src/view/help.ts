import { filterFields } from '../core/filter.ts';
import { contextTitles, type KeyRow, keysOf } from './keys.ts';
import type { Context } from './state.ts';

/** A part of the help: terms with their meanings. */
export interface HelpSection {
  title: string;
  remark?: string;
  rows: readonly (readonly [term: string, meaning: string])[];
}

/** The help: every key by context, what the marks on the screen mean, the fields of a filter. */
export function helpSections(): HelpSection[] {
  const both =
    (one: Context, other: Context) =>
    ({ contexts }: KeyRow): boolean =>
      contexts.includes(one) && contexts.includes(other);
  const shared = both('list', 'detail');
  const typed = both('filter', 'form');
  return [
    section(`${contextTitles.list} and ${contextTitles.detail.toLowerCase()}`, 'list', shared),
    section(contextTitles.list, 'list', (row) => !shared(row)),
    section(contextTitles.detail, 'detail', (row) => !shared(row)),
    section(contextTitles.form, 'form', (row) => !shared(row) && !typed(row)),
    section(contextTitles.filter, 'filter', (row) => !shared(row) && !typed(row)),
    section('A line being typed', 'filter', (row) => !shared(row) && typed(row)),
    { title: 'Marks', rows: marks },
    {
      title: 'Filter fields',
      remark: 'joined by AND, OR, NOT and ( )',
      rows: [
        ...Object.values(filterFields).map(({ example, help }) => [example, help] as const),
        ['invoice', 'anywhere in job id, path, metadata, method or id'],
      ],
    },
  ];
}

const marks: HelpSection['rows'] = [
  ['●', 'marked'],
  ['!', 'a fault struck it on purpose, on the way to the app or to the sender'],
  ['✓ ✗ ·', 'verified, not what was expected, nothing to verify'],
  ['×3', 'attempts, when there was more than one'],
  ['held', 'held back from the app until it is released'],
  ['ack 200', 'not sent to an app; what the sender was answered'],
];

const section = (title: string, context: Context, wanted: (row: KeyRow) => boolean): HelpSection => ({
  title,
  rows: keysOf(context)
    .filter(({ row }) => wanted(row))
    .map(({ keys, row }) => [keys.join(' '), row.help] as const),
});
