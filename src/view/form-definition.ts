import type { Field, Values } from './form.ts';
import type { ViewState } from './state.ts';
import type { TargetChoice } from './target.ts';
import type { Task } from './task.ts';

/** A form: a row of the table of forms. */
export interface FormDefinition {
  title: string;
  /** What Enter does, in a word. */
  verb: string;
  /** The fields as the state suggests them. */
  fields(state: ViewState): Field[];
  /** What would be done, in a line. */
  preview?(values: Values, state: Pick<ViewState, 'host'>): string;
  /** Which field a command's error is about, by the error's code. */
  errors: Readonly<Record<string, string>>;
  /** What is run; `targets` are those there were when the form was opened. */
  tasks(values: Values, targets: readonly TargetChoice[], state: ViewState): Task[];
}
