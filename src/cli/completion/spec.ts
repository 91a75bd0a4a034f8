/**
 * What stands at a place of the command line: a key of {@link CompletionTable.words}; `files`, `dirs`, `commands`; or
 * what is looked up: `filter`, `deliveries`, `jobs` and the keys of {@link listed}.
 */
export type Values = string;

/** What is looked up by the command that lists it. */
export const listed = { runs: 'check-runs', work: 'work', emulated: 'emulated-jobs' } as const;

/** Words that are known beforehand, each with its help. */
export interface Words {
  /** What stands between several of them in one word; absent where there is one. */
  between?: string;
  words: (readonly [text: string, help: string])[];
}

/** A flag, or a place of an argument. */
export interface FlagRow {
  names: string[];
  help: string;
  /** What its value is; null for anything, absent for a flag without a value. */
  values?: Values | null;
  /** Whether the value may be left out; whether it may be given again. */
  optional?: true;
  repeats?: true;
}

export interface CommandRow {
  name: string;
  help: string;
  /** What stands at each place; the last one also at all that follow when it `goesOn`. */
  places: (Values | null)[];
  goesOn?: true;
  flags: FlagRow[];
}

/** All that completion knows without asking anybody: it is written when the tool is built, and read at each Tab. */
export interface CompletionTable {
  /** Runs when the first word is no command. */
  default: string;
  commands: CommandRow[];
  words: Record<string, Words>;
}
