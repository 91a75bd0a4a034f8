import type { EditorMove } from '../editor.ts';
import { formOf } from '../forms.ts';
import type { ScreenCommand } from './defaults.ts';
import type { KeyRow } from './row.ts';

const filter = { category: 'Filter line', contexts: ['filter'] } as const;
const form = { category: 'Form', contexts: ['form'] } as const;
const page = { type: 'move', page: true } as const;

const edit = (command: ScreenCommand, move: EditorMove, help: string): KeyRow => ({
  category: 'A line being typed',
  contexts: ['filter', 'form'],
  command,
  action: { type: 'edit', move },
  help,
});

/** Filling in lines and forms, answering, and closing pages. */
export const typingRows: readonly KeyRow[] = [
  { ...filter, command: 'apply-filter', action: { type: 'apply-filter' }, help: 'apply it', hint: 'apply' },
  {
    ...filter,
    command: 'leave-filter',
    action: { type: 'back' },
    help: 'leave the filter as it was',
    hint: 'cancel',
    needed: true,
  },
  {
    ...form,
    command: 'run-form',
    action: { type: 'submit' },
    help: 'do it',
    hint: (state) => (state.form ? formOf(state.form.state.id).verb : 'run'),
  },
  { ...form, command: 'next-field', action: { type: 'field', by: 1 }, help: 'next field', hint: 'next' },
  { ...form, command: 'previous-field', action: { type: 'field', by: -1 }, help: 'previous field' },
  {
    ...form,
    command: 'leave-form',
    action: { type: 'back' },
    help: 'leave it, nothing is done',
    hint: 'cancel',
    needed: true,
  },
  { ...form, command: 'faults-up', action: { ...page, by: -1 }, help: 'scroll the kinds of faults up' },
  { ...form, command: 'faults-down', action: { ...page, by: 1 }, help: 'scroll the kinds of faults down' },
  edit('left', 'left', 'a character left; of several values the one before'),
  edit('right', 'right', 'a character right; of several values the next'),
  edit('line-start', 'home', 'to the beginning'),
  edit('line-end', 'end', 'to the end'),
  edit('backspace', 'backspace', 'delete the character before the cursor'),
  edit('delete', 'delete', 'delete the character under the cursor'),
  edit('delete-word', 'delete-word', 'delete the word before the cursor'),
  { ...edit('delete-line', 'delete-line', 'delete everything before the cursor'), hint: 'clear' },
  {
    category: 'Question',
    contexts: ['question'],
    command: 'yes',
    action: { type: 'answer', yes: true },
    help: 'yes',
    hint: 'yes',
  },
  {
    category: 'Question',
    contexts: ['question'],
    command: 'no',
    action: { type: 'answer', yes: false },
    help: 'no',
    hint: 'no',
    needed: true,
  },
  {
    category: 'Page',
    contexts: ['sheet'],
    command: 'close-page',
    action: { type: 'back' },
    help: 'close',
    hint: 'close',
    needed: true,
  },
];
