import { filterFields } from '../core/filter.ts';
import { placesOf } from './keys/keymap.ts';
import { keyLabel, keysFor } from './keys/labels.ts';
import { type Category, categories } from './keys/row.ts';
import { keyTable } from './keys/table.ts';
import type { HelpSection, ViewState } from './state.ts';

/** What says itself what its keys are, where it stands. */
const untold: readonly Category[] = ['Question', 'Page'];

/** What is typed into, which a browser does by itself. */
const typed: readonly Category[] = ['Filter line', 'Form', 'A line being typed'];

/** The help: every key by category, what the marks on the screen mean, the fields of a filter. */
export function helpSections(state: ViewState): HelpSection[] {
  const left = state.host.page ? [...untold, ...typed] : untold;
  const told = categories.filter((category) => !left.includes(category));
  return [
    ...told.map((category) => section(state, category)),
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

function section(state: ViewState, category: Category): HelpSection {
  const rows = keyTable.filter(
    (row) => row.category === category && !(state.host.page && (row.terminal || row.action.type === 'fold')),
  );
  return {
    title: category,
    rows: rows.map((row) => {
      const keys = keysFor(state, row.command).map(keyLabel).join(' ');
      const place = row.contexts.length === 1 && row.category !== 'Filter line' && row.category !== 'Form';
      return [keys === '' ? '(no key)' : keys, place ? `${row.help} (${placesOf(row)})` : row.help];
    }),
  };
}
