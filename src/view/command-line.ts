import { UserError } from '../core/errors.ts';
import type { CommandDescription } from '../runtime/describe.ts';

const wrong = (message: string): UserError => new UserError('arguments', message, 2);

/**
 * The arguments of a command as they are written on the command line: `last --times 3 --set a="b c"`.
 * @throws UserError when there is no such flag, or one lacks its value
 */
export function argumentsOf(
  { id, positional, flags }: CommandDescription,
  line: string,
): Record<string, unknown> {
  const args: Record<string, unknown> = {};
  const give = (name: string, kind: string, value: string): void => {
    args[name] = kind === 'many' ? [...((args[name] as string[] | undefined) ?? []), value] : value;
  };
  const left = wordsOf(line);
  let place = 0;
  for (let word = left.shift(); word !== undefined; word = left.shift()) {
    const [, flag, inline] = /^--([^=]+)(?:=(.*))?$/s.exec(word) ?? [];
    if (flag === undefined) {
      const name = positional[place];
      const known = Object.values(flags).find((each) => each.name === name);
      if (name === undefined || known === undefined) throw wrong(`${id} takes no "${word}" here.`);
      give(name, known.kind, word);
      if (known.kind !== 'many') place += 1;
      continue;
    }
    const known = Object.hasOwn(flags, flag) ? flags[flag] : undefined;
    if (known === undefined)
      throw wrong(
        `${id} has no --${flag}: use ${Object.keys(flags)
          .map((name) => `--${name}`)
          .join(' ')}.`,
      );
    if (known.kind === 'switch') {
      args[known.name] = true;
      continue;
    }
    const value = inline ?? left.shift();
    if (value === undefined) throw wrong(`--${flag} needs a value.`);
    give(known.name, known.kind, value);
  }
  return args;
}

/** Words between spaces; quotes hold one together, and are taken off where they surround all of it or a value. */
function wordsOf(line: string): string[] {
  const words = line.match(/(?:[^\s"']|"(?:[^"\\]|\\.)*"?|'[^']*'?)+/g) ?? [];
  return words.map((word) =>
    word.replace(/"((?:[^"\\]|\\.)*)"|'([^']*)'/g, (_, double?: string, single?: string) =>
      double === undefined ? (single ?? '') : double.replace(/\\(.)/g, '$1'),
    ),
  );
}
