import type * as z from 'zod';
import { InvalidRequest, type ValidationIssue } from './errors.ts';

// More than anybody reads; a hostile body could make one for each of its values.
const maxIssues = 50;

/**
 * Checks a value against a schema.
 * @param where the first part of each issue's place: `body` or `query`
 * @throws InvalidRequest with issues in FastAPI's words
 */
export function validated<T>(schema: z.ZodType<T>, value: unknown, where: 'body' | 'query'): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issues = parsed.error.issues
    .slice(0, maxIssues)
    .flatMap((issue) => toIssues(issue, [], value, where));
  throw new InvalidRequest(issues.slice(0, maxIssues));
}

function toIssues(
  issue: z.core.$ZodIssue,
  above: readonly PropertyKey[],
  value: unknown,
  where: string,
): ValidationIssue[] {
  const path = [...above, ...issue.path];
  const loc = [where, ...path.map((key) => (typeof key === 'number' ? key : String(key)))];
  if (valueAt(value, path) === undefined) return [{ loc, msg: 'Field required', type: 'missing' }];
  if (issue.code === 'invalid_union' && issue.errors.length > 0)
    return distinct(
      issue.errors.flatMap((branch) =>
        branch.slice(0, maxIssues).flatMap((each) => toIssues(each, path, value, where)),
      ),
    );
  return [{ loc, ...inWords(issue) }];
}

const expectations: Record<string, [msg: string, type: string]> = {
  string: ['Input should be a valid string', 'string_type'],
  number: ['Input should be a valid number', 'float_type'],
  int: ['Input should be a valid integer', 'int_type'],
  boolean: ['Input should be a valid boolean', 'bool_type'],
  array: ['Input should be a valid list', 'list_type'],
  object: ['Input should be a valid dictionary or object to extract fields from', 'model_attributes_type'],
  null: ['Input should be None', 'none_required'],
};

function inWords(issue: z.core.$ZodIssue): { msg: string; type: string } {
  switch (issue.code) {
    case 'invalid_type': {
      const [msg, type] = expectations[issue.expected] ?? [issue.message, 'value_error'];
      return { msg, type };
    }
    case 'invalid_value':
      return {
        msg: `Input should be ${issue.values.map((each) => `'${String(each)}'`).join(' or ')}`,
        type: issue.values.length === 1 ? 'literal_error' : 'enum',
      };
    case 'too_small':
      return {
        msg: `Input should be greater than or equal to ${issue.minimum}`,
        type: 'greater_than_equal',
      };
    case 'too_big':
      return { msg: `Input should be less than or equal to ${issue.maximum}`, type: 'less_than_equal' };
    case 'invalid_format':
      return { msg: 'String should match the documented pattern', type: 'string_pattern_mismatch' };
    case 'unrecognized_keys':
      return { msg: 'Extra inputs are not permitted', type: 'extra_forbidden' };
    default:
      return { msg: `Value error, ${issue.message}`, type: 'value_error' };
  }
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  let current = value;
  for (const key of path) {
    if (typeof current !== 'object' || current === null || !Object.hasOwn(current, key)) return undefined;
    current = (current as Record<PropertyKey, unknown>)[key];
  }
  return current;
}

function distinct(issues: readonly ValidationIssue[]): ValidationIssue[] {
  return [...new Map(issues.map((issue) => [JSON.stringify(issue), issue])).values()];
}
