import type { Check } from '../checks/check.ts';
import type { CheckResult } from '../checks/index.ts';
import { printable } from '../core/text.ts';
import { formatDuration } from '../core/units.ts';

/** `check --list`: a line for each check. */
export function listText(checks: readonly Check[]): string {
  const width = Math.max(...checks.map(({ id }) => id.length));
  return checks
    .map(({ id, severity, title }) => `${id.padEnd(width)}  ${severity.padEnd(7)}  ${title}`)
    .join('\n');
}

/** How a result is marked, and the tone of that: passed, error, warning, information, not judged. */
function markOf({ verdict, severity }: CheckResult): [mark: string, sgr: string] {
  if (verdict.outcome === 'passed') return ['✓', '32'];
  if (verdict.outcome === 'not judged') return ['–', '2'];
  return ({ error: ['✗', '31'], warning: ['!', '33'], info: ['i', '36'] } as const)[severity] as [
    string,
    string,
  ];
}

/** One line for a check that has ended. @param columns where it is cut off */
export function resultLine(
  result: CheckResult,
  { color, columns }: { color: boolean; columns: number },
): string {
  const { id, title, verdict, durationMs } = result;
  const [mark, sgr] = markOf(result);
  const more =
    verdict.outcome === 'failed'
      ? verdict.summary
      : verdict.outcome === 'not judged'
        ? `not judged: ${verdict.reason}`
        : (verdict.note ?? title);
  const whole = printable(`${id.padEnd(26)} ${formatDuration(durationMs).padStart(7)}  ${more}`);
  const text = whole.length + 2 > columns ? `${whole.slice(0, Math.max(30, columns) - 3)}…` : whole;
  return color ? `\x1b[${sgr}m${mark}\x1b[0m ${text}` : `${mark} ${text}`;
}
