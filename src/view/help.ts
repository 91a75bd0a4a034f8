import { filterFields } from '../core/filter.ts';
import { contextTitles, keysOf } from './keys.ts';
import type { Context, Sheet } from './state.ts';
import { type Span, span } from './text.ts';

/** The help: every key by context, then the fields of a filter. */
export function helpSheet(): Omit<Sheet, 'top'> {
  const contexts: Context[] = ['list', 'detail', 'filter'];
  return { title: 'Help', lines: [...contexts.flatMap(section), ...filterHelp()] };
}

function section(context: Context): Span[][] {
  const rows = keysOf(context).map(({ keys, row }) => [
    span(`  ${keys.join(' ')}`.padEnd(18), 'accent'),
    span(row.help),
  ]);
  return [[span(contextTitles[context], undefined, true)], ...rows, []];
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
