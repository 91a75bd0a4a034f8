import type { Difference } from '../core/diff.ts';
import type { Status } from '../core/session.ts';
import { type DetailState, openDetail, type Tab } from './detail.ts';
import type { Editor } from './editor.ts';
import type { FormState } from './form.ts';
import { emptyList, type ListState, selectedRow } from './list.ts';
import { type Marks, noMarks } from './marks.ts';
import type { Place } from './surface.ts';
import type { TargetChoice } from './targets.ts';
import type { TaskId } from './tasks.ts';

/** Which keys are in force. */
export type Context = 'list' | 'detail' | 'filter' | 'form' | 'question' | 'sheet';

/** One line that is shown for a while. */
export interface Notice {
  text: string;
  tone: 'plain' | 'good' | 'bad' | 'warn';
  /** When it goes, ms since the epoch; null while what it tells of is under way. */
  until: number | null;
}

/** A page over everything else. */
export interface Sheet {
  title: string;
  content: SheetContent;
  place: Place;
}

/** What stands on a page: the help, text that couldn't be copied, or how two requests differ. */
export type SheetContent =
  | { kind: 'help' }
  | { kind: 'text'; text: string }
  | {
      kind: 'difference';
      /** Their names. */
      before: string;
      after: string;
      requests: Difference;
      /** Of two attempts, their answers; null when one has none. */
      answers?: Difference | null;
      /** Whether secrets are masked, so that they look alike. */
      masked: boolean;
    };

/** A kind of fault, as the `faults` command tells of it. */
export interface FaultKindInfo {
  name: string;
  direction: 'app' | 'sender';
  form: string | null;
  help: string;
  example: string;
}

/** What both screens show. */
export interface ViewState {
  status: Status;
  /** The time, as of the last tick: for how long something has lasted. */
  now: number;
  list: ListState;
  /** The opened delivery; null while none is. */
  detail: DetailState | null;
  /** The tab that the next opened delivery gets. */
  tab: Tab;
  filter: {
    /** In force; empty for none. */
    applied: string;
    /** How many deliveries match; null until counted. */
    matches: number | null;
    /** The line being typed; null while none is. */
    editor: Editor | null;
    error: { message: string; offset: number | null } | null;
  };
  marks: Marks;
  /** The form that is being filled in, with the deliveries there were to choose from when it was opened. */
  form: { state: FormState; targets: readonly TargetChoice[] } | null;
  /** The kinds of faults; empty until a form asked for them. */
  faultKinds: readonly FaultKindInfo[];
  /** Whether secrets are readable. */
  secrets: boolean;
  notice: Notice | null;
  /** What `y` would do. */
  question: { text: string; task: TaskId } | null;
  sheet: Sheet | null;
  /** Goes up when what is held was read under another filter or secrecy: answers from before are dropped. */
  epoch: number;
}

/** The state before anything was loaded. */
export const initialState = (status: Status, now: number): ViewState => ({
  status,
  now,
  list: emptyList(),
  detail: null,
  tab: 'payload',
  filter: { applied: '', matches: null, editor: null, error: null },
  marks: noMarks,
  form: null,
  faultKinds: [],
  secrets: false,
  notice: null,
  question: null,
  sheet: null,
  epoch: 0,
});

/** Which keys are in force. */
export function contextOf(state: ViewState): Context {
  if (state.question) return 'question';
  if (state.sheet) return 'sheet';
  if (state.form) return 'form';
  if (state.filter.editor) return 'filter';
  return state.detail ? 'detail' : 'list';
}

/** The delivery that keys act on; null when there is none. */
export const targetSeq = (state: ViewState): number | null =>
  state.detail?.seq ?? selectedRow(state.list)?.seq ?? null;

/** The state with `seq` opened, in the tab that was last looked at. */
export function withOpened(state: ViewState, seq: number): ViewState {
  return { ...state, detail: openDetail(seq, state.detail?.tab ?? state.tab) };
}
