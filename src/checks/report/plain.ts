import { formatDuration } from '../../core/units.ts';
import type { Check } from '../check.ts';
import { explorationRow } from '../explore/row.ts';
import type { CheckResult, Report, SentRecord } from '../options.ts';
import { checks } from '../table/index.ts';

/** Lines of an effect that are shown; a burst has hundreds. */
const shownLines = 8;
/** Deliveries of a failure that are named. */
const shownDeliveries = 5;

/** A result that failed. */
export type Failure = CheckResult & { verdict: Extract<CheckResult['verdict'], { outcome: 'failed' }> };

/** The failures of a run, the worst first, each in the order in which it was found. */
export function failuresOf({ results }: Report): Failure[] {
  const order = ['error', 'warning', 'info'];
  return results
    .filter((result): result is Failure => result.verdict.outcome === 'failed')
    .sort((a, b) => order.indexOf(a.severity) - order.indexOf(b.severity));
}

/** The row of a check, or of exploration. */
export const rowOf = (id: string): Omit<Check, 'run'> =>
  [...checks, explorationRow].find((row) => row.id === id)!;

/** Lines, equal ones once with their number, and not too many. */
export function folded(lines: readonly string[], limit = shownLines): string[] {
  const counts = new Map<string, number>();
  for (const line of lines) counts.set(line, (counts.get(line) ?? 0) + 1);
  const texts = [...counts].map(([line, count]) => (count === 1 ? line : `${line}   (${count} times)`));
  return texts.length > limit ? [...texts.slice(0, limit), `… and ${texts.length - limit} more`] : texts;
}

/** What was sent, a line for each delivery. */
export function sentLines(sent: readonly SentRecord[]): string[] {
  const lines = sent.slice(0, shownDeliveries).map(({ seq, id, jobId, attempts }) => {
    const outcomes = folded(attempts.map(({ outcome }) => outcome)).join(', ');
    return `#${seq} ${id}, job ${jobId}: ${outcomes === '' ? 'not sent' : outcomes}`;
  });
  return sent.length > shownDeliveries ? [...lines, `… and ${sent.length - shownDeliveries} more`] : lines;
}

/** One failure with all that helps to understand and to repair it. */
export function failureText({ id, title, severity, verdict, sent, appOutput }: Failure): string {
  const { why, fix } = rowOf(id);
  const { summary, expected, observed, difference, hint } = verdict;
  const field = (name: string, text: string): string => `  ${name.padEnd(9)} ${text}`;
  const block = (lines: readonly string[]): string[] => folded(lines).map((line) => `              ${line}`);
  const deliveries = sentLines(sent);
  return [
    `${severity.toUpperCase()} ${id}: ${title}`,
    `  ${summary}`,
    '',
    ...deliveries.map((line, i) => field(i === 0 ? 'sent' : '', line)),
    field('expected', expected),
    ...block(difference?.expected ?? []),
    field('observed', observed),
    ...block(difference?.observed ?? []),
    ...appOutput.map((line, i) => field(i === 0 ? 'app said' : '', line)),
    ...(hint === undefined ? [] : [field('hint', hint)]),
    field('why', `${why.text} ${why.url}`),
    field('fix', fix),
  ].join('\n');
}

/**
 * The verdict in one line: what was found, and what it says nothing about. What was not judged is no proof, however
 * many checks have passed.
 */
export function verdictText({ counts, results, probes }: Report): string {
  if (counts.failed > 0)
    return `NOT IDEMPOTENT, or not right: ${counts.failed} of ${results.length} checks failed.`;
  const blind = results.some(
    ({ verdict }) => verdict.outcome === 'not judged' && /effect/.test(verdict.reason),
  );
  if (blind)
    return 'NOT PROVEN: whether something is done twice was not seen, as no probe shows effects: give --effects.';
  const outgoing = probes.includes('--egress') ? '' : ' Outgoing calls were not looked at (--egress).';
  if (results.length < checks.length)
    return `NO FAULT FOUND by the ${results.length} checks that were chosen.${outgoing}`;
  if (counts.notJudged > 0)
    return `NO FAULT FOUND, and ${counts.notJudged} of ${results.length} checks not judged: see below.${outgoing}`;
  return `PROVEN by ${counts.passed} checks: each job has its effect once.${outgoing}`;
}

/** The counts in one line. */
export function sumText({ counts, durationMs, seed, interrupted }: Report): string {
  const parts = [
    `${counts.passed} passed`,
    `${counts.failed} failed`,
    ...(counts.warnings > 0 ? [`${counts.warnings} with warnings`] : []),
    ...(counts.notJudged > 0 ? [`${counts.notJudged} not judged`] : []),
  ];
  return `${parts.join(', ')} in ${formatDuration(durationMs)} (seed ${seed})${interrupted ? ', stopped before the end' : ''}`;
}

/** Why checks were not judged: each reason once, with the checks. */
function notJudgedLines({ results }: Report): string[] {
  const reasons = new Map<string, string[]>();
  for (const { id, verdict } of results)
    if (verdict.outcome === 'not judged')
      reasons.set(verdict.reason, [...(reasons.get(verdict.reason) ?? []), id]);
  return [...reasons].map(([reason, ids]) => `Not judged, because ${reason}:\n  ${ids.join(', ')}`);
}

/** The whole report for people. */
export function plainReport(report: Report): string {
  const failures = failuresOf(report);
  const again = failures.find(({ id, severity }) => severity === 'error' && id !== explorationRow.id);
  return [
    verdictText(report),
    ...failures.map(failureText),
    ...notJudgedLines(report),
    ...report.notes.map((note) => `Note: ${note}`),
    ...(again
      ? [
          `To run one again: --only ${again.id}. To look at what was sent: reducto-webhook-dev show ${again.sent[0]?.seq ?? 'last'}`,
        ]
      : []),
    sumText(report),
  ].join('\n\n');
}
