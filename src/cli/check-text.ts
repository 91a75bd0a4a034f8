import type { Check } from '../checks/check.ts';
import type { CheckRow } from '../core/session.ts';
import { printable } from '../core/text.ts';
import { formatDuration } from '../core/units.ts';

/** `check --list`: a line for each check. */
export function listText(checks: readonly Check[]): string {
  const width = Math.max(...checks.map(({ id }) => id.length));
  return checks
    .map(({ id, severity, title }) => `${id.padEnd(width)}  ${severity.padEnd(7)}  ${title}`)
    .join('\n');
}

/** How a row is marked, and the tone of that: passed, error, warning, information, not judged. */
function markOf({ state, severity }: CheckRow): [mark: string, sgr: string] {
  if (state === 'passed') return ['✓', '32'];
  if (state !== 'failed') return ['–', '2'];
  return ({ error: ['✗', '31'], warning: ['!', '33'], info: ['i', '36'] } as const)[severity] as [
    string,
    string,
  ];
}

/** One line for a check that has ended. @param columns where it is cut off */
export function resultLine(row: CheckRow, { color, columns }: { color: boolean; columns: number }): string {
  const { id, title, state, message, durationMs } = row;
  const [mark, sgr] = markOf(row);
  const more = state === 'failed' ? message : state === 'passed' ? message || title : `${state}: ${message}`;
  const whole = printable(`${id.padEnd(26)} ${formatDuration(durationMs ?? 0).padStart(7)}  ${more}`);
  const text = whole.length + 2 > columns ? `${whole.slice(0, Math.max(30, columns) - 3)}…` : whole;
  return color ? `\x1b[${sgr}m${mark}\x1b[0m ${text}` : `${mark} ${text}`;
}
