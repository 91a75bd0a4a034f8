import type { FaultField } from '../core/faults/fields.ts';
import type { CheckRunStatus, Status } from '../core/session.ts';
import type { Difference } from '../core/text-diff.ts';
import type { CommandDescription } from '../runtime/describe.ts';
import { type DetailState, openDetail, type Tab } from './detail.ts';
import type { Editor } from './editor.ts';
import type { OpenForm } from './form.ts';
import type { UserKeys } from './keys/defaults.ts';
import { emptyList, type ListState, selectedRow } from './list.ts';
import { type Marks, noMarks } from './marks.ts';
import type { Notice } from './notice.ts';
import type { Place } from './surface.ts';
import type { TaskId } from './task.ts';

/** Which keys are in force. */
export type Context = 'list' | 'detail' | 'filter' | 'form' | 'question' | 'sheet';

/** A page over everything else. */
export interface Sheet {
  title: string;
  content: SheetContent;
  place: Place;
}

/** A part of the help: terms with their meanings. */
export interface HelpSection {
  title: string;
  remark?: string;
  rows: readonly (readonly [term: string, meaning: string])[];
}

/** What stands on a page: the help, text that couldn't be copied, or how two requests differ. */
export type SheetContent =
  | { kind: 'help'; sections: readonly HelpSection[] }
  /** `job`: what the text is, where it is a job, for a screen that can draw more than lines. */
  | { kind: 'text'; text: string; job?: unknown }
  /** The run of the checks: drawn from the status, or as it was when it ended. */
  | { kind: 'check'; run: CheckRunStatus }
  | {
      kind: 'difference';
      /** Their names. */
      before: string;
      after: string;
      requests: Difference;
      /** Of two attempts, their answers; null when one has none. */
      answers?: Difference | null;
      /** What else a reader must know; null for nothing. */
      remark: string | null;
    };

/** A kind of fault, as the `faults` command tells of it. */
export interface FaultKindInfo {
  name: string;
  direction: 'app' | 'sender';
  form: string | null;
  /** The parts of its value, as a form asks for them. */
  fields: readonly FaultField[];
  help: string;
  example: string;
}

/** What the program around the view can do, and how it is set up. */
export interface HostState {
  /** Whether a request can be rewritten in an editor. */
  edits: boolean;
  /** The keys that the user gave to commands. */
  keys: UserKeys;
  /** Whether this is a page, with the list beside what is opened. */
  page?: boolean;
  /** The command table, of which any can be run by its name; absent where it is not known. */
  commands?: readonly CommandDescription[];
}

/** What both screens show. */
export interface ViewState {
  status: Status;
  host: HostState;
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
  /** The order that the user has put held deliveries in; others come after these. */
  heldOrder: readonly number[];
  form: OpenForm | null;
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
export const initialState = (
  status: Status,
  now: number,
  host: HostState = { edits: false, keys: {} },
): ViewState => ({
  status,
  host,
  now,
  list: emptyList(),
  detail: null,
  tab: 'payload',
  filter: { applied: '', matches: null, editor: null, error: null },
  marks: noMarks,
  heldOrder: [],
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

/** The deliveries that are held: first as they were put in order, then those that came since. */
export function heldInOrder({ status: { held }, heldOrder }: ViewState): readonly number[] {
  const known = heldOrder.filter((seq) => held.includes(seq));
  return [...known, ...held.filter((seq) => !known.includes(seq))];
}

/** The state with `seq` opened, in the tab that was last looked at. */
export function withOpened(state: ViewState, seq: number): ViewState {
  return { ...state, detail: openDetail(seq, state.detail?.tab ?? state.tab) };
}
