import { compareRuns } from './compare.ts';
import type { CheckResult, Report } from './options.ts';
import { countsOf, isError, isUnjudged } from './results.ts';

/** An earlier run, as far as a later one is weighed against it. */
export interface Baseline {
  /** What it is called: `run 3`, or the path of a report. */
  name: string;
  results: readonly Pick<CheckResult, 'id' | 'title' | 'verdict'>[];
}

/**
 * A report in which only what is new counts: what failed in the earlier run too is a warning.
 * @param strict what is not judged any more makes the exit code 1, too
 */
export function against(report: Report, { name, results: earlier }: Baseline, strict: boolean): Report {
  const compared = compareRuns(earlier, report.results);
  const having = (change: string): string[] =>
    compared.flatMap((each) => (each.change === change ? [each.id] : []));
  const still = new Set(having('still failing'));
  const unproven = new Set(having('no longer judged'));
  const known = report.results.filter((result) => isError(result) && still.has(result.id));
  const results = report.results.map((result) =>
    known.includes(result) ? { ...result, severity: 'warning' as const } : result,
  );
  const lost = (result: CheckResult): boolean => isUnjudged(result) && unproven.has(result.id);
  return {
    ...report,
    results,
    counts: countsOf(results),
    against: { name, known: known.map(({ id }) => id), fixed: having('fixed') },
    exitCode: results.some(isError) || (strict && results.some(lost)) ? 1 : 0,
  };
}
