import type { Check } from '../checks/check.ts';
import type { CheckResult, Report } from '../checks/index.ts';
import { printable } from '../core/text.ts';
import { formatDuration } from '../core/units.ts';

/** `check --list`: a line for each check. */
export function listText(checks: readonly Check[]): string {
  const width = Math.max(...checks.map(({ id }) => id.length));
  return checks
    .map(({ id, severity, title }) => `${id.padEnd(width)}  ${severity.padEnd(7)}  ${title}`)
    .join('\n');
}

/** How a result is marked: ✓ passed, ✗ an error, ! a warning, i for information, – not judged. */
export function markOf({ verdict, severity }: CheckResult): string {
  if (verdict.outcome === 'passed') return '✓';
  if (verdict.outcome === 'not judged') return '–';
  return { error: '✗', warning: '!', info: 'i' }[severity];
}

/** One line for a check that has ended. */
export function resultLine(result: CheckResult): string {
  const { id, title, verdict, durationMs } = result;
  const more =
    verdict.outcome === 'failed'
      ? verdict.summary
      : verdict.outcome === 'not judged'
        ? `not judged: ${verdict.reason}`
        : (verdict.note ?? title);
  return printable(`${markOf(result)} ${id.padEnd(24)} ${formatDuration(durationMs).padStart(7)}  ${more}`);
}

/** The verdict: each failure with all that helps, then the sum. */
export function reportText(report: Report, aside: string | null): string {
  const failures = report.results.filter(({ verdict }) => verdict.outcome === 'failed');
  return [
    ...failures.map((result) => failureText(result, report)),
    ...report.notes.map((note) => `Note: ${note}`),
    ...(aside === null
      ? []
      : [`Another reducto-webhook-dev has the data: the deliveries are in ${aside} (--data).`]),
    sumText(report),
  ].join('\n\n');
}

const lines = (mark: string, texts: readonly string[]): string[] =>
  texts
    .slice(0, 12)
    .map((text) => `      ${mark} ${text}`)
    .concat(texts.length > 12 ? [`      … ${texts.length - 12} more`] : []);

function failureText(
  { id, title, severity, verdict, sent, why, fix }: CheckResult & { why?: unknown; fix?: unknown },
  report: Report,
): string {
  void why;
  void fix;
  void report;
  if (verdict.outcome !== 'failed') return '';
  const text = [
    `${severity.toUpperCase()} ${id}: ${title}`,
    `  ${verdict.summary}`,
    `  expected  ${verdict.expected}`,
    `  observed  ${verdict.observed}`,
    ...(verdict.difference === null
      ? []
      : [
          '    effect expected',
          ...lines(' ', verdict.difference.expected),
          '    effect seen',
          ...lines(' ', verdict.difference.observed),
        ]),
    ...(verdict.hint === undefined ? [] : [`  hint      ${verdict.hint}`]),
    ...sent
      .slice(0, 5)
      .map(
        (delivery) =>
          `  sent      #${delivery.seq} ${delivery.id} job ${delivery.jobId}: ${delivery.attempts.map(({ outcome }) => outcome).join(', ')}`,
      ),
  ];
  return printable(text.join('\n'), true);
}

function sumText({ counts, durationMs, seed }: Report): string {
  const parts = [
    `${counts.passed} passed`,
    `${counts.failed} failed`,
    ...(counts.warnings > 0 ? [`${counts.warnings} warnings`] : []),
    ...(counts.notJudged > 0 ? [`${counts.notJudged} not judged`] : []),
  ];
  return `${parts.join(', ')} in ${formatDuration(durationMs)} (seed ${seed})`;
}
