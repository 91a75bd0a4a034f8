import { firstWrong, openForm } from './form.ts';
import { type FormId, formOf } from './forms.ts';
import type { ViewState } from './state.ts';
import { targetChoices } from './targets.ts';

/** How long it is said why a form can't be opened (ms). */
const noticeTime = 5_000;

/** The state with a form opened; where there is nothing to fill in, with a notice that says why. */
export function opened(state: ViewState, id: FormId): ViewState {
  const { title, fields } = formOf(id);
  const made = fields(state);
  if (typeof made === 'string')
    return { ...state, notice: { text: made, tone: 'plain', until: state.now + noticeTime } };
  return {
    ...state,
    notice: null,
    form: { state: openForm(id, title, made), targets: targetChoices(state) },
  };
}

/** The state once Enter was pressed in a form: it closes, or the cursor goes to what is wrong. */
export function submitted(state: ViewState): ViewState {
  const { form } = state;
  if (!form) return state;
  const wrong = firstWrong(form.state);
  if (wrong === null) return { ...state, form: null };
  return { ...state, form: { ...form, state: { ...form.state, at: wrong.id } } };
}
