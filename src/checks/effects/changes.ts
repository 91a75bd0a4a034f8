import { jobLabel } from './labels.ts';
import { canonical, type Json } from './value.ts';

/** One difference between two snapshots. */
export interface Change {
  /** What changed, as a line: `+ <job 1>|1`, `- …`, or the name of a number. */
  text: string;
  /** By how much a number changed; null for what came, went or was replaced. */
  by: number | null;
  /** A value that stands in place of another one: it can't be counted. */
  replaced: boolean;
}

/** The differences between two snapshots. The order of rows does not matter, only how many there are of each. */
export function changesBetween(before: Json, after: Json): Change[] {
  const out: Change[] = [];
  compare('', ...alike(before, after), out);
  return out;
}

/** Those of some changes that name a job; all of them where none does. */
export function ofJob(changes: readonly Change[], number: number): readonly Change[] {
  const own = changes.filter(({ text }) => text.includes(jobLabel(number)));
  return own.length > 0 ? own : changes;
}

/**
 * Changes without others that are among them: what came by those and was changed since has gone and come.
 * @param others as of numbers, so of rows: each is taken away once
 */
export function withoutChanges(changes: readonly Change[], others: readonly Change[]): Change[] {
  if (others.length === 0) return [...changes];
  const rows = new Map<string, number>();
  const numbers = new Map<string, number>();
  const add = ({ text, by, replaced }: Change, times: 1 | -1): void => {
    if (replaced) return;
    if (by !== null) numbers.set(text, round((numbers.get(text) ?? 0) + times * by));
    else rows.set(text.slice(1), (rows.get(text.slice(1)) ?? 0) + (text.startsWith('+') ? times : -times));
  };
  for (const change of changes) add(change, 1);
  for (const change of others) add(change, -1);
  return [
    ...changes.filter(({ replaced }) => replaced),
    ...[...rows].flatMap(([text, count]) =>
      Array.from({ length: Math.abs(count) }, () => ({
        text: `${count > 0 ? '+' : '-'}${text}`,
        by: null,
        replaced: false,
      })),
    ),
    ...[...numbers].flatMap(([text, by]) => (by === 0 ? [] : [{ text, by, replaced: false }])),
  ];
}

/** Nothing is the empty value of what the other one is; a single row beside several is a list of one. */
function alike(before: Json, after: Json): [Json, Json] {
  if (before === null && after === null) return [null, null];
  if (before === null) return [emptyOf(after), after];
  if (after === null) return [before, emptyOf(before)];
  if (Array.isArray(before) && !Array.isArray(after)) return [before, [after]];
  if (!Array.isArray(before) && Array.isArray(after)) return [[before], after];
  return [before, after];
}

const emptyOf = (value: Json): Json =>
  Array.isArray(value) ? [] : typeof value === 'number' ? 0 : isObject(value) ? {} : '';

const isObject = (value: Json): value is { readonly [key: string]: Json } =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function compare(path: string, before: Json, after: Json, out: Change[]): void {
  if (canonical(before) === canonical(after)) return;
  if (typeof before === 'number' && typeof after === 'number')
    out.push({ text: path === '' ? 'the number' : path, by: round(after - before), replaced: false });
  else if (Array.isArray(before) && Array.isArray(after)) compareRows(path, before, after, out);
  else if (isObject(before) && isObject(after)) {
    for (const key of new Set([...Object.keys(before), ...Object.keys(after)])) {
      const inner = path === '' ? key : `${path}.${key}`;
      if (!(key in before)) out.push(come(inner, after[key]!));
      else if (!(key in after)) out.push(gone(inner, before[key]!));
      else compare(inner, before[key]!, after[key]!, out);
    }
  } else
    out.push({
      text: `${path === '' ? '' : `${path}: `}${textOf(before)} became ${textOf(after)}`,
      by: null,
      replaced: true,
    });
}

const textOf = (value: Json): string => (typeof value === 'string' ? value : canonical(value));
const prefix = (path: string): string => (path === '' ? '' : `${path}: `);
const come = (path: string, value: Json): Change => ({
  text: `+ ${prefix(path)}${textOf(value)}`,
  by: null,
  replaced: false,
});
const gone = (path: string, value: Json): Change => ({
  text: `- ${prefix(path)}${textOf(value)}`,
  by: null,
  replaced: false,
});
// 0.1 + 0.2 is no finding.
const round = (number: number): number => Math.round(number * 1e6) / 1e6;

function compareRows(path: string, before: readonly Json[], after: readonly Json[], out: Change[]): void {
  const rows = new Map<string, { value: Json; count: number }>();
  const add = (value: Json, by: number): void => {
    const key = canonical(value);
    const row = rows.get(key) ?? { value, count: 0 };
    rows.set(key, { value, count: row.count + by });
  };
  for (const value of before) add(value, -1);
  for (const value of after) add(value, 1);
  const times = (sign: 1 | -1): Json[] =>
    [...rows.values()].flatMap(({ value, count }) =>
      Array.from({ length: Math.max(0, sign * count) }, () => value),
    );
  const { pairs, came, went } = pairUp(times(-1), times(1));
  for (const [old, fresh] of pairs) compareNumbers(path, old, fresh, out);
  for (const value of went) out.push(gone(path, value));
  for (const value of came) out.push(come(path, value));
}

/** A row that differs from one that went in its numbers only, and is the only such one, is that one, counted on. */
function pairUp(went: Json[], came: Json[]): { pairs: [Json, Json][]; came: Json[]; went: Json[] } {
  const groups = new Map<string, { went: Json[]; came: Json[] }>();
  const group = (value: Json): { went: Json[]; came: Json[] } => {
    const key = template(value);
    const found = groups.get(key) ?? { went: [], came: [] };
    groups.set(key, found);
    return found;
  };
  for (const value of went) group(value).went.push(value);
  for (const value of came) group(value).came.push(value);
  const pairs: [Json, Json][] = [];
  const rest: { came: Json[]; went: Json[] } = { came: [], went: [] };
  for (const [key, each] of groups) {
    const counted = each.went.length === 1 && each.came.length === 1 && !/<(job|earlier)/.test(key);
    if (counted) pairs.push([each.went[0]!, each.came[0]!]);
    else {
      rest.went.push(...each.went);
      rest.came.push(...each.came);
    }
  }
  return { pairs, ...rest };
}

const number = /-?\d+(?:\.\d+)?/g;
// The digits of a label ("<job 1>") are part of its name.
const withoutNumbers = (text: string): string =>
  text.replace(/<[^>]*>|-?\d+(?:\.\d+)?/g, (match) => (match.startsWith('<') ? match : '#'));
const template = (value: Json): string => withoutNumbers(canonical(value));

function compareNumbers(path: string, before: Json, after: Json, out: Change[]): void {
  const name = `${prefix(path)}${withoutNumbers(textOf(before))}`;
  const [old, fresh] = [textOf(before), textOf(after)].map((text) => (text.match(number) ?? []).map(Number));
  const moved = old!.map((value, i) => round(fresh![i]! - value));
  const changed = moved.filter((by) => by !== 0);
  for (const [i, by] of moved.entries())
    if (by !== 0)
      out.push({ text: changed.length === 1 ? name : `${name} (number ${i + 1})`, by, replaced: false });
}
