import * as z from 'zod';
import { checkArgs } from './check-args.ts';

const { effects, effectsUrl, effectsIgnore, egress, effectTime, quiet, start, ready } = checkArgs.shape;
const { prepare, reset, timeout, metadata, secret, svixSecret, insecure, emulatorPort, seed } =
  checkArgs.shape;
const { cwd, environment, effectsFunction } = checkArgs.shape;

/** The arguments of `scenario`: what is in the files, too, goes before what they say. */
export const scenarioArgs = z.object({
  action: z.literal('run').default('run').describe('run; on the command line also new, schema'),
  files: z
    .union([z.array(z.string()), z.string().transform((one) => [one])])
    .default([])
    .describe('files in YAML, each with a scenario'),
  endpoint: z
    .string()
    .optional()
    .describe('where the webhooks go (default: as the file, else listen, has it)')
    .meta({ value: 'url' }),
  ...{ effects, effectsUrl, effectsIgnore, egress, effectTime, quiet, start, ready },
  ...{ prepare, timeout, metadata, secret, svixSecret, insecure, emulatorPort, seed },
  reset: reset.describe("puts your app's state back before the steps begin"),
  ...{ cwd, environment, effectsFunction },
  /** For the library: scenarios that are objects already. */
  scenarios: z.array(z.unknown()).default([]).meta({ hidden: true }),
});

/** The arguments of `scenario`, as they were read. */
export type ScenarioArgs = z.output<typeof scenarioArgs>;
