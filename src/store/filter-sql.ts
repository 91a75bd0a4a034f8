import type { JSValue } from 'node-sqlite3-wasm';
import type { Filter, FilterField } from '../core/filter.ts';
import { keysOf } from '../core/filter-match.ts';
import { metadataSql } from './rows.ts';
import { traitOf } from './traits.ts';

/** A condition over the columns of `delivery`, with the values of its placeholders. */
export interface SqlCondition {
  sql: string;
  values: JSValue[];
  /** Whether the index `delivery_scan` tells for most rows that they don't match. */
  scan?: boolean;
}

type Match = Extract<Filter, { op: 'match' }>;

const numbers: Partial<Record<FilterField, string>> = {
  seq: 'seq',
  code: 'last_code',
  ack: 'ack_status',
  attempts: 'attempts',
  duration: 'last_ms',
  size: 'size',
};

const words: Partial<Record<FilterField, string>> = {
  status: 'status',
  job: 'job_id',
  id: 'id',
  method: 'method',
  path: 'target',
  source: 'source',
};

/** A filter as SQL. Every condition is true or false, never null, so that NOT means "all the others". */
export function filterToSql(filter: Filter): SqlCondition {
  switch (filter.op) {
    case 'all':
      return { sql: '1', values: [] };
    case 'and':
    case 'or': {
      const [left, right] = [filterToSql(filter.left), filterToSql(filter.right)];
      const scans = filter.op === 'and' ? left.scan || right.scan : left.scan && right.scan;
      return {
        sql: `(${left.sql} ${filter.op} ${right.sql})`,
        values: [...left.values, ...right.values],
        ...(scans ? { scan: true } : {}),
      };
    }
    case 'not': {
      const { sql, values } = filterToSql(filter.operand);
      return { sql: `not ${sql}`, values };
    }
    case 'verified':
      return filter.value === null
        ? { sql: '(verified is null)', values: [] }
        : { sql: '(verified is ?)', values: [Number(filter.value)] };
    case 'compare':
      return { sql: `ifnull(${numbers[filter.field]} ${filter.relation} ?, 0)`, values: [filter.value] };
    case 'text':
      return textToSql(filter);
    case 'match':
      return matchToSql(filter);
  }
}

function textToSql({ pattern, wild }: { pattern: string; wild: boolean }): SqlCondition {
  const columns = ['job_id', 'target', `(${metadataSql})`, 'id', 'method', 'status'];
  const tests = columns.map((column) => like(column, `%${likePattern(pattern, wild)}%`));
  return {
    sql: `(${tests.map(({ sql }) => sql).join(' or ')})`,
    values: tests.flatMap(({ values }) => values),
  };
}

function matchToSql(match: Match): SqlCondition {
  if (match.field === 'metadata') return metadataToSql(match);
  if (match.field === 'outcome') return outcomeToSql(match);
  if (match.field === 'status' && match.pattern.toLowerCase() === 'other')
    return { sql: '(status is null)', values: [] };
  const column = words[match.field]!;
  const scan = match.field === 'job' ? { scan: true } : {};
  if (match.wild || !isAscii(match.pattern))
    return { ...like(column, likePattern(match.pattern, match.wild)), ...scan };
  return { sql: `ifnull(${column} = ? collate nocase, 0)`, values: [match.pattern], ...scan };
}

function outcomeToSql({ pattern }: Match): SqlCondition {
  const success = 'last_code between 200 and 299';
  switch (pattern.toLowerCase()) {
    case 'ok':
      return { sql: `ifnull(${success}, 0)`, values: [] };
    case 'error':
      return {
        sql: `(ifnull(last_label, 'pending') <> 'pending' and not ifnull(${success}, 0))`,
        values: [],
      };
    case 'none':
      return { sql: '(attempts = 0)', values: [] };
    default:
      return like('last_label', likePattern(pattern, true));
  }
}

function metadataToSql({ path, pattern, wild }: Match): SqlCondition {
  const wanted = likePattern(pattern, wild);
  if (!path) return like(`(${metadataSql})`, `%${wanted}%`);
  const ways = keysOf(path).map((keys) => atKeys(keys, pattern, wanted));
  return {
    sql: `(${ways.map(({ sql }) => sql).join(' or ')})`,
    values: ways.flatMap(({ values }) => values),
    ...(ways[0]!.scan ? { scan: true } : {}),
  };
}

/** A value in the metadata by the keys that lead to it. */
function atKeys(keys: string[], pattern: string, wanted: string): SqlCondition {
  const place = `$${keys.map((key) => `.${JSON.stringify(key)}`).join('')}`;
  // Strings by their text, all else as it stands in the JSON: SQLite would write 1e21 or true in its own way.
  // Of what is no JSON at all (damaged) there is no value: SQLite would refuse the whole query.
  const value = `select case when not json_valid(found) then null when json_type(found, ?) = 'text' then found ->> ?
    else found -> ? end from (select ${metadataSql} as found)`;
  const test = like(`(${value})`, wanted);
  const exact = { sql: test.sql, values: [place, place, place, ...test.values] };
  if (!/^[\w-]+$/.test(pattern)) return exact;
  // The fingerprint first (rows from before it was kept have none), which spares most rows the reading of their JSON.
  const trait = traitOf(keys, pattern);
  return {
    sql: `((typeof(traits) <> 'integer' or traits & ? = ?) and ${exact.sql})`,
    values: [trait, trait, ...exact.values],
    scan: true,
  };
}

/** Whether a text is like a pattern, whatever the case of the letters. */
const like = (text: string, pattern: string): SqlCondition =>
  isAscii(pattern)
    ? { sql: `ifnull(${text} like ? escape '\\', 0)`, values: [pattern] }
    : { sql: `ifnull(fold(${text}) like ? escape '\\', 0)`, values: [pattern.toLowerCase()] };

const isAscii = (text: string): boolean => /^[\x00-\x7f]*$/.test(text);

/** LIKE's pattern for a text in which, when `wild`, `*` and `?` are wildcards. */
function likePattern(text: string, wild: boolean): string {
  const escaped = text.replace(/[\\%_]/g, '\\$&');
  return wild ? escaped.replaceAll('*', '%').replaceAll('?', '_') : escaped;
}
