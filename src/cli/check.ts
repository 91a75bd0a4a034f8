import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { against, type Baseline } from '../checks/against.ts';
import { reportOf } from '../checks/report/json.ts';
import { checks } from '../checks/table/index.ts';
import { UserError, usageError } from '../core/errors.ts';
import { printable } from '../core/text.ts';
import { type RunSettings, runCommand } from '../inspector/run-command.ts';
import type { CheckOutcome } from '../runtime/checking.ts';
import type { CommandArgs } from '../runtime/commands/index.ts';
import { findConfig } from '../runtime/config-file.ts';
import { defaultDataDir } from '../runtime/data-dir.ts';
import { resolveSettings } from '../runtime/settings.ts';
import { baselineBefore, baselineIn } from './check-baseline.ts';
import { showProgress } from './check-progress.ts';
import { type ReportTarget, reportTargets, writeReports } from './check-reporters.ts';
import { listText } from './check-text.ts';

/** What the command line adds to the arguments of `check`: how it is told what was found. */
export interface CheckFlags extends CommandArgs<'check'> {
  list?: boolean;
  reporter?: string[];
  reportFile?: string;
  script?: string;
  against?: string;
  data?: string;
}

/** Runs the checks, prints what they found, sets the exit code. */
export async function check(flags: CheckFlags): Promise<void> {
  const { list, reporter = [], reportFile, script, against: earlier, data, ...args } = flags;
  if (list) return void process.stdout.write(`${listText(checks)}\n`);
  const targets = reportTargets(reporter, reportFile);
  if (script !== undefined && !args.explore) throw usageError('explore', '--script goes with --explore.');
  const baseline = earlier === undefined || earlier === 'last' ? null : baselineIn(earlier);
  const given = { data, secret: args.secret, svixSecret: args.svixSecret };
  const settings = resolveSettings(given, process.env, findConfig());
  const progress = showProgress(process.stderr, settings.color ?? true);
  const { secret, svixSecret, insecure = false } = settings;
  const asked = { ...args, secret, svixSecret, cwd: process.cwd(), environment: { ...process.env } };
  let ran: Ran;
  try {
    ran = await run(settings.data ?? defaultDataDir(), asked as CommandArgs<'check'>, {
      ...{ endpoints: [], timeoutMs: 30_000, insecure },
      ...{ patienceMs: 2000, signal: stopOnSignal(), gently: true },
      onCheck: progress.show,
    });
  } finally {
    progress.end();
  }
  const { outcome } = ran;
  progress.rest(outcome.report.results);
  const since = earlier === 'last' ? await ran.before() : baseline;
  const found = reportOf(outcome.report);
  const report = since === null ? found : against(found, since, args.strict ?? false);
  writeReports(report, targets);
  writeFinding(outcome, script, targets);
  process.exitCode = report.interrupted ? 130 : report.exitCode;
}

/** A run that has ended. */
interface Ran {
  outcome: CheckOutcome;
  /** The one before it in the same history. */
  before(): Promise<Baseline | null>;
}

/**
 * Runs them in the `listen` that has the data, else here; in a folder beside it while another command has it.
 * @throws UserError when that is in use too
 */
async function run(dataDir: string, args: CommandArgs<'check'>, settings: RunSettings): Promise<Ran> {
  const runIn = async (dir: string): Promise<Ran> => {
    const outcome = await runCommand(dir, 'check', args, settings);
    return { outcome, before: () => baselineBefore(outcome, dir, settings) };
  };
  try {
    return await runIn(dataDir);
  } catch (error) {
    if (!(error instanceof UserError) || error.code !== 'busy') throw error;
    const other = join(dataDir, 'checks');
    process.stderr.write(`Another command has the data: what is sent is kept in ${other} (--data).\n`);
    return runIn(other);
  }
}

/** Prints how the shortest schedule went, and the script that makes it happen. */
function writeFinding(
  { report, exploration }: CheckOutcome,
  file: string | undefined,
  targets: readonly ReportTarget[],
): void {
  if (!exploration?.finding) return;
  const { timeline, script } = exploration.finding;
  if (file !== undefined) writeFileSync(file, script, { mode: 0o755 });
  if (targets.some((target) => target.file === null)) return;
  const again = `To search again from where this was found: the same command with --seed ${report.seed}`;
  const shown =
    file === undefined ? `As a script (--script FILE keeps it):\n\n${script}` : `The script is in ${file}.\n`;
  process.stdout.write(`\n${printable(`${timeline}\n\n${again}\n\n${shown}`, true)}`);
}

/** Stops after the check that is being made; asked again, at once. */
function stopOnSignal(): AbortSignal {
  const stop = new AbortController();
  const ask = (): void => {
    if (stop.signal.aborted) process.exit(130);
    stop.abort();
    process.stderr.write('\nStopping after this check (again: at once).\n');
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, ask);
  return stop.signal;
}
