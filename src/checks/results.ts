import { maskValues } from '../core/mask-values.ts';
import type { CheckOptions, CheckResult, Report } from './options.ts';

/** Whether a result makes the run fail. */
export const isError = ({ verdict, severity }: CheckResult): boolean =>
  verdict.outcome === 'failed' && severity === 'error';

/** Whether something is missing from the proof. */
export const isUnjudged = ({ verdict }: CheckResult): boolean =>
  verdict.outcome === 'not judged' && verdict.applies !== false;

/** How many results ended in which way. */
export function countsOf(results: readonly CheckResult[]): Report['counts'] {
  const count = (test: (result: CheckResult) => boolean): number => results.filter(test).length;
  return {
    passed: count(({ verdict }) => verdict.outcome === 'passed'),
    failed: count(isError),
    warnings: count((result) => result.verdict.outcome === 'failed' && !isError(result)),
    notJudged: count(isUnjudged),
    notApplicable: count(({ verdict }) => verdict.outcome === 'not judged' && verdict.applies === false),
  };
}

/** A value without the secrets, which an answer, a snapshot or a log may repeat. */
export function masked<T>(given: T, { secret, svixSecret }: CheckOptions): T {
  const hide = (value: unknown): unknown => {
    if (typeof value === 'string') return maskValues(value, [secret, svixSecret]);
    if (Array.isArray(value)) return value.map(hide);
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, hide(each)]));
  };
  return hide(given) as T;
}
