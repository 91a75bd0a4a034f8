import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { reportOf } from '../checks/report/json.ts';
import { systemCode, unwritable, usageError } from '../core/errors.ts';
import type { CommandArgs } from '../runtime/commands/index.ts';
import { reportTargets, writeReports } from './check-reporters.ts';
import { runShown } from './check-shown.ts';
import { schemaComment } from './scenario-schema.ts';

/** What the command line adds to the arguments of `scenario`: other actions, and how it is told what was found. */
export interface ScenarioFlags extends Omit<CommandArgs<'scenario'>, 'action' | 'files'> {
  action?: string;
  files?: string[];
  reporter?: string[];
  reportFile?: string;
  data?: string;
}

/** Makes scenarios happen, or helps to write one. Sets the exit code: 0 passed, 1 failed. */
export async function scenario({ action, files = [], ...flags }: ScenarioFlags): Promise<void> {
  switch (action) {
    case 'run':
      return run(files, flags);
    case 'schema': {
      const { scenarioJsonSchema } = await import('../checks/scenario/schema.ts');
      return void process.stdout.write(`${JSON.stringify(scenarioJsonSchema(), null, 2)}\n`);
    }
    case 'new':
      return writeNew(files);
    default:
      throw usageError(
        'scenario',
        action !== undefined && existsSync(action)
          ? `To make it happen: reducto-webhook-dev scenario run ${action}`
          : `${action === undefined ? 'What is to be done?' : `scenario ${action}:`} Use run FILE, new FILE or schema.`,
      );
  }
}

async function run(files: string[], { reporter = [], reportFile, ...args }: ScenarioFlags): Promise<void> {
  const targets = reportTargets(reporter, reportFile);
  const { outcome } = await runShown('scenario', { ...args, action: 'run', files });
  const report = reportOf(outcome.report);
  writeReports(report, targets);
  process.exitCode = report.interrupted ? 130 : report.exitCode;
}

/** Writes a scenario to begin with, with comments; never over a file. @throws UserError when it can't */
async function writeNew(files: readonly string[]): Promise<void> {
  const [file, ...more] = files;
  if (file === undefined || more.length > 0)
    throw usageError('scenario', 'Give one file, as in scenario new scenarios/duplicate.yaml.');
  const { exampleScenario } = await import('../checks/scenario/example.ts');
  try {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, `${schemaComment(file)}\n${exampleScenario}`, { flag: 'wx' });
  } catch (error) {
    if (systemCode(error) === 'EEXIST')
      throw usageError('file-exists', `${file} exists: nothing was written. Choose another name.`);
    throw unwritable(file, error);
  }
  process.stdout.write(
    `Wrote ${file}. Once it says what yours is: reducto-webhook-dev scenario run ${file}\n`,
  );
}
