import { UserError } from '../core/errors.ts';
import { currentField, type OpenForm, type Problem } from './form.ts';
import { formOf } from './forms.ts';
import type { LoaderHost } from './loader.ts';

/** What a form needs of the session: its line of faults checked as it is typed, and its own return when it fails. */
export function createFormHelper({ session, state, dispatch, failed }: LoaderHost): {
  /** Has the line under the cursor checked, if it is one of faults and was not checked yet. */
  pump(): void;
  /** Brings a form back when its command could not be run as it was filled in; else tells of the failure. */
  failed(form: OpenForm, error: unknown): void;
} {
  let checked: string | null = null;

  async function check(field: string, text: string): Promise<void> {
    try {
      const { kinds } = await session.run('faults', { check: text });
      dispatch({ type: 'kinds', kinds });
      dispatch({ type: 'checked', field, text, problem: null });
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      dispatch({ type: 'checked', field, text, problem: problemOf(error) });
    }
  }

  return {
    pump() {
      const form = state().form?.state;
      const field = form && currentField(form);
      if (field?.kind !== 'text' || !field.faults) {
        checked = null;
        return;
      }
      const { text } = form!.editors[field.id]!;
      if (text === checked) return;
      checked = text;
      check(field.id, text).catch(failed);
    },

    failed(form, error) {
      const fields = formOf(form.state.id).errors;
      if (!(error instanceof UserError) || (error.exitCode !== 2 && fields[error.code] === undefined))
        return failed(error);
      dispatch({ type: 'form-failed', form, field: fields[error.code] ?? '', problem: problemOf(error) });
    },
  };
}

/** An error of the fault language ends with its place, and the line itself, which stands above it here. */
function problemOf({ message }: UserError): Problem {
  const [, text = message, place] = /^(.*?)(?: \(at character (\d+) of ".*"\))?$/s.exec(message) ?? [];
  return { message: text, offset: place === undefined ? null : Number(place) - 1 };
}
