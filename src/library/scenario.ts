import type { Runtime } from '../runtime/runtime.ts';
import { type CheckOptions, type CheckReport, sharedArgs, toReport } from './check.ts';

/** What a scenario is told; it goes before what stands in its file. */
export type ScenarioOptions = Omit<
  CheckOptions,
  'only' | 'skip' | 'verify' | 'late' | 'bail' | 'strict' | 'explore'
> & {
  /** A shell command that starts the app; steps that kill it need one. */
  start?: string;
  /** A URL that answers once it takes requests. */
  ready?: string;
};

/**
 * Makes a scenario happen in a session.
 * @param given the path of its file, or what such a file has in it
 * @throws UserError as the command does
 */
export async function runScenario(
  runtime: Runtime,
  given: string | object,
  { endpoint, ...options }: ScenarioOptions,
): Promise<CheckReport> {
  const outcome = await runtime.run('scenario', {
    ...sharedArgs(runtime, options),
    ...(endpoint === undefined ? {} : { endpoint: String(endpoint) }),
    ...(typeof given === 'string' ? { files: [given] } : { scenarios: [given] }),
  });
  return toReport(outcome);
}
