import type { KeyAction } from './actions.ts';
import type { Context } from './state.ts';

/** One row of the key table: whence the keys themselves, the help screen, the hints and the README's table. */
export interface KeyRow {
  /** Names such as `g`, `up`, `ctrl+c`; any of them. */
  keys: readonly string[];
  contexts: readonly Context[];
  action: KeyAction;
  /** One line of help. */
  help: string;
  /** A word or two for the line at the bottom; rows without one are not hinted at. */
  hint?: string;
}

/** The contexts with their headings, in the order of the help. */
export const contextTitles: Record<Context, string> = {
  list: 'List',
  detail: 'Detail',
  filter: 'Filter line',
  question: 'Question',
  sheet: 'Help',
};

const both = ['list', 'detail'] as const;
const scrolled = ['list', 'detail', 'sheet'] as const;
const everywhere = ['list', 'detail', 'filter', 'question', 'sheet'] as const;

/** Every key. A later row wins nothing: the first that fits a key and context is taken. */
export const keyTable: readonly KeyRow[] = [
  { keys: ['up', 'k'], contexts: scrolled, action: { type: 'move', by: -1 }, help: 'up' },
  { keys: ['down', 'j'], contexts: scrolled, action: { type: 'move', by: 1 }, help: 'down' },
  {
    keys: ['pageup', 'ctrl+b'],
    contexts: scrolled,
    action: { type: 'move', by: -1, page: true },
    help: 'a page up',
  },
  {
    keys: ['pagedown', 'ctrl+f'],
    contexts: scrolled,
    action: { type: 'move', by: 1, page: true },
    help: 'a page down',
  },
  {
    keys: ['g', 'home'],
    contexts: ['list'],
    action: { type: 'end', which: 'first' },
    help: 'the newest, and follow it',
  },
  { keys: ['G', 'end'], contexts: ['list'], action: { type: 'end', which: 'last' }, help: 'the oldest' },
  {
    keys: ['g', 'home'],
    contexts: ['detail', 'sheet'],
    action: { type: 'end', which: 'first' },
    help: 'the top',
  },
  {
    keys: ['G', 'end'],
    contexts: ['detail', 'sheet'],
    action: { type: 'end', which: 'last' },
    help: 'the bottom',
  },

  { keys: ['enter'], contexts: ['list'], action: { type: 'open' }, help: 'open the delivery', hint: 'open' },
  { keys: ['esc'], contexts: ['detail'], action: { type: 'back' }, help: 'back to the list', hint: 'list' },
  {
    keys: ['tab'],
    contexts: ['detail'],
    action: { type: 'tab', tab: 'next' },
    help: 'next tab',
    hint: 'tab',
  },
  {
    keys: ['shift+tab'],
    contexts: ['detail'],
    action: { type: 'tab', tab: 'previous' },
    help: 'previous tab',
  },
  { keys: ['1'], contexts: ['detail'], action: { type: 'tab', tab: 'payload' }, help: 'payload' },
  { keys: ['2'], contexts: ['detail'], action: { type: 'tab', tab: 'headers' }, help: 'headers' },
  { keys: ['3'], contexts: ['detail'], action: { type: 'tab', tab: 'attempts' }, help: 'attempts' },
  {
    keys: ['4'],
    contexts: ['detail'],
    action: { type: 'tab', tab: 'raw' },
    help: 'raw: the body as text, or as a hex dump',
  },
  { keys: ['5'], contexts: ['detail'], action: { type: 'tab', tab: 'timeline' }, help: 'timeline' },
  {
    keys: ['space', 'enter'],
    contexts: ['detail'],
    action: { type: 'fold', how: 'toggle' },
    help: 'fold or unfold',
    hint: 'fold',
  },
  { keys: ['left', 'h'], contexts: ['detail'], action: { type: 'fold', how: 'close' }, help: 'fold' },
  { keys: ['right', 'l'], contexts: ['detail'], action: { type: 'fold', how: 'open' }, help: 'unfold' },
  {
    keys: [']', 'n'],
    contexts: ['detail'],
    action: { type: 'neighbour', by: 1 },
    help: 'the next older delivery',
    hint: 'older',
  },
  {
    keys: ['[', 'p'],
    contexts: ['detail'],
    action: { type: 'neighbour', by: -1 },
    help: 'the next newer delivery',
    hint: 'newer',
  },

  {
    keys: ['/'],
    contexts: ['list'],
    action: { type: 'edit-filter' },
    help: 'filter the list',
    hint: 'filter',
  },
  { keys: ['esc'], contexts: ['list'], action: { type: 'back' }, help: 'remove the filter' },
  {
    keys: ['c'],
    contexts: both,
    action: { type: 'run', task: 'copy-url' },
    help: 'copy the public URL',
    hint: 'copy URL',
  },
  {
    keys: ['r'],
    contexts: both,
    action: { type: 'run', task: 'replay' },
    help: 'replay: send it to the app again, as it was',
    hint: 'replay',
  },
  {
    keys: ['y'],
    contexts: both,
    action: { type: 'run', task: 'copy-curl' },
    help: 'copy the delivery as a curl command',
    hint: 'curl',
  },
  {
    keys: ['s'],
    contexts: both,
    action: { type: 'toggle-secrets' },
    help: 'show or hide secrets',
    hint: 'secrets',
  },
  {
    keys: ['x'],
    contexts: ['list'],
    action: { type: 'ask', task: 'clear' },
    help: 'clear: remove every delivery (asks first)',
    hint: 'clear',
  },
  { keys: ['?'], contexts: both, action: { type: 'help' }, help: 'this help', hint: 'help' },
  { keys: ['q'], contexts: both, action: { type: 'quit' }, help: 'quit', hint: 'quit' },

  {
    keys: ['enter'],
    contexts: ['filter'],
    action: { type: 'apply-filter' },
    help: 'apply it',
    hint: 'apply',
  },
  {
    keys: ['esc'],
    contexts: ['filter'],
    action: { type: 'back' },
    help: 'leave the filter as it was',
    hint: 'cancel',
  },
  {
    keys: ['left', 'ctrl+b'],
    contexts: ['filter'],
    action: { type: 'edit', move: 'left' },
    help: 'a character left',
  },
  {
    keys: ['right', 'ctrl+f'],
    contexts: ['filter'],
    action: { type: 'edit', move: 'right' },
    help: 'a character right',
  },
  {
    keys: ['home', 'ctrl+a'],
    contexts: ['filter'],
    action: { type: 'edit', move: 'home' },
    help: 'to the beginning',
  },
  {
    keys: ['end', 'ctrl+e'],
    contexts: ['filter'],
    action: { type: 'edit', move: 'end' },
    help: 'to the end',
  },
  {
    keys: ['backspace'],
    contexts: ['filter'],
    action: { type: 'edit', move: 'backspace' },
    help: 'delete the character before the cursor',
  },
  {
    keys: ['ctrl+d'],
    contexts: ['filter'],
    action: { type: 'edit', move: 'delete' },
    help: 'delete the character under the cursor',
  },
  {
    keys: ['ctrl+w'],
    contexts: ['filter'],
    action: { type: 'edit', move: 'delete-word' },
    help: 'delete the word before the cursor',
  },
  {
    keys: ['ctrl+u'],
    contexts: ['filter'],
    action: { type: 'edit', move: 'delete-line' },
    help: 'delete everything before the cursor',
    hint: 'clear',
  },

  { keys: ['y'], contexts: ['question'], action: { type: 'answer', yes: true }, help: 'yes', hint: 'yes' },
  {
    keys: ['n', 'esc', 'q'],
    contexts: ['question'],
    action: { type: 'answer', yes: false },
    help: 'no',
    hint: 'no',
  },
  {
    keys: ['esc', 'q', '?', 'enter'],
    contexts: ['sheet'],
    action: { type: 'back' },
    help: 'close',
    hint: 'close',
  },

  { keys: ['ctrl+l'], contexts: everywhere, action: { type: 'redraw' }, help: 'draw the screen anew' },
  { keys: ['ctrl+c'], contexts: everywhere, action: { type: 'quit' }, help: 'quit' },
];

/** What a key does in a context; null when nothing. */
export const keyAction = (key: string, context: Context): KeyAction | null =>
  keyTable.find(({ keys, contexts }) => keys.includes(key) && contexts.includes(context))?.action ?? null;

const shownAs: Record<string, string> = {
  up: '↑',
  down: '↓',
  left: '←',
  right: '→',
  pageup: 'PgUp',
  pagedown: 'PgDn',
  enter: 'Enter',
  esc: 'Esc',
  tab: 'Tab',
  'shift+tab': 'Shift-Tab',
  space: 'Space',
  home: 'Home',
  end: 'End',
  backspace: 'Backspace',
};

/** A key as people read it: `↑`, `Ctrl-C`. */
const keyLabel = (key: string): string =>
  shownAs[key] ?? key.replace(/^ctrl\+(.)$/, (_, letter: string) => `Ctrl-${letter.toUpperCase()}`);

/** The rows of a context, with its keys as people read them. */
export const keysOf = (context: Context): { keys: string[]; row: KeyRow }[] =>
  keyTable
    .filter(({ contexts }) => contexts.includes(context))
    .map((row) => ({ keys: row.keys.map(keyLabel), row }));

/** The README's table of keys. */
export function keysMarkdown(): string {
  const rows = keyTable.map(({ keys, contexts, help }) => {
    const where =
      contexts.length === everywhere.length
        ? 'everywhere'
        : contexts.map((context) => contextTitles[context].toLowerCase()).join(', ');
    return `| ${keys.map((key) => `\`${keyLabel(key)}\``).join(' ')} | ${where} | ${help} |`;
  });
  return ['| Key | Where | What it does |', '| --- | --- | --- |', ...rows].join('\n');
}
