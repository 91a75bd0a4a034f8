import type { CheckResult } from '../checks/options.ts';
import type { CheckRow, CheckRunStatus } from '../core/session.ts';
import { printable } from '../core/text.ts';
import { formatDuration } from '../core/units.ts';
import { rowOfResult } from '../runtime/check-row.ts';
import { resultLine } from './check-text.ts';

/** Shows a run while it runs: a line for each check that has ended and, on a terminal, one for what is being done. */
export function showProgress(
  out: NodeJS.WriteStream,
  color: boolean,
): {
  show: (status: CheckRunStatus) => void;
  /** Nothing is being done any more. */
  end: () => void;
  /** Shows what has ended since the last look. */
  rest: (results: readonly CheckResult[]) => void;
} {
  const live = out.isTTY === true;
  const began = performance.now();
  // In a file or a log a line may be as long as it is.
  const look = { color: color && live, columns: live ? out.columns : Number.POSITIVE_INFINITY };
  /** What was printed of each check: a failure that shows later is printed again. */
  const printed = new Map<string, string>();
  const told = new Set<string>();
  let current: CheckRunStatus | null = null;
  const clear = (): void => void (live && out.write('\r\x1b[2K'));
  const once = (text: string): void => {
    if (told.has(text)) return;
    told.add(text);
    clear();
    out.write(text);
  };
  const printRow = (row: CheckRow): void => {
    if (row.state === 'waiting' || row.state === 'running' || row.durationMs === null) return;
    if (printed.get(row.id) === row.state) return;
    printed.set(row.id, row.state);
    clear();
    out.write(`${resultLine(row, look)}\n`);
  };
  const draw = (): void => {
    if (!live || current === null) return;
    const seconds = ((performance.now() - began) / 1000).toFixed(1);
    const { rows, doing } = current;
    const at = rows.findIndex(({ state }) => state === 'running');
    const lead = at < 0 ? '' : `${at + 1}/${rows.length} ${rows[at]!.id}: `;
    const line = printable(`  ${lead}${doing} (${seconds} s)`);
    out.write(`\r\x1b[2K${line.slice(0, Math.max(20, out.columns - 1))}`);
  };
  const timer = live ? setInterval(draw, 200).unref() : null;
  return {
    show(status) {
      current = status;
      const { emulator, egress, expected } = status;
      if (emulator?.appMustUseIt)
        once(
          `Emulated Reducto API: ${emulator.url}\nYour app has to fetch its jobs there: start it with REDUCTO_BASE_URL=${emulator.url}\n\n`,
        );
      if (egress)
        once(`Proxy for outgoing calls: ${egress.url} (certificate to trust: ${egress.certificateFile})\n`);
      // The first delivery is told of before what follows it.
      if (expected) printRow(status.rows[0]!);
      if (expected) once(expectedText(status.startedAt, expected));
      status.rows.forEach(printRow);
      draw();
    },
    end() {
      if (timer) clearInterval(timer);
      clear();
    },
    rest: (results) => results.map(rowOfResult).forEach(printRow),
  };
}

function expectedText(startedAt: number, { endsAt, checks, width }: NonNullable<CheckRunStatus['expected']>) {
  const together = width > 1 ? `, up to ${width} of them at a time` : '';
  const ms = Math.ceil((endsAt - startedAt) / 1000) * 1000;
  return `  ${checks} more checks${together}: about ${formatDuration(ms)} in all\n`;
}
