import { filterFields } from '../core/filter.ts';
import { contextTitles, type KeyRow, keysOf } from './keys.ts';
import type { Context, Sheet } from './state.ts';
import { type Span, span } from './text.ts';

/** The help: every key by context, then the fields of a filter. */
export function helpSheet(): Omit<Sheet, 'top'> {
  const shared = ({ contexts }: KeyRow): boolean => contexts.includes('list') && contexts.includes('detail');
  const sections = [
    ...section(`${contextTitles.list} and ${contextTitles.detail.toLowerCase()}`, 'list', shared),
    ...section(contextTitles.list, 'list', (row) => !shared(row)),
    ...section(contextTitles.detail, 'detail', (row) => !shared(row)),
    ...section(contextTitles.form, 'form', (row) => !shared(row) && !row.contexts.includes('filter')),
    ...section(
      `${contextTitles.filter} and ${contextTitles.form.toLowerCase()}`,
      'filter',
      (row) => !shared(row),
    ),
  ];
  return { title: 'Help', lines: [...sections, ...filterHelp()] };
}

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
