import * as z from 'zod';
import { usageError } from '../../core/errors.ts';
import { defaultKeys, type ScreenCommand, type UserKeys } from './defaults.ts';
import { contextTitles } from './keymap.ts';
import { keyLabel, namedKeys } from './labels.ts';
import type { KeyRow } from './row.ts';
import { keyTable } from './table.ts';

/** Other names of keys, as people know them from elsewhere. */
const otherNames: Readonly<Record<string, string>> = {
  escape: 'esc',
  return: 'enter',
  pgup: 'pageup',
  pgdn: 'pagedown',
  ' ': 'space',
};
/** What a terminal sends for a letter with Ctrl is sometimes another key altogether. */
const sameInTerminal: Readonly<Record<string, string>> = {
  'ctrl+i': 'tab',
  'ctrl+j': 'enter',
  'ctrl+m': 'enter',
  'ctrl+h': 'backspace',
};

/** A key by the name that the table knows it by; takes it as the reference writes it too, as in `Ctrl-R`. */
const keyName = z.string().transform((written, context) => {
  const lower = written.toLowerCase().replace(/^(ctrl|shift)-(.+)$/, '$1+$2');
  const name =
    otherNames[lower] ??
    Object.keys(namedKeys).find((key) => key === lower || namedKeys[key]!.toLowerCase() === lower);
  if (name !== undefined) return name;
  const same = sameInTerminal[lower];
  if (same !== undefined)
    context.addIssue(`"${written}" and ${keyLabel(same)} are one key in a terminal: write "${same}"`);
  else if (/^ctrl\+[a-z]$/.test(lower)) return lower;
  else if (/^[\p{L}\p{N}\p{P}\p{S}]$/u.test(written)) return written;
  else
    context.addIssue(
      `there is no key "${written}": use a character, ctrl+ a letter, or ${Object.keys(namedKeys).join(', ')}`,
    );
  return z.NEVER;
});

const bindings = z.record(
  z.string(),
  z
    .union([z.string(), z.array(z.string())], 'write a key, or several as in ["x", "ctrl+x"]')
    .transform((keys) => (Array.isArray(keys) ? keys : [keys]))
    .pipe(z.array(keyName)),
  'write commands with their keys, as in {"replay": "ctrl+r"}',
);

/**
 * The keys that a user gives to commands: `{"replay": "ctrl+r", "clear": []}`.
 * @param where the place of it, which errors begin with
 * @throws UserError that says what to change
 */
export function parseUserKeys(given: unknown, where: string): UserKeys {
  const wrong = (message: string): never => {
    throw usageError('keys', `${where}: ${message}.`);
  };
  const parsed = bindings.safeParse(given);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const [command] = issue!.path;
    return wrong(`${command === undefined ? '' : `"${String(command)}": `}${issue!.message}`);
  }
  const keys = parsed.data;
  for (const command of Object.keys(keys)) {
    if (!Object.hasOwn(defaultKeys, command))
      wrong(`there is no command "${command}": docs/keys.md has their names${nearest(command)}`);
  }
  for (const row of keyTable) {
    const problem = problemOf(row, keys) ?? takenTwice(row, keys);
    if (problem !== null) wrong(problem);
  }
  return keys;
}

function nearest(command: string): string {
  const names = Object.keys(defaultKeys);
  const found = names.find((name) => name.includes(command) || command.includes(name));
  return found === undefined ? '' : `, such as "${found}"`;
}

const keysOf = (command: ScreenCommand, user: UserKeys): readonly string[] =>
  user[command] ?? defaultKeys[command];

function problemOf({ command, contexts, fixed, needed }: KeyRow, user: UserKeys): string | null {
  const given = user[command];
  if (given === undefined) return null;
  if (fixed) return `"${command}" is always ${defaultKeys[command].map(keyLabel).join(', ')}: leave it out`;
  if (needed && given.length === 0) return `"${command}" needs a key: without it there is no way out`;
  const typed = contexts.find((context) => context === 'filter' || context === 'form');
  const text = typed && given.find((key) => key.length === 1 || key === 'space');
  return text
    ? `"${command}": "${text}" is text in the ${contextTitles[typed]}: use a key such as ctrl+r`
    : null;
}

/** Whether a key of this command is another one's too, in the same place. */
function takenTwice({ command, contexts }: KeyRow, user: UserKeys): string | null {
  for (const other of keyTable) {
    if (other.command === command) return null; // each pair once
    const context = contexts.find((each) => other.contexts.includes(each));
    const key = context && keysOf(command, user).find((each) => keysOf(other.command, user).includes(each));
    if (key)
      return `${keyLabel(key)} would be both "${other.command}" and "${command}" in the ${contextTitles[context!]}: give one of them another key, or none, as in "${command}": []`;
  }
  return null;
}
