import { isSuccess } from './delivery.ts';
import type { Filter, FilterField } from './filter.ts';
import { memberText } from './json.ts';
import type { DeliverySummary } from './record.ts';
import { isVerified } from './verification.ts';

type Match = Extract<Filter, { op: 'match' }>;

const numbers: Partial<Record<FilterField, (summary: DeliverySummary) => number | null | undefined>> = {
  seq: ({ seq }) => seq,
  code: ({ lastAttempt }) => lastAttempt?.status,
  ack: ({ acknowledgement }) => acknowledgement?.status,
  attempts: ({ attempts }) => attempts,
  duration: ({ lastAttempt }) => lastAttempt?.durationMs,
  size: ({ size }) => size,
};

const words: Partial<Record<FilterField, (summary: DeliverySummary) => string | null>> = {
  status: ({ status }) => status,
  job: ({ jobId }) => jobId,
  id: ({ id }) => id,
  method: ({ method }) => method,
  path: ({ target }) => target,
  source: ({ source }) => source,
};

const relations = {
  '=': (a: number, b: number) => a === b,
  '>': (a: number, b: number) => a > b,
  '>=': (a: number, b: number) => a >= b,
  '<': (a: number, b: number) => a < b,
  '<=': (a: number, b: number) => a <= b,
};

/** Whether a filter holds for one delivery: the same as the store's SQL says of many. */
export function matches(filter: Filter, summary: DeliverySummary): boolean {
  switch (filter.op) {
    case 'all':
      return true;
    case 'and':
      return matches(filter.left, summary) && matches(filter.right, summary);
    case 'or':
      return matches(filter.left, summary) || matches(filter.right, summary);
    case 'not':
      return !matches(filter.operand, summary);
    case 'verified':
      return isVerified(summary.verification) === filter.value;
    case 'compare': {
      const value = numbers[filter.field]!(summary);
      return typeof value === 'number' && relations[filter.relation](value, filter.value);
    }
    case 'text': {
      const { jobId, target, metadata, id, method, status } = summary;
      return [jobId, target, metadata, id, method, status].some((text) => has(text, filter));
    }
    case 'match':
      return matchesWord(filter, summary);
  }
}

function matchesWord(match: Match, summary: DeliverySummary): boolean {
  const { field, pattern, path } = match;
  if (field === 'metadata')
    return path ? atPath(summary.metadata, path, match) : has(summary.metadata, match);
  if (field === 'outcome') return matchesOutcome(pattern, summary);
  if (field === 'status' && pattern.toLowerCase() === 'other') return summary.status === null;
  return isLike(words[field]!(summary), match);
}

function matchesOutcome(pattern: string, { attempts, lastAttempt }: DeliverySummary): boolean {
  const success = isSuccess(lastAttempt?.status ?? null);
  switch (pattern.toLowerCase()) {
    case 'ok':
      return success;
    case 'error':
      return lastAttempt !== null && lastAttempt.label !== 'pending' && !success;
    case 'none':
      return attempts === 0;
    default:
      return isLike(lastAttempt?.label ?? null, { pattern, wild: true });
  }
}

function atPath(json: string | null, path: string, pattern: Pattern): boolean {
  if (json === null) return false;
  return keysOf(path).some((keys) => {
    const value = memberText(json, keys);
    if (value === undefined) return false;
    return isLike(value.startsWith('"') ? (JSON.parse(value) as string) : value, pattern);
  });
}

// Of a longer path only the two ways that are meant: all keys nested, or all of it one key.
const maxParts = 4;

/** The keys that a path in the metadata may mean: `a.b` is `b` in `a`, or a key `a.b`. */
export function keysOf(path: string): string[][] {
  const parts = path.split('.');
  if (parts.length > maxParts) return [parts, [path]];
  return parts.slice(1).reduce<string[][]>(
    (ways, part) =>
      ways.flatMap((keys) => [
        [...keys, part],
        [...keys.slice(0, -1), `${keys.at(-1)}.${part}`],
      ]),
    [[parts[0]!]],
  );
}

/** A text in which, when `wild`, `*` and `?` are wildcards. */
interface Pattern {
  pattern: string;
  wild: boolean;
}

/** Whether a pattern stands anywhere in a text. */
const has = (text: string | null, { pattern, wild }: Pattern): boolean => {
  if (wild) return isLike(text, { pattern: `*${pattern}*`, wild });
  return text !== null && fold(text, pattern).includes(fold(pattern, pattern));
};

/** Whether a text is as a pattern says, from its beginning to its end, whatever the case of the letters. */
function isLike(text: string | null, { pattern, wild }: Pattern): boolean {
  if (text === null) return false;
  const [folded, wanted] = [fold(text, pattern), fold(pattern, pattern)];
  return wild ? isGlob(folded, wanted) : folded === wanted;
}

/** Letters in lower case: for a pattern of ASCII only those of ASCII, as SQLite has it. */
const fold = (text: string, pattern: string): string =>
  /^[\x00-\x7f]*$/.test(pattern)
    ? text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase())
    : text.toLowerCase();

/** In time that grows with the product of the lengths: no text from outside makes it worse. */
function isGlob(text: string, pattern: string): boolean {
  let [at, next] = [0, 0];
  let star: { next: number; at: number } | null = null;
  while (at < text.length) {
    if (pattern[next] === '*') star = { next: ++next, at };
    else if (next < pattern.length && (pattern[next] === '?' || pattern[next] === text[at])) {
      at += pattern[next] === '?' ? widthAt(text, at) : 1;
      next += 1;
    } else if (star !== null) {
      star.at += widthAt(text, star.at);
      [at, next] = [star.at, star.next];
    } else return false;
  }
  while (pattern[next] === '*') next += 1;
  return next === pattern.length;
}

const widthAt = (text: string, at: number): number => (text.codePointAt(at)! > 0xffff ? 2 : 1);
