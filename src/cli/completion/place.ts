import type { CommandRow, CompletionTable, FlagRow, Values, Words } from './spec.ts';

/** A way to go on with the word at the cursor. */
export interface Suggestion {
  /** The whole word. */
  text: string;
  help: string;
  /** Whether the word goes on after it, so that no space follows. */
  open?: boolean;
}

/** What can stand at the cursor. */
export interface Place {
  /** What is known at once: commands and flags. */
  suggestions: Suggestion[];
  /** What values can stand there; null for none that are known. */
  values: Values | null;
  /** The word at the cursor in two: what stays as it is, such as `--filter=`, and the value so far. */
  before: string;
  typed: string;
  /** `--data`, where it was given. */
  dataDir: string | undefined;
}

/** What can stand at the cursor, after `words` (without the tool's name) and the beginning of a word. */
export function placeOf(table: CompletionTable, words: readonly string[], typed: string): Place {
  const named = table.commands.find(({ name }) => name === words[0]);
  const command = named ?? table.commands.find(({ name }) => name === table.default)!;
  const walk = walkOver(command, words.slice(named ? 1 : 0));
  const place = { suggestions: [], values: null, before: '', typed, dataDir: walk.dataDir };
  const { awaiting } = walk;
  if (awaiting && !awaiting.optional) return { ...place, values: awaiting.values ?? null };

  const [, flag, value] = /^(--[^=]+)=(.*)$/s.exec(typed) ?? [];
  if (flag !== undefined && !walk.ended) {
    const row = command.flags.find(({ names }) => names.includes(flag));
    return { ...place, values: row?.values ?? null, before: `${flag}=`, typed: value! };
  }
  if (typed.startsWith('-') && !walk.ended)
    return { ...place, suggestions: flagsLeft(command, walk.given), typed };
  const commands = words.length === 0 ? commandsOf(table) : [];
  const last = command.goesOn ? command.places.at(-1) : undefined;
  const values = awaiting?.values ?? command.places[walk.places] ?? last ?? null;
  return { ...place, suggestions: commands, values };
}

/** Every command. */
export const commandsOf = (table: CompletionTable): Suggestion[] =>
  table.commands.map(({ name, help }) => ({ text: name, help }));

const flagsLeft = (command: CommandRow, given: ReadonlySet<FlagRow>): Suggestion[] =>
  command.flags
    .filter((flag) => flag.repeats || !given.has(flag))
    .map(({ names, help }) => ({ text: names[0]!, help }));

interface Walk {
  given: Set<FlagRow>;
  /** Arguments given by position. */
  places: number;
  /** Whether `--` has ended the flags. */
  ended: boolean;
  /** The flag whose value comes next; null for none. */
  awaiting: FlagRow | null;
  dataDir: string | undefined;
}

function walkOver({ flags }: CommandRow, words: readonly string[]): Walk {
  const walk: Walk = { given: new Set(), places: 0, ended: false, awaiting: null, dataDir: undefined };
  for (const word of words) {
    const [, name, value] = /^(--?[^=]+)(?:=(.*))?$/s.exec(word) ?? [];
    if (walk.awaiting && !(walk.awaiting.optional && name !== undefined)) {
      if (walk.awaiting.names.includes('--data')) walk.dataDir = word;
      walk.awaiting = null;
    } else if (word === '--' && !walk.ended) walk.ended = true;
    else if (name === undefined || walk.ended) walk.places += 1;
    else {
      const flag = flags.find(({ names }) => names.includes(name));
      if (flag) walk.given.add(flag);
      walk.awaiting = flag && 'values' in flag && value === undefined ? flag : null;
      if (value !== undefined && name === '--data') walk.dataDir = value;
    }
  }
  return walk;
}

/**
 * How known words go on from what is typed: with one of them, or with the next one of several. What only goes on from
 * another one (`delay=2s` from `delay=`) comes after that.
 */
export function wordsLike({ between, words }: Words, typed: string): Suggestion[] {
  const at = between === undefined ? 0 : typed.lastIndexOf(between) + 1;
  const [before, part] = [typed.slice(0, at), typed.slice(at)];
  const used = between === undefined ? [] : before.split(between);
  return words
    .filter(([text]) => text.startsWith(part) && text !== part && !used.includes(text))
    .filter(([text], _, all) => !all.some(([other]) => goesOnFrom(text, other)))
    .map(([text, help]) => ({ text: before + text, help, open: text.endsWith('=') }));
}

const goesOnFrom = (text: string, other: string): boolean =>
  text !== other && text.startsWith(other) && (other.endsWith('=') || /[=:]/.test(text[other.length]!));
