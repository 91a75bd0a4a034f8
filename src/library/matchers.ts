import type { CheckReport } from './check.ts';

/** What vitest's and jest's `expect` take of a matcher. */
export interface MatcherResult {
  pass: boolean;
  message(): string;
}

/**
 * `expect(report).toHavePassed()`: the report of a check has no failures; a failure shows the whole report.
 * @throws TypeError when it is no report
 */
export function toHavePassed(report: CheckReport): MatcherResult {
  if (typeof report?.passed !== 'boolean' || typeof report.text !== 'function')
    throw new TypeError('toHavePassed is for the report of a check: await dev.check(…).');
  return {
    pass: report.passed,
    message: () =>
      report.passed ? `The checks were not to pass, and did: ${report.verdict}` : report.text(),
  };
}
