import {
  currentField,
  type Field,
  type FormState,
  type Problem,
  problemOf,
  shownFields,
  valuesOf,
} from '../view/form.ts';
import { formOf } from '../view/forms.ts';
import { keyFor } from '../view/keys/labels.ts';
import type { FaultKindInfo, ViewState } from '../view/state.ts';
import { editorView } from './line-editor.ts';
import type { ScreenLine } from './screen.ts';
import { clip, fitSpans, fitText, oneLine, type Span, span, spansWidth, visible, wrapWords } from './text.ts';

/** The part of the state that a form is drawn from. */
type Shown = Pick<ViewState, 'form' | 'faultKinds' | 'host'>;

/** Columns before a field's value: the cursor's and the label's. */
const lead = 15;

/**
 * A form: its fields one below the other, what is wrong beside or under them, and what the one with the cursor
 * means.
 * @param room the most lines that it may take
 */
export function formLines(view: Shown, width: number, room: number): ScreenLine[] {
  const { state } = view.form!;
  const definition = formOf(state.id);
  const whole = state.told[''];
  const preview = definition.preview?.(valuesOf(state), view) ?? '';
  const below: Span[][] = [
    ...(whole ? problemLines(whole, width, 3) : []),
    ...(preview === ''
      ? []
      : wrapWords(visible(preview), width - 2).map((row) => [span(` ${row}`, 'accent')])),
    [span(` ${currentField(state).help}`, 'dim')],
  ];
  const { lines: fields, hidden } = inSight(state, width, room - 1 - below.length);
  const shown = shownFields(state);
  const place = hidden ? ` ${shown.findIndex(({ id }) => id === state.at) + 1} of ${shown.length}` : '';
  const rest = Math.max(0, width - state.title.length - place.length - 4);
  const title = [
    span('── ', 'dim'),
    span(state.title, 'accent', true),
    span(`${place} ${'─'.repeat(rest)}`, 'dim'),
  ];
  const left = room - 1 - fields.length - below.length;
  const about = isFaults(currentField(state)) ? kindLines(view, width, left) : [];
  return [title, ...fields, ...below, ...about].map((spans) => ({ spans: fitSpans(spans, width) }));
}

const isFaults = (field: Field): boolean => field.kind === 'text' && field.faults === true;

/** The fields' lines; where there is no room for all, those around the cursor. */
function inSight(form: FormState, width: number, room: number): { lines: Span[][]; hidden: boolean } {
  const blocks = shownFields(form).map((field) => ({ field, lines: fieldLines(form, field, width) }));
  const at = blocks.findIndex(({ field }) => field.id === form.at);
  const size = (): number => blocks.reduce((sum, { lines }) => sum + lines.length, 0);
  const all = blocks.length;
  let first = 0;
  while (blocks.length > 1 && size() > Math.max(1, room)) {
    // What is farther from the cursor goes first.
    if (at - first > blocks.length - 1 - (at - first)) {
      blocks.shift();
      first += 1;
    } else blocks.pop();
  }
  return { lines: blocks.flatMap(({ lines }) => lines), hidden: blocks.length < all };
}

function fieldLines(form: FormState, field: Field, width: number): Span[][] {
  const here = field.id === form.at;
  const label = [
    span(here ? ' ❯ ' : '   ', 'accent'),
    span(fitText(field.label, lead - 3), here ? undefined : 'dim', here),
  ];
  const problem = problemOf(form, field);
  const { spans, columnOf } = valueSpans(form, field, here, width - lead - 1);
  const line = [...label, ...spans];
  if (problem === null) return [line];
  const column = problem.offset === null ? null : columnOf(problem.offset);
  if (here && column !== null)
    return [
      line,
      [span(' '.repeat(lead + column)), span('^', 'bad', true)],
      ...problemLines(problem, width, 2),
    ];
  const beside = `  ✗ ${oneLine(problem.message)}`;
  // Beside the field where there is room, else under it.
  if (spansWidth(line) + beside.length < width || !here)
    return [[...line, span(clip(beside, Math.max(6, width - spansWidth(line))), 'bad')]];
  return [line, ...problemLines(problem, width, 2)];
}

function problemLines({ message }: Problem, width: number, most: number): Span[][] {
  const rows = wrapWords(visible(message), width - 4);
  return rows
    .slice(0, most)
    .map((row, i) => [
      span(`${i === 0 ? ' ✗ ' : '   '}${row}${i === most - 1 && rows.length > most ? '…' : ''}`, 'bad'),
    ]);
}

function valueSpans(
  form: FormState,
  field: Field,
  here: boolean,
  width: number,
): { spans: Span[]; columnOf(offset: number): number | null } {
  const nowhere = (): null => null;
  if (field.kind === 'toggle') {
    const value = form.chosen[field.id] ? 'yes' : 'no';
    return { spans: chosen(value, here), columnOf: nowhere };
  }
  if (field.kind === 'choice') {
    const option = field.options.find(({ id }) => id === form.chosen[field.id]);
    const alone = field.options.length === 1;
    return {
      spans: alone ? [span(oneLine(option?.label ?? ''))] : chosen(oneLine(option?.label ?? ''), here),
      columnOf: nowhere,
    };
  }
  const editor = form.editors[field.id]!;
  const empty = editor.text === '' && field.empty !== undefined ? [span(` ${field.empty}`, 'dim')] : [];
  if (!here)
    return {
      spans: editor.text === '' ? [span(field.empty ?? '', 'dim')] : [span(clip(editor.text, width))],
      columnOf: nowhere,
    };
  const { spans, columnOf } = editorView(editor, width);
  return { spans: [...spans, ...empty], columnOf };
}

const chosen = (value: string, here: boolean): Span[] =>
  here ? [span('‹ ', 'accent'), span(value, undefined, true), span(' ›', 'accent')] : [span(value)];

/** The kinds of faults, as many as there is room for; while one is being typed only those that it may be. */
function kindLines(view: Shown, width: number, room: number): Span[][] {
  const { faultKinds: kinds } = view;
  const form = view.form!.state;
  if (room < 2 || kinds.length === 0) return [];
  const { text, cursor } = form.editors[form.at]!;
  const [, typed = ''] = /(?:^|\s)([^\s=:]*)[^\s]*$/.exec(text.slice(0, cursor)) ?? [];
  const fitting = kinds.filter(({ name }) => name.startsWith(typed));
  const wanted = typed !== '' && fitting.length > 0 ? fitting : kinds;
  const shown = wanted.slice(Math.min(form.top, Math.max(0, wanted.length - (room - 1))));
  const forms = Math.max(...kinds.map((kind) => kindForm(kind).length));
  const rows = shown
    .slice(0, room - 1)
    .map((kind) => [
      span(`   ${kindForm(kind).padEnd(forms)} `, 'accent'),
      span(kind.direction === 'app' ? ' app    ' : ' sender ', 'dim'),
      span(oneLine(kind.help)),
    ]);
  const more =
    wanted.length > room - 1 ? ` · ${keyFor(view, 'faults-up')} ${keyFor(view, 'faults-down')} scroll` : '';
  return [
    [span(` ${'Fault'.padEnd(forms + 3)} hits`, 'dim'), span(more, 'dim')],
    ...rows.map((spans) => fitSpans(spans, width)),
  ];
}

const kindForm = ({ name, form }: FaultKindInfo): string =>
  oneLine(form === null ? name : form.startsWith('[') ? `${name}[=${form.slice(1)}` : `${name}=${form}`);
