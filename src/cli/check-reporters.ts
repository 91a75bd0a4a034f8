import { writeFileSync } from 'node:fs';
import type { Report } from '../checks/options.ts';
import { reporters } from '../checks/report/index.ts';
import { plainReport } from '../checks/report/plain.ts';
import { messageOf, UserError, usageError } from '../core/errors.ts';
import { printable } from '../core/text.ts';

/** A report for programs: its form, and the file that it goes to; null for standard output. */
export interface ReportTarget {
  name: string;
  file: string | null;
}

/**
 * What `--reporter NAME[=FILE]`, each time it was given, and `--report-file` ask for.
 * @throws UserError for an unknown name, or when two would go to standard output
 */
export function reportTargets(given: readonly string[], reportFile: string | undefined): ReportTarget[] {
  const targets = given.map((text): ReportTarget => {
    const [, name, file] = /^([^=]*)(?:=(.*))?$/s.exec(text)!;
    if (!Object.hasOwn(reporters, name!) || file === '')
      throw usageError(
        'reporter',
        `--reporter: "${text}" is not ${Object.keys(reporters).join(', ')}, each with or without =FILE.`,
      );
    return { name: name!, file: file ?? null };
  });
  const printed = targets.filter(({ file }) => file === null);
  if (printed.length > 1)
    throw usageError(
      'reporter',
      '--reporter: only one can be printed: give the others a file, as in junit=report.xml.',
    );
  if (reportFile === undefined) return targets;
  if (printed.length === 0)
    throw usageError('reporter', `--report-file needs --reporter: ${Object.keys(reporters).join(', ')}.`);
  return targets.map(({ name, file }) => ({ name, file: file ?? reportFile }));
}

/** Writes the reports, and prints one for people where none is printed. @throws UserError when a file can't be written */
export function writeReports(report: Report, targets: readonly ReportTarget[]): void {
  const printed = targets.find(({ file }) => file === null);
  process.stdout.write(
    printed ? reporters[printed.name]!(report) : `\n${printable(plainReport(report), true)}\n`,
  );
  for (const { name, file } of targets) {
    if (file === null) continue;
    try {
      writeFileSync(file, reporters[name]!(report));
    } catch (error) {
      throw new UserError('file', `The ${name} report can't be written to ${file}: ${messageOf(error)}.`, 1, {
        cause: error,
      });
    }
  }
}
