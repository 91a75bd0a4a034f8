import { describe, expect, test } from 'vitest';
import {
  currentField,
  editForm,
  type Field,
  type FormState,
  firstWrong,
  insertIntoForm,
  openForm,
  problemOf,
  shownFields,
  tellForm,
  toField,
  valuesOf,
} from '../../src/view/form.ts';

const fields: Field[] = [
  {
    kind: 'choice',
    id: 'format',
    label: 'format',
    help: '',
    value: 'har',
    options: [
      { id: 'har', label: 'HAR' },
      { id: 'ndjson', label: 'ndjson' },
    ],
  },
  {
    kind: 'text',
    id: 'file',
    label: 'file',
    help: '',
    value: '',
    follows: ({ format }) => `out.${format}`,
    check: (text) => (text === '' ? 'a name is needed' : null),
  },
  { kind: 'number', id: 'count', label: 'count', help: '', value: '2', min: 1, max: 10 },
  { kind: 'toggle', id: 'secrets', label: 'secrets', help: '', value: false },
  {
    kind: 'text',
    id: 'only-har',
    label: 'only',
    help: '',
    value: 'x',
    empty: 'none',
    when: ({ format }) => format === 'har',
  },
];

const fresh = (at?: string): FormState => openForm('export', 'Title', fields, at);
const type = (form: FormState, text: string): FormState => [...text].reduce(insertIntoForm, form);
const field = (form: FormState, id: string): Field => form.fields.find((one) => one.id === id)!;

test('begins with its first field and the values given', () => {
  expect(currentField(fresh()).id).toBe('format');
  expect(valuesOf(fresh())).toEqual({
    format: 'har',
    secrets: false,
    file: 'out.har',
    count: '2',
    'only-har': 'x',
  });
});

test('a line follows another field until it is typed into', () => {
  const other = editForm(fresh(), 'right');
  expect(valuesOf(other)).toMatchObject({ format: 'ndjson', file: 'out.ndjson' });
  const typed = type({ ...other, at: 'file' }, '.gz');
  expect(valuesOf(editForm({ ...typed, at: 'format' }, 'left'))).toMatchObject({
    format: 'har',
    file: 'out.ndjson.gz',
  });
});

test('goes round the fields that are shown', () => {
  const walk = (form: FormState, by: 1 | -1): string[] => {
    const seen = [form.at];
    for (let at = toField(form, by); at.at !== form.at; at = toField(at, by)) seen.push(at.at);
    return seen;
  };
  expect(walk(fresh(), 1)).toEqual(['format', 'file', 'count', 'secrets', 'only-har']);
  expect(walk(fresh(), -1)).toEqual(['format', 'only-har', 'secrets', 'count', 'file']);
  const without = editForm(fresh(), 'right');
  expect(shownFields(without).map(({ id }) => id)).not.toContain('only-har');
  expect(walk(without, 1)).toEqual(['format', 'file', 'count', 'secrets']);
});

test('space and arrows choose; a letter does nothing to a choice', () => {
  expect(insertIntoForm(fresh(), ' ').chosen.format).toBe('ndjson');
  expect(insertIntoForm(insertIntoForm(fresh(), ' '), ' ').chosen.format).toBe('har');
  expect(insertIntoForm(fresh(), 'x')).toEqual(fresh());
  expect(editForm(fresh('secrets'), 'left').chosen.secrets).toBe(true);
  expect(editForm(fresh('secrets'), 'home').chosen.secrets).toBe(false);
  // In a line both are what they are in any line.
  expect(type(fresh('file'), ' a').editors.file).toEqual({ text: 'out.har a', cursor: 9 });
  expect(editForm(fresh('file'), 'left').editors.file?.cursor).toBe(6);
});

describe('what is wrong', () => {
  const countOf = (text: string): string | null => {
    const form = type(editForm(fresh('count'), 'delete-line'), text);
    return problemOf(form, field(form, 'count'))?.message ?? null;
  };

  test.each([
    ['1', null],
    ['10', null],
    ['', 'a number is needed'],
    ['0', 'at least 1'],
    ['11', 'at most 10'],
    ['1.5', 'a whole number is needed'],
    ['1e1', '"1e1" is not a number'],
    ['-3', '"-3" is not a number'],
  ])('a count of %j: %j', (text, message) => expect(countOf(text)).toBe(message));

  test('is found by field, unless that is not shown', () => {
    const empty = editForm(fresh('file'), 'delete-line');
    expect(firstWrong(empty)?.id).toBe('file');
    expect(problemOf(empty, field(empty, 'file'))?.message).toBe('a name is needed');
    expect(firstWrong(fresh())).toBeNull();
  });

  test('that a command told goes when the field is typed into, and does not keep Enter from trying again', () => {
    const told = tellForm(fresh('file'), 'file', { message: 'exists', offset: null });
    expect(problemOf(told, field(told, 'file'))?.message).toBe('exists');
    expect(firstWrong(told)).toBeNull();
    expect(problemOf(type(told, 'x'), field(told, 'file'))).toBeNull();
  });

  test('with a line of faults does keep it, since that is checked as it is typed', () => {
    const faults: Field[] = [{ ...fields[1]!, follows: () => '', faults: true, empty: 'none' } as Field];
    const form = openForm('faults', 'Title', faults);
    expect(firstWrong(tellForm(form, 'file', { message: 'no such fault', offset: 0 }))?.id).toBe('file');
  });
});
