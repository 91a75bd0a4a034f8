import type { DeliveryDetail, DeliverySummary } from '../core/record.ts';
import type { Status } from '../core/session.ts';
import type { Tab } from './detail.ts';
import type { EditorMove } from './editor.ts';
import type { Happened, ListQuery } from './list.ts';
import type { Notice, Sheet } from './state.ts';
import type { TaskId } from './tasks.ts';

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
  | { type: 'toggle-secrets' }
  | { type: 'help' }
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
  | { type: 'viewport'; list: number; detailRows: number; detailColumns: number }
  | { type: 'tick'; now: number }
  | { type: 'happened'; events: Happened; status: Status }
  | { type: 'asked'; query: ListQuery }
  | { type: 'listed'; query: ListQuery; page: readonly DeliverySummary[]; epoch: number }
  | { type: 'show-asked' }
  | { type: 'shown'; seq: number; data: DeliveryDetail; epoch: number }
  | { type: 'show-failed'; seq: number }
  | { type: 'counted'; matches: number; epoch: number }
  | { type: 'notice'; notice: Notice | null }
  | { type: 'sheet'; sheet: Omit<Sheet, 'top'> };
