import { defaultKeys, type ScreenCommand, type UserKeys } from './defaults.ts';

/** Keys that are not called by what they type, as people read them. */
export const namedKeys: Readonly<Record<string, string>> = {
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
export const keyLabel = (key: string): string =>
  namedKeys[key] ?? key.replace(/^ctrl\+(.)$/, (_, letter: string) => `Ctrl-${letter.toUpperCase()}`);

/** What is known of the keys where a state is at hand. */
interface Keyed {
  host: { keys: UserKeys };
}

/** The keys of a command, the user's where there are some. */
export const keysFor = ({ host }: Keyed, command: ScreenCommand): readonly string[] =>
  host.keys[command] ?? defaultKeys[command];

/** The first key of a command as a sentence names it. */
export function keyFor(state: Keyed, command: ScreenCommand): string {
  const [first] = keysFor(state, command);
  return first === undefined ? `"${command}" (no key)` : keyLabel(first);
}
