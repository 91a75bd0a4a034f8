import { writeFileSync } from 'node:fs';
import { against } from '../checks/against.ts';
import { reportOf } from '../checks/report/json.ts';
import { checks } from '../checks/table/index.ts';
import { unwritable, usageError } from '../core/errors.ts';
import { printable } from '../core/text.ts';
import type { CheckOutcome } from '../runtime/checking.ts';
import type { CommandArgs } from '../runtime/commands/index.ts';
import { baselineIn } from './check-baseline.ts';
import { type ReportTarget, reportTargets, writeReports } from './check-reporters.ts';
import { runShown } from './check-shown.ts';
import { listText } from './check-text.ts';
import { schemaComment } from './scenario-schema.ts';

/** What the command line adds to the arguments of `check`: how it is told what was found. */
export interface CheckFlags extends CommandArgs<'check'> {
  list?: boolean;
  reporter?: string[];
  reportFile?: string;
  script?: string;
  writeScenario?: string;
  against?: string;
  data?: string;
}

/** Runs the checks, prints what they found, sets the exit code. */
export async function check(flags: CheckFlags): Promise<void> {
  const { list, reporter = [], reportFile, script, writeScenario, against: earlier, ...args } = flags;
  if (list) return void process.stdout.write(`${listText(checks)}\n`);
  const targets = reportTargets(reporter, reportFile);
  for (const [flag, file] of Object.entries({ script, 'write-scenario': writeScenario }))
    if (file !== undefined && !args.explore) throw usageError('explore', `--${flag} goes with --explore.`);
  const baseline = earlier === undefined || earlier === 'last' ? null : baselineIn(earlier);
  const { outcome, before } = await runShown('check', args);
  const since = earlier === 'last' ? await before() : baseline;
  const found = reportOf(outcome.report);
  const report = since === null ? found : against(found, since, args.strict ?? false);
  writeReports(report, targets);
  writeFinding(outcome, { script, scenario: writeScenario }, targets);
  process.exitCode = report.interrupted ? 130 : report.exitCode;
}

/** Prints how the shortest schedule went, and writes what makes it happen again: a script, a scenario. */
function writeFinding(
  { report, exploration }: CheckOutcome,
  files: { script: string | undefined; scenario: string | undefined },
  targets: readonly ReportTarget[],
): void {
  if (!exploration?.finding) return;
  const { timeline, script, scenario } = exploration.finding;
  if (files.script !== undefined) write(files.script, script, 0o755);
  if (files.scenario !== undefined)
    write(files.scenario, `${schemaComment(files.scenario)}\n${scenario}`, 0o644);
  if (targets.some((target) => target.file === null)) return;
  const again = `To search again from where this was found: the same command with --seed ${report.seed}`;
  const shown =
    files.script === undefined
      ? `As a script (--script FILE keeps it):\n\n${script}`
      : `The script is in ${files.script}.\n`;
  const kept =
    files.scenario === undefined
      ? 'As a regression test: --write-scenario FILE.'
      : `The scenario is in ${files.scenario}: reducto-webhook-dev scenario run ${files.scenario}`;
  process.stdout.write(`\n${printable(`${timeline}\n\n${again}\n${kept}\n\n${shown}`, true)}`);
}

/** @throws UserError when the file can't be written */
function write(file: string, text: string, mode: number): void {
  try {
    writeFileSync(file, text, { mode });
  } catch (error) {
    throw unwritable(file, error);
  }
}
