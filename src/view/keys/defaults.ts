/**
 * The keys that each command of the screen has at first, by the name under which the config file gives it others.
 * Keys are named as in `g`, `G`, `up`, `ctrl+c`.
 */
export const defaultKeys = {
  up: ['up', 'k'],
  down: ['down', 'j'],
  'page-up': ['pageup', 'ctrl+b'],
  'page-down': ['pagedown', 'ctrl+f'],
  newest: ['g', 'home'],
  oldest: ['G', 'end'],
  top: ['g', 'home'],
  bottom: ['G', 'end'],
  open: ['enter'],
  'back-to-list': ['esc'],
  older: [']', 'n'],
  newer: ['[', 'p'],

  'next-tab': ['tab'],
  'previous-tab': ['shift+tab'],
  'tab-payload': ['1'],
  'tab-headers': ['2'],
  'tab-attempts': ['3'],
  'tab-raw': ['4'],
  'tab-timeline': ['5'],
  'fold-or-unfold': ['space', 'enter'],
  fold: ['left'],
  unfold: ['right'],

  filter: ['/'],
  'remove-filter': ['esc'],
  mark: ['space', 'm'],
  'mark-here': ['m'],
  unmark: ['u'],
  compare: ['D'],

  replay: ['r'],
  'replay-with-options': ['R'],
  'edit-and-replay': ['e'],
  duplicate: ['d'],
  retry: ['t'],
  'next-attempt': ['N'],
  cancel: ['C'],

  faults: ['f'],
  'clear-faults': ['F'],
  hold: ['h'],
  'let-all-go': ['H'],

  'copy-url': ['c'],
  'copy-curl': ['y'],
  export: ['E'],
  'view-job': ['v'],
  'view-check': ['V'],

  'show-secrets': ['s'],
  trigger: ['n'],
  'open-page': ['o'],
  'reopen-tunnel': ['T'],
  clear: ['x'],
  'run-command': [':'],
  help: ['?'],
  redraw: ['ctrl+l'],
  quit: ['q'],
  'quit-at-once': ['ctrl+c'],

  'apply-filter': ['enter'],
  'leave-filter': ['esc'],
  'run-form': ['enter'],
  'next-field': ['tab', 'down'],
  'previous-field': ['shift+tab', 'up'],
  'leave-form': ['esc'],
  'faults-up': ['pageup'],
  'faults-down': ['pagedown'],
  left: ['left', 'ctrl+b'],
  right: ['right', 'ctrl+f'],
  'line-start': ['home', 'ctrl+a'],
  'line-end': ['end', 'ctrl+e'],
  backspace: ['backspace'],
  delete: ['ctrl+d'],
  'delete-word': ['ctrl+w'],
  'delete-line': ['ctrl+u'],
  yes: ['y'],
  no: ['n', 'esc', 'q'],
  'close-page': ['esc', 'q', '?', 'enter'],
} as const satisfies Record<string, readonly string[]>;

/** The name of a command of the screen. */
export type ScreenCommand = keyof typeof defaultKeys;

/** What a user gave other keys: the keys of each command, none to take them away. */
export type UserKeys = { readonly [K in ScreenCommand]?: readonly string[] };
