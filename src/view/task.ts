import type { CommandArgs, CommandId, CommandResult } from '../runtime/commands/index.ts';
import type { Notice } from './notice.ts';

/** What keys can have run. */
export type TaskId =
  | 'copy-url'
  | 'copy-curl'
  | 'replay'
  | 'view-job'
  | 'trigger'
  | 'open-page'
  | 'hold'
  | 'let-go'
  | 'clear-faults'
  | 'cancel'
  | 'skip'
  | 'reopen-tunnel'
  | 'clear';

/** What is told when a command has run. */
export interface Told {
  text: string;
  tone: Notice['tone'];
  /** Text to show in full, because it couldn't be put on the clipboard. */
  sheet?: { title: string; text: string; job?: unknown };
}

/** A command of the table, as a key or a form runs it. */
export interface Task<K extends CommandId = CommandId> {
  command: K;
  args: CommandArgs<K>;
  /** Asked first, to be answered with y. */
  question?: string;
  /** Said while it runs. */
  running: string;
  /** Whether the screen shows its progress elsewhere, so that `running` need not stay. */
  work?: boolean;
  done(result: CommandResult<K>): Told;
}

/** Keeps the link between a command, its arguments and its result. */
export const task = <K extends CommandId>(definition: Task<K>): Task => definition as unknown as Task;
