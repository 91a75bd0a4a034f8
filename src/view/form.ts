import { type Editor, type EditorMove, edit, editorOf, insert } from './editor.ts';
import type { TargetChoice } from './target.ts';

/** The forms that there are. */
export type FormId =
  | 'trigger'
  | 'replay'
  | 'duplicate'
  | 'retry'
  | 'faults'
  | 'export'
  | 'cancel'
  | 'skip'
  | 'command';

/** What is wrong with a field; `offset` is the place in its text, where one is known. */
export interface Problem {
  message: string;
  offset: number | null;
}

/** What the fields hold, by their ids: text as typed (trimmed), the id of a choice, or whether a toggle is on. */
export type Values = Record<string, string | boolean>;

interface Common {
  id: string;
  label: string;
  /** One line, shown while the field has the cursor. */
  help: string;
  /** Whether it is shown; always when absent. */
  when?(values: Values): boolean;
}

/** A line to type. */
export interface TextField extends Common {
  kind: 'text';
  value: string;
  /** What an empty line means. */
  empty?: string;
  check?(text: string): string | null;
  /** What it holds for as long as nothing was typed into it. */
  follows?(values: Values): string;
  /** May have several lines, where a screen has room for them. */
  long?: boolean;
  /** Checked by the `faults` command too, and explained by its kinds. */
  faults?: boolean;
}

/** A number to type; empty where `empty` says what that means. */
export interface NumberField extends Common {
  kind: 'number';
  value: string;
  empty?: string;
  min: number;
  max?: number;
  whole?: boolean;
}

/** One of a few. */
export interface ChoiceField extends Common {
  kind: 'choice';
  value: string;
  options: readonly { id: string; label: string }[];
}

/** Yes or no. */
export interface ToggleField extends Common {
  kind: 'toggle';
  value: boolean;
}

export type Field = TextField | NumberField | ChoiceField | ToggleField;

/** A form that is being filled in. */
export interface FormState {
  id: FormId;
  title: string;
  fields: readonly Field[];
  /** The lines of the text and number fields, by id. */
  editors: Readonly<Record<string, Editor>>;
  /** The values of the others. */
  chosen: Readonly<Record<string, string | boolean>>;
  /** Fields that were typed into. */
  touched: ReadonlySet<string>;
  /** The field that has the cursor. */
  at: string;
  /** What commands found wrong, by field; under '' what is about no single one. */
  told: Readonly<Record<string, Problem>>;
  /** How far the explanation under the fields is scrolled. */
  top: number;
}

/** A form with the deliveries there were to choose from when it was opened. */
export interface OpenForm {
  state: FormState;
  targets: readonly TargetChoice[];
}

/** A form as it is at first, the cursor in its first field, or in `at`. */
export function openForm(id: FormId, title: string, fields: readonly Field[], at?: string): FormState {
  const form: FormState = {
    id,
    title,
    fields,
    editors: Object.fromEntries(
      fields.flatMap((field) =>
        field.kind === 'text' || field.kind === 'number' ? [[field.id, editorOf(field.value)]] : [],
      ),
    ),
    chosen: Object.fromEntries(
      fields.flatMap((field) =>
        field.kind === 'choice' || field.kind === 'toggle' ? [[field.id, field.value]] : [],
      ),
    ),
    touched: new Set(),
    at: at ?? fields[0]!.id,
    told: {},
    top: 0,
  };
  return followed(form);
}

/** What the fields hold. */
export const valuesOf = ({ editors, chosen }: FormState): Values => ({
  ...chosen,
  ...Object.fromEntries(Object.entries(editors).map(([id, { text }]) => [id, text.trim()])),
});

/** The fields that are shown. */
export function shownFields(form: FormState): Field[] {
  const values = valuesOf(form);
  return form.fields.filter(({ when }) => when?.(values) ?? true);
}

/** The field that has the cursor. */
export const currentField = (form: FormState): Field => form.fields.find(({ id }) => id === form.at)!;

/** What is wrong with a field; null for nothing. */
export function problemOf(form: FormState, field: Field): Problem | null {
  const told = form.told[field.id];
  if (told) return told;
  const message = ownProblem(field, form.editors[field.id]?.text.trim() ?? '');
  return message === null ? null : { message, offset: null };
}

function ownProblem(field: Field, text: string): string | null {
  if (field.kind === 'text')
    return text === '' && field.empty !== undefined ? null : (field.check?.(text) ?? null);
  if (field.kind !== 'number') return null;
  const { min, max, whole = true, empty } = field;
  if (text === '') return empty === undefined ? 'a number is needed' : null;
  const value = /^\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
  if (Number.isNaN(value)) return `"${text}" is not a number`;
  if (whole && !Number.isInteger(value)) return 'a whole number is needed';
  if (value < min) return `at least ${min}`;
  return max !== undefined && value > max ? `at most ${max.toLocaleString('en')}` : null;
}

/**
 * The first field that can't be right as it is. What a command found wrong when it was run may be right by now (a
 * file may be gone), unless it was checked as it was typed.
 */
export function firstWrong(form: FormState): Field | null {
  const isWrong = (field: Field): boolean =>
    problemOf(field.kind === 'text' && field.faults ? form : { ...form, told: {} }, field) !== null;
  return shownFields(form).find(isWrong) ?? null;
}

/** To the next or previous field that is shown, round and round. */
export function toField(form: FormState, by: 1 | -1): FormState {
  const shown = shownFields(form);
  const index = shown.findIndex(({ id }) => id === form.at);
  return { ...form, at: shown[(index + by + shown.length) % shown.length]!.id, top: 0 };
}

/** What a field holds from now on, as a page's own input gives it: text, the id of a choice, or whether it is on. */
export function fillField(form: FormState, id: string, value: string | boolean): FormState {
  const at = { ...form, at: id };
  const field = currentField(at);
  if (field.kind === 'text' || field.kind === 'number') return typed(at, field, editorOf(String(value)));
  return followed(tellForm({ ...at, chosen: { ...form.chosen, [id]: value } }, '', null));
}

/** A key of the line editor; on a choice or toggle, left and right choose. */
export function editForm(form: FormState, move: EditorMove): FormState {
  const field = currentField(form);
  if (field.kind === 'text' || field.kind === 'number')
    return typed(form, field, edit(form.editors[field.id]!, move));
  if (move === 'left') return choose(form, -1);
  return move === 'right' ? choose(form, 1) : form;
}

/** Typed text; on a choice or toggle a space goes to the next. */
export function insertIntoForm(form: FormState, text: string): FormState {
  const field = currentField(form);
  if (field.kind === 'text' || field.kind === 'number')
    return typed(form, field, insert(form.editors[field.id]!, text));
  return text === ' ' ? choose(form, 1) : form;
}

/** What a command found wrong with a field, or with the whole form ('' as the field). */
export const tellForm = (form: FormState, field: string, problem: Problem | null): FormState => {
  const { [field]: _, ...others } = form.told;
  return { ...form, told: problem === null ? others : { ...others, [field]: problem } };
};

function typed(form: FormState, field: Field, editor: Editor): FormState {
  const changed = editor.text !== form.editors[field.id]!.text;
  const next = { ...form, editors: { ...form.editors, [field.id]: editor } };
  if (!changed) return next;
  return followed(
    tellForm(
      tellForm({ ...next, touched: new Set([...form.touched, field.id]), top: 0 }, field.id, null),
      '',
      null,
    ),
  );
}

function choose(form: FormState, by: 1 | -1): FormState {
  const field = currentField(form);
  const value = form.chosen[field.id]!;
  let next: string | boolean = !value;
  if (field.kind === 'choice') {
    const ids = field.options.map(({ id }) => id);
    next = ids[(ids.indexOf(String(value)) + by + ids.length) % ids.length]!;
  }
  return followed(tellForm({ ...form, chosen: { ...form.chosen, [field.id]: next } }, '', null));
}

/** Lines that follow the other fields, until they are typed into. */
function followed(form: FormState): FormState {
  const values = valuesOf(form);
  const editors = { ...form.editors };
  for (const field of form.fields) {
    if (field.kind === 'text' && field.follows && !form.touched.has(field.id))
      editors[field.id] = editorOf(field.follows(values));
  }
  return { ...form, editors };
}
