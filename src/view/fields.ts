import { parseEndpoint } from '../core/endpoint.ts';
import { UserError } from '../core/errors.ts';
import type { FormatName } from '../core/formats/index.ts';
import { retrySchedule } from '../core/retry-schedule.ts';
import { formatDuration, parseDuration } from '../core/units.ts';
import type { ChoiceField, Field, NumberField, TextField, ToggleField, Values } from './form.ts';
import type { ViewState } from './state.ts';
import type { Target, TargetChoice } from './target.ts';
import { targetChoices } from './targets.ts';

/** A line to type. @param empty what an empty one means; undefined when it must not be empty */
export const text = (
  id: string,
  label: string,
  help: string,
  empty?: string,
  check?: (text: string) => string | null,
): TextField => ({
  ...{ kind: 'text', id, label, help, value: '' },
  ...(empty === undefined ? {} : { empty }),
  ...(check ? { check } : {}),
});

/** A whole number from 1 (or from `value`, where that is smaller) up. */
export const number = (
  id: string,
  label: string,
  value: number,
  help: string,
  max?: number,
): NumberField => ({
  ...{ kind: 'number', id, label, help, value: String(value), min: Math.min(1, value) },
  ...(max === undefined ? {} : { max }),
});

/** One of a few: pairs of id and label, the first chosen. */
export const choice = (
  id: string,
  label: string,
  help: string,
  options: readonly (readonly [id: string, label: string])[],
): ChoiceField => ({
  ...{ kind: 'choice', id, label, help, value: options[0]![0] },
  options: options.map(([option, name]) => ({ id: option, label: name })),
});

/** Yes or no. */
export const toggle = (id: string, label: string, value: boolean, help: string): ToggleField => ({
  ...{ kind: 'toggle', id, label, help, value },
});

/** A line of faults, which the `faults` command checks. */
export const faultField = (help: string, empty: string): TextField => ({
  ...text('fault', 'faults', help, empty),
  faults: true,
});

/** What fails when no endpoint, or a wrong one, is given. */
export const endpointErrors = { endpoint: 'to', 'no-endpoint': 'to' } as const;

/** Where it is sent. */
export const endpointField = text(
  'to',
  'to',
  'another app: a port or a URL, such as 3001 or http://localhost:3001/hook',
  'as usual',
  (value) => problemWith(() => parseEndpoint(value)),
);

/** What is wrong with what `read` reads; null for nothing. */
export function problemWith(read: () => unknown): string | null {
  try {
    read();
    return null;
  } catch (error) {
    if (error instanceof UserError) return error.message;
    throw error;
  }
}

/** What is wrong with a duration; null for nothing. */
export const durationProblem = (value: string): string | null =>
  parseDuration(value) === null ? `"${value}" is not a duration such as 500ms or 2s` : null;

/** What is wrong with pauses such as `1s,5s`; null for nothing. */
export const scheduleProblem = (value: string): string | null => problemWith(() => retrySchedule(value));

/** When a schedule's attempts are made, in a line; empty while it can't be read. */
export function schedulePreview({ schedule, pauses, timeScale }: Values): string {
  const wanted = String(schedule === 'custom' ? pauses : schedule);
  const scale = Number(timeScale);
  if (scheduleProblem(wanted) !== null || !(scale > 0)) return '';
  const { delays } = retrySchedule(wanted);
  const times = delays.map((delay) => formatDuration(delay / scale));
  const faster = scale === 1 ? '' : ` (${timeScale} times faster)`;
  return `at once, then after each failure: ${times.join(', ')}${faster}`;
}

/** The field that says which deliveries. */
export const whatField = (choices: readonly TargetChoice[], help: string): ChoiceField =>
  choice(
    'what',
    'what',
    help,
    choices.map(({ id, label }) => [id, label]),
  );

/** The targets that are named one by one. */
export const deliveriesOnly = (state: ViewState): TargetChoice[] =>
  targetChoices(state).filter(({ target }) => target.kind === 'deliveries');

/** What an export begins with: what is marked, else what the filter matches, else the selected one, else all. */
export const exportFirst = ({ options }: ChoiceField): string =>
  ['marked', 'filter', 'one', 'all'].find((wanted) => options.some(({ id }) => id === wanted))!;

/** The target that was chosen. */
export const chosenTarget = ({ what }: Values, targets: readonly TargetChoice[]): Target =>
  targets.find(({ id }) => id === what)!.target;

/** The references of a target that is named one by one. */
export const idsOf = (target: Target): string[] =>
  target.kind === 'deliveries' ? target.seqs.map(String) : [];

/** The values that are not empty, under the names of a command's arguments. */
export const given = (values: Values, names: readonly string[]): Record<string, string> =>
  Object.fromEntries(names.flatMap((name) => (values[name] ? [[name, String(values[name])]] : [])));

/** Words between spaces; a part in double quotes is one, with its quotes where JSON wants them: `a="b c"`. */
export const splitWords = (line: string): string[] => line.match(/(?:[^\s"]|"(?:[^"\\]|\\.)*"?)+/g) ?? [];

/** One field: which of the pieces of work. */
export const workFields = ({ status: { work } }: ViewState): Field[] => [
  choice(
    'work',
    'work',
    'the newest first',
    work.toReversed().map(({ id, label }) => [id, label]),
  ),
];

/** The formats of an export, with what each is for. */
export const formats: readonly (readonly [FormatName, string])[] = [
  ['ndjson', 'ndjson'],
  ['har', 'har'],
  ['fixture', 'fixture'],
  ['curl', 'curl'],
  ['httpie', 'httpie'],
];

/** How a file of each format ends. */
export const extensions: Record<FormatName, string> = {
  ndjson: 'ndjson',
  har: 'har',
  fixture: 'json',
  curl: 'sh',
  httpie: 'sh',
};
