import { defineCommand } from '../command.ts';
import { scenarioArgs } from '../scenario-args.ts';
import { scenarioRuns } from '../scenario-order.ts';

export const scenario = defineCommand({
  help: 'Make scenarios happen that files describe: deliveries, faults, crashes, and what is expected then',
  example: 'run scenarios/duplicate.yaml',
  offline: true,
  long: true,
  positional: ['action', 'files'],
  args: scenarioArgs,
  run: async (context, given) =>
    context.checks.run({ scenarios: await scenarioRuns(context, given) }, context),
});
