import { type FormEvent, type KeyboardEvent, useId, useState } from 'react';
import { type Field, type FormId, type FormState, problemOf, shownFields, valuesOf } from '../view/form.ts';
import { formOf } from '../view/forms.ts';
import type { FaultKindInfo } from '../view/state.ts';
import { FaultTable } from './fault-table.tsx';
import { useModal } from './modal.ts';
import { usePage, useViewState } from './page.ts';

/** The form that is being filled in. */
export function FormDialog() {
  const { view } = usePage();
  const { form, host } = useViewState();
  const dialog = useModal(form !== null);
  if (form === null) return null;
  const { state } = form;
  const definition = formOf(state.id);
  const preview = definition.preview?.(valuesOf(state), { host }) ?? '';
  const whole = state.told[''];
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    view.act({ type: 'submit' });
  };
  return (
    <dialog
      ref={dialog}
      className={state.id === 'faults' ? 'form wide' : 'form'}
      aria-label={state.title}
      onCancel={() => view.act({ type: 'back' })}
    >
      <form onSubmit={submit} onKeyDown={submitFromChoice}>
        <h2>{state.title}</h2>
        {shownFields(state).map((field) => (
          <FieldRow key={field.id} form={state} field={field} />
        ))}
        {preview !== '' && <p className="preview">{preview}</p>}
        {whole && (
          <p role="alert" className="problem">
            {whole.message}
          </p>
        )}
        <FaultsOf form={state} />
        <div className="dialog-actions">
          <button type="button" onClick={() => view.act({ type: 'back' })}>
            Cancel
          </button>
          <button type="submit" className="primary">
            {definition.verb}
          </button>
        </div>
      </form>
    </dialog>
  );
}

/** The kinds of faults as rows, where the form has a line of them: open where the form is about nothing else. */
function FaultsOf({ form }: { form: FormState }) {
  const { view } = usePage();
  const [open, setOpen] = useState(form.id === 'faults');
  const field = form.fields.find((each) => each.kind === 'text' && each.faults);
  if (!field) return null;
  const line = form.editors[field.id]?.text ?? '';
  const fill = (value: string): void => view.act({ type: 'fill', field: field.id, value });
  return (
    <details open={open} onToggle={({ currentTarget }) => setOpen(currentTarget.open)}>
      <summary>Kinds of faults</summary>
      {open && <FaultTable line={line} fits={(kind) => fits(form.id, kind)} onChange={fill} />}
    </details>
  );
}

/** Whether a fault makes sense in a form: where this tool is the sender, only a lost acknowledgement hits it, and only one that retries. */
const fits = (form: FormId, { direction, name }: FaultKindInfo): boolean =>
  direction === 'app' || form === 'faults' || (form === 'retry' && name === 'lost-ack');

/** Enter runs the form from every field, as in the terminal: in a list of choices a browser does nothing by itself. */
function submitFromChoice(event: KeyboardEvent<HTMLFormElement>): void {
  if (event.key !== 'Enter' || !(event.target instanceof HTMLSelectElement)) return;
  event.preventDefault();
  event.currentTarget.requestSubmit();
}

function FieldRow({ form, field }: { form: FormState; field: Field }) {
  const { view } = usePage();
  const id = useId();
  const problem = problemOf(form, field);
  const fill = (value: string | boolean): void => view.act({ type: 'fill', field: field.id, value });
  return (
    <div className="field">
      <label htmlFor={id}>{field.label}</label>
      <Input id={id} form={form} field={field} invalid={problem !== null} fill={fill} />
      <p id={`${id}-help`} className={problem ? 'problem' : 'dim'}>
        {problem?.message ?? field.help}
      </p>
    </div>
  );
}

interface InputProps {
  id: string;
  form: FormState;
  field: Field;
  invalid: boolean;
  fill(value: string | boolean): void;
}

function Input({ id, form, field, invalid, fill }: InputProps) {
  const common = { id, 'aria-describedby': `${id}-help`, 'aria-invalid': invalid };
  switch (field.kind) {
    case 'choice':
      return (
        <select
          {...common}
          value={String(form.chosen[field.id])}
          onChange={({ target }) => fill(target.value)}
        >
          {field.options.map((option) => (
            <option key={option.id} value={option.id}>
              {option.label}
            </option>
          ))}
        </select>
      );
    case 'toggle':
      return (
        <input
          {...common}
          type="checkbox"
          checked={form.chosen[field.id] === true}
          onChange={({ target }) => fill(target.checked)}
        />
      );
    default: {
      const line = {
        ...common,
        spellCheck: false,
        autoComplete: 'off',
        placeholder: field.empty ?? '',
        value: form.editors[field.id]?.text ?? '',
        onChange: ({ target }: { target: { value: string } }) => fill(target.value),
      };
      if (field.kind === 'text' && field.long) return <textarea {...line} rows={6} />;
      return <input {...line} type="text" inputMode={field.kind === 'number' ? 'decimal' : 'text'} />;
    }
  }
}
