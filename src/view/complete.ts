import { filterFields } from '../core/filter.ts';
import { jsonValue } from '../core/json.ts';
import type { DeliverySummary } from '../core/record.ts';

/** A way to go on with a filter. */
export interface Completion {
  /** What stands in place of what was typed. */
  text: string;
  help: string;
}

/** What a filter can be completed to, and which part of it: from there to the cursor. */
export interface Completions {
  from: number;
  options: readonly Completion[];
}

/** Values that were seen, by the field as it is written: `metadata.user_id`. */
export type SeenValues = ReadonlyMap<string, ReadonlySet<string>>;

/** Options that are offered at once. */
const most = 12;
/** Deliveries that are looked at for values, and values that are kept of a field. */
const looked = 300;
const valuesKept = 50;

/** Values that are known without having been seen. */
const words: Readonly<Record<string, readonly string[]>> = {
  status: ['Completed', 'Failed', 'other'],
  outcome: ['ok', 'error', 'none', 'pending', 'refused', 'timeout', 'reset'],
  verified: ['true', 'false', 'none'],
  source: ['tunnel', 'local', 'trigger', 'check', 'emulator', 'import'],
  method: ['POST', 'GET', 'PUT'],
};

/** The values in some deliveries, of which the first are looked at. */
export function seenIn(rows: readonly (DeliverySummary | undefined)[]): SeenValues {
  const seen = new Map<string, Set<string>>();
  const note = (field: string, value: string | number | null | undefined): void => {
    if (value == null || value === '' || String(value).length > 100) return;
    const values = seen.get(field) ?? new Set();
    if (values.size < valuesKept) seen.set(field, values.add(String(value)));
  };
  const known = rows.filter((row) => row !== undefined).slice(0, looked);
  for (const { jobId, method, target, source, lastAttempt, acknowledgement, metadata } of known) {
    note('job', jobId);
    note('method', method);
    note('path', target.replace(/\?.*$/s, ''));
    note('source', source);
    note('code', lastAttempt?.status);
    note('ack', acknowledgement?.status);
    if (lastAttempt?.status === null) note('outcome', lastAttempt.label);
    for (const [name, value] of membersOf(metadata)) note(`metadata.${quoted(name)}`, value);
  }
  return seen;
}

/** The plain values of an object, in one level; a secret is none to filter by. */
function membersOf(json: string | null): [string, string][] {
  if (json === null || json.length > 2000) return [];
  return Object.entries(jsonValue(json) ?? {}).flatMap(([name, value]): [string, string][] =>
    name !== 'secret' && (typeof value === 'string' || typeof value === 'number')
      ? [[name, String(value)]]
      : [],
  );
}

/** As a filter has a text: in quotes where it is more than a word. */
const quoted = (text: string): string =>
  /^[\w.@-]+$/.test(text) ? text : `"${text.replace(/["\\]/g, '\\$&')}"`;

/** How a filter can go on at the cursor: with a field, or with a value of the field before it. */
export function completions(text: string, cursor: number, seen: SeenValues): Completions {
  const before = text.slice(0, cursor);
  const token = /(?:[^\s()"]|"[^"]*"?)*$/.exec(before)![0];
  const from = cursor - token.length;
  const colon = /^(-?)((?:[^:"]|"[^"]*")+):(>=|<=|>|<|=)?/.exec(token);
  if (!colon) return { from, options: fieldsLike(token, seen) };
  const [upTo, , field] = colon;
  return { from: from + upTo.length, options: valuesLike(field!, token.slice(upTo.length), seen) };
}

function fieldsLike(typed: string, seen: SeenValues): Completion[] {
  const lower = typed.toLowerCase();
  const metadata = [...seen.keys()].filter((field) => field.startsWith('metadata.'));
  const fields = Object.entries(filterFields).flatMap(([name, { kind, help }]) =>
    kind === 'metadata' ? [] : [{ text: `${name}:`, help }],
  );
  const all = [
    ...fields,
    ...metadata.map((field) => ({ text: `${field}:`, help: 'a value in the job metadata' })),
    ...(metadata.length === 0 ? [{ text: 'metadata.', help: filterFields.metadata.help }] : []),
    ...(lower === ''
      ? []
      : ['AND', 'OR', 'NOT'].map((text) => ({ text: `${text} `, help: 'joins conditions' }))),
  ];
  return all.filter(({ text }) => text.toLowerCase().startsWith(lower) && text !== typed).slice(0, most + 8);
}

function valuesLike(field: string, typed: string, seen: SeenValues): Completion[] {
  const lower = typed.replace(/^"/, '').toLowerCase();
  const known = words[field] ?? [];
  const others = [...(seen.get(field) ?? [])].filter((value) => !known.includes(value));
  return [
    ...known.map((text) => ({ text, help: '' })),
    ...others.map((value) => ({ text: quoted(value), help: 'seen' })),
  ]
    .filter(({ text }) => text.replace(/^"/, '').toLowerCase().startsWith(lower) && text !== typed)
    .slice(0, most);
}
