import type { CommandId } from '../../runtime/commands/index.ts';
import type { KeyAction } from '../actions.ts';
import type { Context, ViewState } from '../state.ts';
import type { Surface } from '../surface.ts';
import type { ScreenCommand } from './defaults.ts';

/** What rows are grouped by, in the order of the help. */
export const categories = [
  'Move',
  'Look',
  'Choose',
  'Send',
  'Let it go wrong',
  'Take out',
  'The tool',
  'Filter line',
  'Form',
  'A line being typed',
  'Question',
  'Page',
] as const;
export type Category = (typeof categories)[number];

/**
 * What a key does: a command of the screen, whence hints, help, the buttons of a page and the reference. Its keys are
 * those of defaults.ts, or the user's.
 */
export interface KeyRow {
  /** Its name, by which the config file gives it other keys. */
  command: ScreenCommand;
  /** Where the keys are in force. */
  contexts: readonly Context[];
  category: Category;
  /** What is done, with its arguments. */
  action: KeyAction;
  /** One line of help. */
  help: string;
  /** What it would do as things stand, where that is not always the same. */
  now?(state: ViewState): string;
  /** A word or two for the line at the bottom; rows without one are not hinted at. */
  hint?: string | ((state: ViewState) => string);
  /** Hinted at before all others, as long as it can act. */
  urgent?: true;
  /** Why it can't act as things stand, in a line; null when it can. Always can when absent. */
  whyNot?(state: ViewState, surface: Surface): string | null;
  /** The commands of the table that it may run. */
  runs?: readonly CommandId[];
  /** Has these keys, whatever the config file says. */
  fixed?: true;
  /** Of use in a terminal only: a browser has its own ways for it, or none are needed. */
  terminal?: true;
  /** Must have a key: without it there is no way out. */
  needed?: true;
}
