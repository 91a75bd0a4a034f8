import type { ExploredApp } from '../checks/explore/index.ts';
import type { Moment } from '../checks/explore/interpret.ts';
import type { CheckOptions, CheckResult, Report } from '../checks/options.ts';
import type { ReportRecord } from '../checks/report/json.ts';
import type { CheckRunSummary } from '../store/check-runs.ts';

/** Lines of an effect, and deliveries of a failure, that are kept: a burst has hundreds, a mistake perhaps millions. */
const mostLines = 500;
const mostLineLength = 2000;

/** What an exploration found, as it is kept. */
export interface KeptExploration {
  /** Schedules that were tried in the search, and to make the violation shorter. */
  runs: number;
  shrinkRuns: number;
  /** Null when nothing was found. */
  finding: {
    /** Steps of the schedule that was found first. */
    foundWith: number;
    /** How the shortest one went. */
    moments: readonly Moment[];
    /** Ids of its jobs, by their numbers. */
    jobs: readonly (readonly [number: number, id: string])[];
    /** How often it went wrong when it was run again. */
    again: { broken: number; of: number };
    /** The same for people. */
    timeline: string;
    /** curl commands that make it happen. */
    script: string;
    /** The same as a scenario's file. */
    scenario: string;
  } | null;
}

/**
 * A run that has ended as it is kept: of a size that a screen can show, and without the secrets it was told.
 * @param told the options in which secrets may be
 */
export async function keptRun(
  kind: CheckRunSummary['kind'],
  report: Report,
  explored: ExploredApp | null,
  told: readonly Pick<CheckOptions, 'secret' | 'svixSecret'>[],
): Promise<{
  summary: Omit<CheckRunSummary, 'id'>;
  outcome: { report: ReportRecord; exploration: KeptExploration | null };
}> {
  const [{ reportRecord }, { masked }] = await Promise.all([
    import('../checks/report/json.ts'),
    import('../checks/results.ts'),
  ]);
  const record = reportRecord({ ...report, results: report.results.map(bounded) });
  const { passed, failed, warnings, notJudged } = report.counts;
  return {
    summary: {
      kind,
      ...{ startedAt: report.startedAt, durationMs: report.durationMs, endpoint: report.endpoint },
      ...{ verdict: record.verdict, exitCode: report.exitCode, interrupted: report.interrupted },
      ...{ passed, failed, warnings, notJudged },
    },
    outcome: told.reduce((outcome, options) => masked(outcome, options as CheckOptions), {
      report: record,
      exploration: explored && explorationOf(explored),
    }),
  };
}

function explorationOf({ exploration, timeline, script, scenario }: ExploredApp): KeptExploration {
  const { runs, shrinkRuns, finding } = exploration;
  if (finding === null) return { runs, shrinkRuns, finding: null };
  const { original, course, again } = finding;
  return {
    runs,
    shrinkRuns,
    finding: {
      foundWith: original.length,
      moments: course.moments,
      jobs: [...(course.evidence?.jobIds ?? [])],
      again,
      timeline: timeline ?? '',
      script: script ?? '',
      scenario: scenario ?? '',
    },
  };
}

function bounded(result: CheckResult): CheckResult {
  const { verdict, sent } = result;
  const sentToo = { ...result, sent: sent.slice(0, mostLines) };
  if (verdict.outcome !== 'failed' || verdict.difference === null) return sentToo;
  const { expected, observed } = verdict.difference;
  return {
    ...sentToo,
    verdict: { ...verdict, difference: { expected: shortened(expected), observed: shortened(observed) } },
  };
}

const shortened = (lines: readonly string[]): string[] => {
  const kept = lines.slice(0, mostLines).map((line) => line.slice(0, mostLineLength));
  return lines.length > kept.length ? [...kept, `… and ${lines.length - kept.length} more`] : kept;
};
