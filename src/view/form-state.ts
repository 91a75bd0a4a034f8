import { type FormId, firstWrong, openForm } from './form.ts';
import { formOf } from './forms.ts';
import type { ViewState } from './state.ts';
import { targetChoices } from './targets.ts';

/** The state with a form opened. */
export function opened(state: ViewState, id: FormId): ViewState {
  const { title, fields } = formOf(id);
  const form = { state: openForm(id, title, fields(state)), targets: targetChoices(state) };
  return { ...state, notice: null, form };
}

/** The state once Enter was pressed in a form: it closes, or the cursor goes to what is wrong. */
export function submitted(state: ViewState): ViewState {
  const { form } = state;
  if (!form) return state;
  const wrong = firstWrong(form.state);
  if (wrong === null) return { ...state, form: null };
  return { ...state, form: { ...form, state: { ...form.state, at: wrong.id } } };
}
