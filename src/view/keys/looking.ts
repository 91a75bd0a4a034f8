import type { Tab } from '../detail.ts';
import type { ScreenCommand } from './defaults.ts';
import type { KeyRow } from './row.ts';
import { noDelivery, noFilter, noMarks, noNeighbour, noPair, nothingFolds, nothingToMark } from './why.ts';

const both = ['list', 'detail'] as const;
const scrolled = ['list', 'detail', 'sheet'] as const;
const move = { category: 'Move', contexts: scrolled } as const;
const ends = { category: 'Move', contexts: ['detail', 'sheet'] } as const;
const list = { category: 'Move', contexts: ['list'] } as const;
const detail = { category: 'Move', contexts: ['detail'] } as const;
const look = { category: 'Look', contexts: ['detail'] } as const;

const tab = (command: ScreenCommand, to: Tab | 'next' | 'previous', help: string): KeyRow => ({
  ...look,
  command,
  action: { type: 'tab', tab: to },
  help,
});

const fold = (command: ScreenCommand, how: 'open' | 'close' | 'toggle', help: string): KeyRow => ({
  ...look,
  command,
  action: { type: 'fold', how },
  help,
  whyNot: nothingFolds,
});

/** Moving about and looking. */
export const lookingRows: readonly KeyRow[] = [
  { ...move, command: 'up', action: { type: 'move', by: -1 }, help: 'up' },
  { ...move, command: 'down', action: { type: 'move', by: 1 }, help: 'down' },
  { ...move, command: 'page-up', action: { type: 'move', by: -1, page: true }, help: 'a page up' },
  { ...move, command: 'page-down', action: { type: 'move', by: 1, page: true }, help: 'a page down' },
  { ...list, command: 'newest', action: { type: 'end', which: 'first' }, help: 'the newest, and follow it' },
  { ...list, command: 'oldest', action: { type: 'end', which: 'last' }, help: 'the oldest' },
  { ...ends, command: 'top', action: { type: 'end', which: 'first' }, help: 'the top' },
  { ...ends, command: 'bottom', action: { type: 'end', which: 'last' }, help: 'the bottom' },
  {
    ...list,
    command: 'open',
    action: { type: 'open' },
    help: 'open the delivery',
    hint: 'open',
    whyNot: noDelivery,
  },
  {
    ...detail,
    command: 'back-to-list',
    action: { type: 'back' },
    help: 'back to the list',
    hint: 'list',
    needed: true,
  },

  { ...tab('next-tab', 'next', 'next tab'), hint: 'tab' },
  tab('previous-tab', 'previous', 'previous tab'),
  tab('tab-payload', 'payload', 'payload'),
  tab('tab-headers', 'headers', 'headers'),
  tab('tab-attempts', 'attempts', 'attempts'),
  tab('tab-raw', 'raw', 'raw: the body as text, or as a hex dump'),
  tab('tab-timeline', 'timeline', 'timeline'),
  { ...fold('fold-or-unfold', 'toggle', 'fold or unfold'), hint: 'fold' },
  fold('fold', 'close', 'fold'),
  fold('unfold', 'open', 'unfold'),
  {
    ...detail,
    command: 'older',
    action: { type: 'neighbour', by: 1 },
    help: 'the next older delivery',
    hint: 'older',
    whyNot: noNeighbour(1),
  },
  {
    ...detail,
    command: 'newer',
    action: { type: 'neighbour', by: -1 },
    help: 'the next newer delivery',
    hint: 'newer',
    whyNot: noNeighbour(-1),
  },
];

/** Choosing what is shown and acted on. */
export const choosingRows: readonly KeyRow[] = [
  {
    category: 'Choose',
    contexts: ['list'],
    command: 'filter',
    action: { type: 'edit-filter' },
    help: 'filter the list',
    now: ({ filter }) => (filter.applied === '' ? 'filter the list' : 'change the filter'),
    hint: 'filter',
    runs: ['filter'],
  },
  {
    category: 'Choose',
    contexts: ['list'],
    command: 'remove-filter',
    action: { type: 'back' },
    help: 'remove the filter',
    hint: 'show all',
    whyNot: noFilter,
  },
  {
    category: 'Choose',
    contexts: ['list'],
    command: 'mark',
    action: { type: 'mark' },
    help: 'mark it, or take the mark away: what sends, holds and exports acts on all that are marked',
    now: (state) => (isMarked(state) ? 'take the mark away' : 'mark it: keys act on all that are marked'),
    hint: (state) => (isMarked(state) ? 'unmark' : 'mark'),
    whyNot: nothingToMark,
  },
  {
    category: 'Choose',
    contexts: ['detail'],
    command: 'mark-here',
    action: { type: 'mark' },
    help: 'mark the attempt that the cursor is in (tab Attempts); on other tabs the delivery',
    whyNot: nothingToMark,
  },
  {
    category: 'Choose',
    contexts: both,
    command: 'unmark',
    action: { type: 'unmark' },
    help: 'take all marks away',
    whyNot: noMarks,
  },
  {
    category: 'Choose',
    contexts: both,
    command: 'compare',
    action: { type: 'compare' },
    help: 'how two marked deliveries differ; in the tab Attempts two attempts, or one and the delivery',
    hint: 'diff',
    whyNot: noPair,
    runs: ['diff'],
  },
];

const isMarked = ({ marks, list: { selected } }: Parameters<NonNullable<KeyRow['now']>>[0]): boolean =>
  selected !== null && marks.deliveries.includes(selected);
