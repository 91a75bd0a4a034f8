import { jsonValue } from '../../core/json.ts';

/** Anything that JSON can hold. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** Reads a probe's output: JSON where it is JSON, else lines (each JSON where all are). Nothing at all is null. */
export function readSnapshot(text: string): Json {
  const trimmed = text.trim();
  if (trimmed === '') return null;
  const whole = jsonValue(trimmed) as Json | undefined;
  if (whole !== undefined) return whole;
  const lines = trimmed.split('\n').map((line) => line.trimEnd());
  const filled = lines.filter((line) => line.trim() !== '');
  const rows = filled.map((line) => (/^\s*[[{]/.test(line) ? jsonValue(line) : undefined));
  return rows.every((row) => row !== undefined) ? (rows as Json[]) : filled;
}

/** JSON with sorted keys: equal values have equal texts. */
export function canonical(value: Json): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
    return `{${entries.map(([key, each]) => `${JSON.stringify(key)}:${canonical(each)}`).join(',')}}`;
  }
  return JSON.stringify(value);
}

/** Builds the same value with every text (keys too) and number passed through `change`. */
export function mapLeaves(
  value: Json,
  change: { text(text: string): string; number(number: number): Json },
): Json {
  if (typeof value === 'string') return change.text(value);
  if (typeof value === 'number') return change.number(value);
  if (Array.isArray(value)) return value.map((each) => mapLeaves(each, change));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, each]) => [change.text(key), mapLeaves(each, change)]),
  );
}

/** Takes out what `--effects-ignore` names: keys by their path (`a.b`), and the matching part of texts. */
export function without(value: Json, patterns: readonly RegExp[], path = ''): Json {
  if (patterns.length === 0) return value;
  if (typeof value === 'string') return patterns.reduce((text, pattern) => text.replace(pattern, ''), value);
  if (Array.isArray(value)) return value.map((each) => without(each, patterns, path));
  if (typeof value !== 'object' || value === null) return value;
  const kept = Object.entries(value)
    .map(([key, each]): [string, string, Json] => [key, path === '' ? key : `${path}.${key}`, each])
    .filter(([, full]) => !patterns.some((pattern) => new RegExp(pattern.source, 'i').test(full)));
  return Object.fromEntries(kept.map(([key, full, each]) => [key, without(each, patterns, full)]));
}
