import type { KeyAction } from './actions.ts';
import type { Context } from './state.ts';

/** One row of the key table: whence the keys themselves, the help screen, the hints and the reference. */
export interface KeyRow {
  /** Names such as `g`, `up`, `ctrl+c`; any of them. */
  keys: readonly string[];
  contexts: readonly Context[];
  action: KeyAction;
  /** One line of help. */
  help: string;
  /** A word or two for the line at the bottom; rows without one are not hinted at. */
  hint?: string;
  /** When the hint is given, and then first: while something is under way, or waits for its next attempt. */
  hintWhile?: 'work' | 'wait';
}

/** The contexts with their headings, in the order of the help. */
export const contextTitles: Record<Context, string> = {
  list: 'List',
  detail: 'Detail',
  filter: 'Filter line',
  form: 'Form',
  question: 'Question',
  sheet: 'Page',
};

const both = ['list', 'detail'] as const;
const scrolled = ['list', 'detail', 'sheet'] as const;
const typed = ['filter', 'form'] as const;
const everywhere = ['list', 'detail', 'filter', 'form', 'question', 'sheet'] as const;

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
  { keys: ['left'], contexts: ['detail'], action: { type: 'fold', how: 'close' }, help: 'fold' },
  { keys: ['right'], contexts: ['detail'], action: { type: 'fold', how: 'open' }, help: 'unfold' },
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
    keys: ['r'],
    contexts: both,
    action: { type: 'run', task: 'replay' },
    help: 'replay: send it to the app again, as it was',
    hint: 'replay',
  },
  {
    keys: ['R'],
    contexts: both,
    action: { type: 'form', form: 'replay' },
    help: 'replay with options: how often, how fast, changed, with faults, somewhere else',
  },
  {
    keys: ['e'],
    contexts: both,
    action: { type: 'edit-replay' },
    help: 'edit headers and body in $EDITOR, then replay (the selected one)',
    hint: 'edit',
  },
  {
    keys: ['d'],
    contexts: both,
    action: { type: 'form', form: 'duplicate' },
    help: 'send duplicates: one after another, or all at the same instant',
    hint: 'dup',
  },
  {
    keys: ['t'],
    contexts: both,
    action: { type: 'form', form: 'retry' },
    help: 'retry it as Reducto or Svix would, until the app answers 2xx',
    hint: 'retry',
  },
  {
    keys: ['f'],
    contexts: both,
    action: { type: 'form', form: 'faults' },
    help: 'faults: what goes wrong on purpose with what comes in',
    hint: 'faults',
  },
  {
    keys: ['F'],
    contexts: both,
    action: { type: 'run', task: 'clear-faults' },
    help: 'clear the faults: nothing goes wrong on purpose any more',
  },
  {
    keys: ['h'],
    contexts: both,
    action: { type: 'run', task: 'hold' },
    help: 'hold what comes in, or stop that; on one that is held: let it go to the app',
    hint: 'hold',
  },
  {
    keys: ['H'],
    contexts: both,
    action: { type: 'run', task: 'let-go' },
    help: 'stop holding, and let everything go that is held',
  },
  {
    keys: ['N'],
    contexts: both,
    action: { type: 'work', how: 'skip' },
    help: 'of a retry schedule under way: make the next attempt now',
    hint: 'next now',
    hintWhile: 'wait',
  },
  {
    keys: ['C'],
    contexts: both,
    action: { type: 'work', how: 'cancel' },
    help: 'cancel what is under way; what was sent stays recorded',
    hint: 'cancel',
    hintWhile: 'work',
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
    keys: ['space', 'm'],
    contexts: ['list'],
    action: { type: 'mark' },
    help: 'mark it, or take the mark away: r R d t h E act on all that are marked, D compares two',
    hint: 'mark',
  },
  {
    keys: ['m'],
    contexts: ['detail'],
    action: { type: 'mark' },
    help: 'mark the attempt that the cursor is in (tab Attempts); on other tabs the delivery',
  },
  { keys: ['u'], contexts: both, action: { type: 'unmark' }, help: 'take all marks away' },
  {
    keys: ['D'],
    contexts: both,
    action: { type: 'compare' },
    help: 'how two marked deliveries differ; in the tab Attempts two attempts, or one and the delivery',
    hint: 'diff',
  },
  {
    keys: ['E'],
    contexts: both,
    action: { type: 'form', form: 'export' },
    help: 'export to a file: har, ndjson, fixture, curl, httpie',
    hint: 'export',
  },
  {
    keys: ['y'],
    contexts: both,
    action: { type: 'run', task: 'copy-curl' },
    help: 'copy the delivery as a curl command',
    hint: 'curl',
  },
  {
    keys: ['v'],
    contexts: both,
    action: { type: 'run', task: 'view-job' },
    help: 'view its job with the result, as the emulator or Reducto has it',
    hint: 'job',
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
  { keys: ['enter'], contexts: ['form'], action: { type: 'submit' }, help: 'do it', hint: 'run' },
  {
    keys: ['tab', 'down'],
    contexts: ['form'],
    action: { type: 'field', by: 1 },
    help: 'next field',
    hint: 'next',
  },
  {
    keys: ['shift+tab', 'up'],
    contexts: ['form'],
    action: { type: 'field', by: -1 },
    help: 'previous field',
  },
  {
    keys: ['esc'],
    contexts: ['form'],
    action: { type: 'back' },
    help: 'leave it, nothing is done',
    hint: 'cancel',
  },
  {
    keys: ['pageup'],
    contexts: ['form'],
    action: { type: 'move', by: -1, page: true },
    help: 'scroll the kinds of faults up',
  },
  {
    keys: ['pagedown'],
    contexts: ['form'],
    action: { type: 'move', by: 1, page: true },
    help: 'scroll the kinds of faults down',
  },
  {
    keys: ['left', 'ctrl+b'],
    contexts: typed,
    action: { type: 'edit', move: 'left' },
    help: 'a character left; of several values the one before',
  },
  {
    keys: ['right', 'ctrl+f'],
    contexts: typed,
    action: { type: 'edit', move: 'right' },
    help: 'a character right; of several values the next',
  },
  {
    keys: ['home', 'ctrl+a'],
    contexts: typed,
    action: { type: 'edit', move: 'home' },
    help: 'to the beginning',
  },
  {
    keys: ['end', 'ctrl+e'],
    contexts: typed,
    action: { type: 'edit', move: 'end' },
    help: 'to the end',
  },
  {
    keys: ['backspace'],
    contexts: typed,
    action: { type: 'edit', move: 'backspace' },
    help: 'delete the character before the cursor',
  },
  {
    keys: ['ctrl+d'],
    contexts: typed,
    action: { type: 'edit', move: 'delete' },
    help: 'delete the character under the cursor',
  },
  {
    keys: ['ctrl+w'],
    contexts: typed,
    action: { type: 'edit', move: 'delete-word' },
    help: 'delete the word before the cursor',
  },
  {
    keys: ['ctrl+u'],
    contexts: typed,
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

/** The reference's table of keys. */
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
