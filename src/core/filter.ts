import { type LiqeQuery, SyntaxError as LiqeSyntaxError, parse } from 'liqe';
import { UserError } from './errors.ts';

/** A condition over one field of a delivery, as {@link parseFilter} leaves it. */
export type Filter =
  | { op: 'all' }
  | { op: 'and' | 'or'; left: Filter; right: Filter }
  | { op: 'not'; operand: Filter }
  /** `pattern` may hold `*` and `?` wildcards when `wild`; compared without regard to case. */
  | { op: 'match'; field: FilterField; path?: string; pattern: string; wild: boolean }
  /** Anywhere in job id, target, metadata, method, status or id, without regard to case. */
  | { op: 'text'; pattern: string; wild: boolean }
  | { op: 'compare'; field: FilterField; relation: '=' | '>' | '>=' | '<' | '<='; value: number }
  | { op: 'verified'; value: boolean | null };

export type FilterField = keyof typeof filterFields;

/** What can be filtered by: the field's kind and its line of help. */
export const filterFields = {
  status: {
    kind: 'word',
    help: 'Completed, Failed, or "other" for what is no Reducto payload',
    example: 'status:failed',
  },
  job: { kind: 'word', help: 'job id, * stands for any characters', example: 'job:204a*' },
  id: { kind: 'word', help: 'delivery id', example: 'id:dlv_01*' },
  seq: { kind: 'number', help: 'number of the delivery', example: 'seq:>100' },
  metadata: {
    kind: 'metadata',
    help: 'a value in the job metadata, by its path; other names than words in quotes: metadata."full name":ann',
    example: 'metadata.user_id:123',
  },
  outcome: {
    kind: 'outcome',
    help: 'last attempt: ok, error (no answer or not 2xx), none, or refused, timeout, reset …',
    example: 'outcome:error',
  },
  code: { kind: 'number', help: 'status that the app answered', example: 'code:>=500' },
  ack: { kind: 'number', help: 'status that the sender got', example: 'ack:502' },
  verified: {
    kind: 'boolean',
    help: 'true, false, or none when nothing was verified',
    example: 'verified:false',
  },
  attempts: { kind: 'number', help: 'number of attempts', example: 'attempts:>1' },
  duration: { kind: 'number', help: 'ms that the last attempt took', example: 'duration:>1000' },
  size: { kind: 'number', help: 'bytes of body', example: 'size:>10000' },
  method: { kind: 'word', help: 'HTTP method', example: 'method:post' },
  path: { kind: 'word', help: 'request target, path and query', example: 'path:*webhook*' },
  source: { kind: 'word', help: 'tunnel, local, trigger, check, emulator, import', example: 'source:tunnel' },
} as const satisfies Record<string, { kind: string; help: string; example: string }>;

/** A filter that can't be read; `offset` is the place in it (0-based) where known. */
export class FilterError extends UserError {
  constructor(
    message: string,
    readonly offset: number | null,
  ) {
    super('filter', message, 2);
  }
}

// Longer ones would meet SQLite's own limits, on the depth of an expression and the length of a pattern.
const maxLength = 1000;
// Without quotes liqe reads a word at the cost of its square.
const longestWord = 200;

/**
 * Reads a filter such as `status:failed AND metadata.user_id:123` (liqe's syntax, over {@link filterFields}).
 * An empty text matches everything.
 * @throws FilterError
 */
export function parseFilter(given: string): Filter {
  if (given.length > maxLength)
    throw new FilterError(`Too long: a filter has at most ${maxLength} characters.`, maxLength);
  const text = asLiqe(given);
  if (text.trim() === '') return { op: 'all' };
  let query: LiqeQuery;
  try {
    query = parse(text);
  } catch (error) {
    if (!(error instanceof LiqeSyntaxError))
      throw new FilterError(
        'Not complete: a condition is missing, or a quote or bracket is open (a value with "/" in front needs quotes).',
        text.length,
      );
    const { offset } = error;
    throw new FilterError(
      `Not understood at character ${offset + 1}: "${text.slice(offset, offset + 12)}"`,
      offset,
    );
  }
  return convert(query, given);
}

/**
 * What people write beside liqe's own syntax, in as many characters: `and`, `or` and `not` in lower case, quotes
 * around the part of a path that needs them, and `path:/hook`, where liqe sees a regular expression. A quoted "and" is
 * a word to look for.
 * @throws FilterError for a word that is too long
 */
const asLiqe = (text: string): string =>
  text.replace(
    /"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|[^\s()"']+(?:(["'])[^"']*\1)?/g,
    (token, _, at: number) => {
      if (/^(and|or|not)$/.test(token)) return token.toUpperCase();
      const [, path, quoted] = /^(metadata\.[^:"']*)(["'][^"']*["'])$/.exec(token) ?? [];
      if (path === undefined && token.search(/["']|$/) > longestWord)
        throw new FilterError(`Too long a word: put what has over ${longestWord} characters in quotes.`, at);
      if (path === undefined)
        return token.replace(
          /^(-?path:)([/*?][^"']*)/,
          (_, field, word) => field + word.replace(/[^\w*?.-]/g, '_'),
        );
      return `${quoted![0]}${path}${quoted!.slice(1)}`;
    },
  );

function convert(node: LiqeQuery, text: string): Filter {
  switch (node.type) {
    case 'EmptyExpression':
      return { op: 'all' };
    case 'ParenthesizedExpression':
      return convert(node.expression as LiqeQuery, text);
    case 'UnaryOperator':
      return { op: 'not', operand: convert(node.operand, text) };
    case 'LogicalExpression':
      return {
        op: node.operator.operator === 'OR' ? 'or' : 'and',
        left: convert(node.left, text),
        right: convert(node.right, text),
      };
    case 'Tag':
      return convertTag(node, text);
  }
}

type Tag = Extract<LiqeQuery, { type: 'Tag' }>;

function convertTag(tag: Tag, text: string): Filter {
  const { expression } = tag;
  const offset = tag.location.start;
  if (expression.type === 'EmptyExpression') throw new FilterError('A value is missing after ":".', offset);
  if (expression.type === 'RegexExpression')
    throw new FilterError('Regular expressions are not supported: use * and ?.', offset);
  if (tag.field.type === 'ImplicitField') {
    if (expression.type !== 'LiteralExpression')
      throw new FilterError('A range needs a field, as in code:[500 TO 599].', offset);
    return { op: 'text', ...pattern(expression, text) };
  }
  const [name, ...rest] = tag.field.path ?? [tag.field.name];
  if (name === undefined || !Object.hasOwn(filterFields, name))
    throw new FilterError(
      `There is no field "${tag.field.name}": use ${Object.keys(filterFields).join(', ')}.`,
      offset,
    );
  const field = name as FilterField;
  const path = tag.field.name.slice(field.length + 1);
  const { kind } = filterFields[field];
  if (kind !== 'metadata' && rest.length > 0)
    throw new FilterError(`"${field}" has no parts: write ${filterFields[field].example}.`, offset);

  if (expression.type === 'RangeExpression') {
    const { min, max, minInclusive, maxInclusive } = expression.range;
    if (kind !== 'number' || !Number.isFinite(Number(min)) || !Number.isFinite(Number(max)))
      throw new FilterError(
        `"${field}" can't be such a range: ranges are of numbers, as in code:[500 TO 599].`,
        offset,
      );
    return {
      op: 'and',
      left: { op: 'compare', field, relation: minInclusive ? '>=' : '>', value: Number(min) },
      right: { op: 'compare', field, relation: maxInclusive ? '<=' : '<', value: Number(max) },
    };
  }
  const relation = tag.operator.operator.slice(1) as '' | '=' | '>' | '>=' | '<' | '<=';
  const { value } = expression;
  if (kind === 'number') {
    if (typeof value !== 'number')
      throw new FilterError(`"${field}" is a number: write ${filterFields[field].example}.`, offset);
    return { op: 'compare', field, relation: relation || '=', value };
  }
  if (relation !== '' && relation !== '=')
    throw new FilterError(`"${field}" can't be compared with ${relation}.`, offset);
  if (kind === 'boolean') {
    if (value !== true && value !== false && value !== 'none')
      throw new FilterError(`"${field}" is true, false or none.`, offset);
    return { op: 'verified', value: value === 'none' ? null : value };
  }
  return { op: 'match', field, ...(kind === 'metadata' ? { path } : {}), ...pattern(expression, text) };
}

type Literal = { value: unknown; quoted?: boolean; location: { start: number } };

// The text as typed, not liqe's reading of it: job:204e5 is no number. (Of 00123 its location has the end wrong.)
function pattern(literal: Literal, text: string): { pattern: string; wild: boolean } {
  if (literal.quoted === true) return { pattern: String(literal.value), wild: false };
  const typed = /^[^\s()]*/.exec(text.slice(literal.location.start))![0];
  return { pattern: typed, wild: /[*?]/.test(typed) };
}
