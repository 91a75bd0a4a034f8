import type { CheckRunStatus } from '../core/session.ts';
import type { Action } from './actions.ts';
import { attemptAtCursor, fold, scrollBy, toTab } from './detail.ts';
import { edit, editorOf, insert } from './editor.ts';
import { filterError } from './filter-error.ts';
import { editForm, type FormState, fillField, insertIntoForm, tellForm, toField } from './form.ts';
import { opened, submitted } from './form-state.ts';
import { helpSections } from './help.ts';
import {
  answered,
  asked,
  emptyList,
  happened,
  moveBy,
  selectedRow,
  settle,
  stopFollowing,
  toNewest,
  toOldest,
} from './list.ts';
import { attemptMark, noMarks, toggleAttempt, toggleDelivery } from './marks.ts';
import { contextOf, type Sheet, targetSeq, type ViewState, withOpened } from './state.ts';
import { moved, type Surface, start } from './surface.ts';
import { tasks } from './tasks.ts';

/**
 * The state after `action`. Pure: what must be asked of the session is noted in the state.
 * @param surface what the screen made of the state
 */
export function reduce(state: ViewState, action: Action, surface: Surface): ViewState {
  switch (action.type) {
    case 'move':
    case 'end':
      return move(state, action, surface);
    case 'open':
      return open(state);
    case 'back':
      return back(state);
    case 'neighbour':
      return neighbour(state, action.by);
    case 'tab':
      return state.detail ? { ...state, detail: toTab(state.detail, action.tab) } : state;
    case 'fold':
      return state.detail && surface.tab
        ? { ...state, detail: fold(state.detail, surface.tab, action.how) }
        : state;
    case 'edit-filter':
      return withEditor(state, editorOf(state.filter.applied));
    case 'edit':
      if (state.form) return withForm(state, editForm(state.form.state, action.move));
      return state.filter.editor ? withEditor(state, edit(state.filter.editor, action.move)) : state;
    case 'insert':
      return typed(state, action.text);
    case 'fill':
      return state.form ? withForm(state, fillField(state.form.state, action.field, action.value)) : state;
    case 'open-seq':
      return state.detail?.seq === action.seq && action.tab === undefined
        ? state
        : withOpened(action.tab ? { ...state, tab: action.tab, detail: null } : state, action.seq);
    case 'filter':
      return filterError(action.query) === null ? withFilter(state, action.query.trim()) : state;
    case 'apply-filter':
      return applyFilter(state);
    case 'mark':
      return mark(state, surface);
    case 'mark-deliveries':
      return { ...state, marks: { ...state.marks, deliveries: action.seqs } };
    case 'order-held':
      return { ...state, heldOrder: action.seqs };
    case 'unmark':
      return { ...state, marks: noMarks };
    case 'form':
      return opened(state, action.form);
    case 'field':
      return state.form ? withForm(state, toField(state.form.state, action.by)) : state;
    case 'submit':
      return submitted(state);
    case 'kinds':
      return { ...state, faultKinds: action.kinds };
    case 'checked':
      return checked(state, action);
    case 'form-failed':
      return formFailed(state, action);
    case 'toggle-secrets':
      return toggleSecrets(state);
    case 'help':
      return {
        ...state,
        sheet: { title: 'Help', content: { kind: 'help', sections: helpSections(state) }, place: start },
      };
    case 'view-check': {
      const { check } = state.status;
      return check ? { ...state, sheet: checkSheet(check) } : state;
    }
    case 'sheet':
      return { ...state, sheet: { ...action.sheet, place: start } };
    case 'ask': {
      const made = tasks[action.task](state);
      const question = 'question' in made ? made.question : undefined;
      return { ...state, question: { text: question ?? `${action.task}?`, task: action.task } };
    }
    case 'answer':
      return { ...state, question: null };
    case 'fit':
      return { ...state, list: settle({ ...state.list, inSight: surface.listRows }) };
    case 'tick':
      return tick(state, action.now);
    case 'happened':
      return afterEvents(state, action);
    case 'asked':
      return { ...state, list: asked(state.list, action.query) };
    case 'listed':
      return action.epoch === state.epoch
        ? { ...state, list: answered(state.list, action.query, action.page) }
        : state;
    case 'show-asked':
      return state.detail ? { ...state, detail: { ...state.detail, stale: false } } : state;
    case 'shown':
      return state.detail?.seq === action.seq && action.epoch === state.epoch
        ? { ...state, detail: { ...state.detail, data: action.data } }
        : state;
    case 'show-failed':
      return state.detail?.seq === action.seq ? { ...state, detail: null } : state;
    case 'counted':
      return action.epoch === state.epoch
        ? { ...state, filter: { ...state.filter, matches: action.matches } }
        : state;
    case 'notice':
      return { ...state, notice: action.notice };
    // These change nothing here: the controller and the screen act on them.
    case 'run':
    case 'edit-replay':
    case 'compare':
    case 'work':
    case 'redraw':
    case 'quit':
      return state;
  }
}

function move(
  state: ViewState,
  action: Extract<Action, { type: 'move' | 'end' }>,
  surface: Surface,
): ViewState {
  const { sheet, detail, list, form } = state;
  const rows = sheet ? surface.page : detail ? surface.tab : null;
  const page = rows?.inSight ?? list.inSight;
  const far = action.type === 'end';
  const by =
    action.type === 'end'
      ? action.which === 'first'
        ? -1e9
        : 1e9
      : action.page
        ? action.by * (page - 1)
        : action.by;
  if (form) return withForm(state, { ...form.state, top: Math.max(0, form.state.top + Math.sign(by) * 5) });
  if (sheet) return rows ? { ...state, sheet: { ...sheet, place: moved(sheet.place, rows, by) } } : state;
  if (detail) return rows ? { ...state, detail: scrollBy(detail, rows, by) } : state;
  if (far) return { ...state, list: by < 0 ? toNewest(list) : toOldest(list) };
  return { ...state, list: moveBy(list, by) };
}

function open(state: ViewState): ViewState {
  const row = selectedRow(state.list);
  return row ? withOpened({ ...state, list: stopFollowing(state.list) }, row.seq) : state;
}

/** Out of whatever is innermost. */
function back(state: ViewState): ViewState {
  if (state.question) return { ...state, question: null };
  if (state.sheet) return { ...state, sheet: null };
  if (state.form) return { ...state, form: null };
  if (state.filter.editor) return { ...state, filter: { ...state.filter, editor: null, error: null } };
  if (state.detail) return { ...state, detail: null, tab: state.detail.tab };
  return state.filter.applied === '' ? state : withFilter(state, '');
}

/** The next newer (-1) or older (1) delivery, opened. */
function neighbour(state: ViewState, by: 1 | -1): ViewState {
  if (!state.detail) return state;
  const list = moveBy(state.list, by);
  const row = selectedRow(list);
  return row && row.seq !== state.detail.seq ? withOpened({ ...state, list }, row.seq) : { ...state, list };
}

const withForm = (state: ViewState, form: FormState): ViewState => ({
  ...state,
  form: state.form && { ...state.form, state: form },
});

function typed(state: ViewState, text: string): ViewState {
  if (state.form) return withForm(state, insertIntoForm(state.form.state, text));
  return state.filter.editor ? withEditor(state, insert(state.filter.editor, text)) : state;
}

/** Marks what the cursor is on; in the list it goes on to the next, so that several are marked quickly. */
function mark(state: ViewState, { tab }: Surface): ViewState {
  if (state.detail?.tab === 'attempts') {
    const attempt = attemptAtCursor(state.detail, tab);
    return attempt ? { ...state, marks: toggleAttempt(state.marks, attemptMark(attempt)) } : state;
  }
  const seq = targetSeq(state);
  if (seq === null) return state;
  const marks = toggleDelivery(state.marks, seq);
  return state.detail ? { ...state, marks } : { ...state, marks, list: moveBy(state.list, 1) };
}

function checked(
  state: ViewState,
  { field, text, problem }: Extract<Action, { type: 'checked' }>,
): ViewState {
  const { form } = state;
  if (form?.state.editors[field]?.text !== text) return state;
  return withForm(state, tellForm(form.state, field, problem));
}

/** The form comes back with what was wrong, unless the user has gone on to something else. */
function formFailed(
  state: ViewState,
  { form, field, problem }: Extract<Action, { type: 'form-failed' }>,
): ViewState {
  if (contextOf(state) !== 'list' && contextOf(state) !== 'detail') return state;
  const at = field === '' ? form.state.at : field;
  return {
    ...state,
    notice: null,
    form: { ...form, state: tellForm({ ...form.state, at }, field, problem) },
  };
}

function withEditor(state: ViewState, editor: NonNullable<ViewState['filter']['editor']>): ViewState {
  return { ...state, filter: { ...state.filter, editor, error: filterError(editor.text) } };
}

function applyFilter(state: ViewState): ViewState {
  const { editor, error } = state.filter;
  return editor === null || error !== null ? state : withFilter(state, editor.text.trim());
}

/** Another filter: the list begins anew at the newest. */
function withFilter(state: ViewState, applied: string): ViewState {
  const filter = { applied, matches: null, editor: null, error: null };
  if (applied === state.filter.applied)
    return { ...state, filter: { ...filter, matches: state.filter.matches } };
  return { ...state, filter, list: emptyList(state.list.inSight), epoch: state.epoch + 1 };
}

function toggleSecrets(state: ViewState): ViewState {
  const { list, detail } = state;
  const stale = {
    ...list.stale,
    end: list.follow ? ('newest' as const) : list.stale.end,
    rows: new Set(list.rows.map(({ seq }) => seq)),
  };
  return {
    ...state,
    secrets: !state.secrets,
    epoch: state.epoch + 1,
    list: { ...list, stale },
    detail: detail && { ...detail, stale: true },
  };
}

function tick(state: ViewState, now: number): ViewState {
  const gone = state.notice?.until != null && state.notice.until <= now;
  return { ...state, now, notice: gone ? null : state.notice };
}

function afterEvents(
  state: ViewState,
  { events, status, now }: Extract<Action, { type: 'happened' }>,
): ViewState {
  const { detail } = state;
  const touched = detail !== null && events.changed.has(detail.seq);
  return {
    ...state,
    status,
    now,
    sheet: withCheck(state.sheet, status.check),
    marks: events.removed && status.deliveries === 0 ? noMarks : state.marks,
    list: happened(state.list, events, state.filter.applied !== ''),
    detail: touched ? { ...detail, stale: true } : detail,
  };
}

/** What a run is called before its endpoint. */
const runNames = { checks: 'Check of', explore: 'Exploration of', scenarios: 'Scenarios on' } as const;

const checkSheet = (run: CheckRunStatus): Sheet => ({
  title: `${runNames[run.kind]} ${run.endpoint}`,
  content: { kind: 'check', run },
  place: start,
});

/** The page of a run follows it; when it has ended the page stays as it was last. */
const withCheck = (sheet: Sheet | null, run: CheckRunStatus | null): Sheet | null =>
  run !== null && sheet?.content.kind === 'check' && sheet.content.run.id === run.id
    ? { ...sheet, content: { kind: 'check', run } }
    : sheet;
