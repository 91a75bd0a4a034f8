import { causes } from '../causes.ts';
import type { Check } from '../check.ts';
import { explorationRow } from '../explore/row.ts';
import type { CheckResult, Report } from '../options.ts';
import { scenarioRow } from '../scenario/row.ts';
import { checks } from '../table/index.ts';
import type { Severity } from '../verdict.ts';

/** A result that failed. */
export type Failure = CheckResult & { verdict: Extract<CheckResult['verdict'], { outcome: 'failed' }> };

/** Failures that have one cause, and are mended by one change. */
export interface Finding {
  /** The worst of its failures'. */
  severity: Severity;
  title: string;
  fix: string;
  /** What has shown it, the worst first; at least one. */
  failures: readonly [Failure, ...Failure[]];
}

const severities: readonly Severity[] = ['error', 'warning', 'info'];

/** The row of a check, of exploration, or, for any other id, of a scenario. */
export const rowOf = (id: string): Omit<Check, 'run'> =>
  [...checks, explorationRow].find((row) => row.id === id) ?? scenarioRow;

/** Whether a run made scenarios happen. */
export const isOfScenarios = ({ results }: Pick<Report, 'results'>): boolean =>
  results.length > 0 && results.every(({ id }) => rowOf(id) === scenarioRow);

/** The failures of a run by their causes, the worst first, else in the order in which they were found. */
export function findingsOf({ results }: Pick<Report, 'results'>): Finding[] {
  const groups = new Map<string, [Failure, ...Failure[]]>();
  const worstFirst = results
    .filter((result): result is Failure => result.verdict.outcome === 'failed')
    .sort((a, b) => severities.indexOf(a.severity) - severities.indexOf(b.severity));
  for (const failure of worstFirst) {
    const cause = failure.verdict.cause ?? rowOf(failure.id).cause ?? failure.id;
    const group = groups.get(cause);
    if (group) group.push(failure);
    else groups.set(cause, [failure]);
  }
  return [...groups.values()].map(findingOf);
}

function findingOf(failures: readonly [Failure, ...Failure[]]): Finding {
  const [{ id, title, severity, verdict }] = failures;
  const { cause: own, fix } = rowOf(id);
  const cause = verdict.cause ?? own;
  // One check knows best what it has found; of several only their cause is common.
  if (cause === null || (failures.length === 1 && (verdict.cause ?? own) === own))
    return { severity, title, fix, failures };
  return { severity, ...causes[cause], failures };
}
