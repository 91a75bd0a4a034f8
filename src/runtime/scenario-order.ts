import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { ScenarioRun } from '../checks/scenario/run.ts';
import type { Scenario } from '../checks/scenario/scenario.ts';
import type { ScenarioSettings } from '../checks/scenario/schema.ts';
import { messageOf, usageError } from '../core/errors.ts';
import { type CheckArgs, checkArgs } from './check-args.ts';
import { checkOptions } from './check-options.ts';
import type { CommandContext } from './command.ts';
import type { ScenarioArgs } from './scenario-args.ts';

/**
 * The scenarios that are to happen, each to its app.
 * @throws UserError for a file that can't be read, and at the place of what is wrong in it
 */
export async function scenarioRuns(context: CommandContext, given: ScenarioArgs): Promise<ScenarioRun[]> {
  const { readScenario, scenarioOf } = await import('../checks/scenario/read.ts');
  const { files, scenarios, cwd = process.cwd() } = given;
  const all = [
    ...files.map((file) => readScenario(textOf(file, cwd), file)),
    ...scenarios.map((value, i) =>
      scenarioOf(value, scenarios.length === 1 ? 'scenario' : `scenario ${i + 1}`),
    ),
  ];
  if (all.length === 0)
    throw usageError('scenario', 'Which file? Give it, as in scenario run scenarios/duplicate.yaml.');
  return all.map((scenario) => ({ scenario, options: optionsOf(scenario, given, context) }));
}

function textOf(file: string, cwd: string): string {
  try {
    return readFileSync(resolve(cwd, file), 'utf8');
  } catch (error) {
    throw usageError('scenario', `${file} can't be read: ${messageOf(error)}.`);
  }
}

function optionsOf(scenario: Scenario, given: ScenarioArgs, context: CommandContext): ScenarioRun['options'] {
  const { action: _, files: __, scenarios: ___, endpoint, metadata, ...flags } = given;
  const file = flagsOf(scenario.settings);
  const url = endpoint ?? file.url ?? context.dispatcher.endpoints[0]?.name;
  if (url === undefined)
    throw usageError(
      'scenario',
      `${scenario.id}: where is the handler? Write endpoint: http://localhost:3000/webhook, or give --endpoint.`,
    );
  const args = checkArgs.parse({
    ...file,
    ...Object.fromEntries(Object.entries(flags).filter(([, value]) => isGiven(value))),
    url,
    metadata: [...(file.metadata ?? []), ...metadata],
  });
  return { ...checkOptions(context, args), reset: args.reset };
}

const isGiven = (value: unknown): boolean =>
  value !== undefined && value !== false && !(Array.isArray(value) && value.length === 0);

/** The settings of a file as the arguments of `check`. */
function flagsOf({ endpoint, metadata, ...settings }: ScenarioSettings): Partial<CheckArgs> {
  const named = Object.entries(settings).map(([key, value]) => [
    key.replace(/-./g, (pair) => pair[1]!.toUpperCase()),
    value,
  ]);
  return {
    ...Object.fromEntries(named),
    ...(endpoint === undefined ? {} : { url: String(endpoint) }),
    ...(metadata === undefined ? {} : { metadata: [JSON.stringify(metadata)] }),
  };
}
