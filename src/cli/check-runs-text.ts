import type { ComparedCheck } from '../checks/compare.ts';
import { printable } from '../core/text.ts';
import { listTime } from '../core/time.ts';
import { formatDuration } from '../core/units.ts';
import type { CommandId, CommandResult } from '../runtime/commands/index.ts';
import type { CheckRunSummary } from '../store/check-runs.ts';

/** What is told of past runs of `check`; null for the result of another command. */
export function checkRunText(id: CommandId, result: object): string | null {
  switch (id) {
    case 'check-runs': {
      const { runs } = result as CommandResult<'check-runs'>;
      return runs.length === 0 ? 'No run of check yet.' : runs.map(runLine).join('\n');
    }
    case 'check-run':
      return runText(result as CommandResult<'check-run'>);
    case 'check-diff':
      return diffText(result as CommandResult<'check-diff'>);
    default:
      return null;
  }
}

function runLine({ id, startedAt, endpoint, verdict, damage }: CheckRunSummary): string {
  const told = damage ? `damaged: ${damage.join('; ')}` : verdict;
  return printable(`${String(id).padStart(3)}  ${listTime(startedAt)}  ${endpoint}  ${told}`);
}

function runText({ summary, report, exploration }: CommandResult<'check-run'>): string {
  const lines = report.findings.flatMap(({ severity, title, fix, checks }) => [
    '',
    `${severity.toUpperCase()} ${title}`,
    ...report.results
      .filter(({ id }) => checks.includes(id))
      .flatMap(({ id, verdict, sent, course = [] }) => [
        `  ${id}: ${verdict.outcome === 'failed' ? verdict.summary : verdict.outcome}`,
        ...course.map((line) => `    ${line}`),
        ...(sent.length === 0 ? [] : [`  sent: ${sent.map(({ seq }) => `#${seq}`).join(' ')}`]),
      ]),
    `  fix: ${fix}`,
  ]);
  return printable(
    [
      runLine(summary),
      ...lines,
      ...(exploration?.finding ? ['', exploration.finding.timeline] : []),
      '',
      report.sum,
    ].join('\n'),
    true,
  );
}

function diffText({ before, after, checks }: CommandResult<'check-diff'>): string {
  const changed = checks.filter(({ change }) => change !== 'same');
  const width = Math.max(...changed.map(({ change }) => change.length));
  const line = ({ change, id, message }: ComparedCheck): string =>
    printable(`${change.padEnd(width)}  ${id.padEnd(26)}  ${message}`);
  const same = checks.length - changed.length;
  return [
    `${runLine(before)}\n${runLine(after)}\n`,
    ...changed.map(line),
    `${changed.length === 0 ? 'Nothing has changed: ' : ''}${same} ${same === 1 ? 'check is' : 'checks are'} as before (${formatDuration(after.durationMs)}).`,
  ].join('\n');
}
