import type { DeliveryDetail, DeliverySummary } from '../core/record.ts';
import type { Status } from '../core/session.ts';
import type { Pair } from './compare.ts';
import type { Tab } from './detail.ts';
import type { EditorMove } from './editor.ts';
import type { FormId, OpenForm, Problem } from './form.ts';
import type { Happened, ListQuery } from './list.ts';
import type { Notice } from './notice.ts';
import type { FaultKindInfo, Sheet } from './state.ts';
import type { TaskId } from './task.ts';

/** What a key can do. */
export type KeyAction =
  /** Up or down; `page` by a screen less a line. */
  | { type: 'move'; by: number; page?: boolean }
  | { type: 'end'; which: 'first' | 'last' }
  | { type: 'open' }
  | { type: 'back' }
  | { type: 'neighbour'; by: 1 | -1 }
  | { type: 'tab'; tab: Tab | 'next' | 'previous' }
  | { type: 'fold'; how: 'open' | 'close' | 'toggle' }
  | { type: 'edit-filter' }
  | { type: 'edit'; move: EditorMove }
  | { type: 'apply-filter' }
  /** Marks the delivery, or the attempt that the cursor is in, or takes the mark away. */
  | { type: 'mark' }
  | { type: 'unmark' }
  | { type: 'form'; form: FormId }
  | { type: 'field'; by: 1 | -1 }
  /** Runs the form, unless something in it is wrong. */
  | { type: 'submit' }
  /** Rewrites the delivery in an editor and replays it. */
  | { type: 'edit-replay' }
  /** Shows how two differ: those that are marked or under the cursor, when none are named. */
  | { type: 'compare'; pair?: Pair }
  /** Cancels or hurries what is under way; of several, one that is asked for. */
  | { type: 'work'; how: 'cancel' | 'skip' }
  | { type: 'toggle-secrets' }
  | { type: 'help' }
  /** Shows the run of the checks that is under way. */
  | { type: 'view-check' }
  /** Runs a task at once, or after a yes. */
  | { type: 'run'; task: TaskId }
  | { type: 'ask'; task: TaskId }
  | { type: 'answer'; yes: boolean }
  | { type: 'redraw' }
  | { type: 'quit' };

/** Everything that changes the state. */
export type Action =
  | KeyAction
  | { type: 'insert'; text: string }
  /** A field of the form holds something else. */
  | { type: 'fill'; field: string; value: string | boolean }
  /** A delivery is opened by its number. */
  | { type: 'open-seq'; seq: number; tab?: Tab }
  /** Exactly these deliveries are marked. */
  | { type: 'mark-deliveries'; seqs: readonly number[] }
  /** Held deliveries are to go in this order. */
  | { type: 'order-held'; seqs: readonly number[] }
  /** Another filter is in force. */
  | { type: 'filter'; query: string }
  /** The screen has other measures than the list was last fitted to. */
  | { type: 'fit' }
  | { type: 'tick'; now: number }
  | { type: 'happened'; events: Happened; status: Status; now: number }
  | { type: 'asked'; query: ListQuery }
  | { type: 'listed'; query: ListQuery; page: readonly DeliverySummary[]; epoch: number }
  | { type: 'show-asked' }
  | { type: 'shown'; seq: number; data: DeliveryDetail; epoch: number }
  | { type: 'show-failed'; seq: number }
  | { type: 'counted'; matches: number; epoch: number }
  | { type: 'kinds'; kinds: readonly FaultKindInfo[] }
  /** What a command found wrong with a field as long as it holds `text`; null for nothing. */
  | { type: 'checked'; field: string; text: string; problem: Problem | null }
  /** A form comes back, because its command could not be run. */
  | {
      type: 'form-failed';
      form: OpenForm;
      field: string;
      problem: Problem;
    }
  | { type: 'notice'; notice: Notice | null }
  | { type: 'sheet'; sheet: Omit<Sheet, 'place'> };
