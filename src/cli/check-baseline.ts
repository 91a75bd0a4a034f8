import { readFileSync } from 'node:fs';
import * as z from 'zod';
import type { Baseline } from '../checks/against.ts';
import type { CheckResult } from '../checks/options.ts';
import { messageOf, usageError } from '../core/errors.ts';
import { jsonValue } from '../core/json.ts';
import { type RunSettings, runCommand } from '../inspector/run-command.ts';
import type { CheckOutcome } from '../runtime/checking.ts';

/** Past runs that are looked through for one of the same endpoint. */
const lookedThrough = 200;

// As far as a later run is weighed against it: reports of any version can be read.
const result = z.object({
  id: z.string(),
  title: z.string().default(''),
  verdict: z.object({ outcome: z.enum(['passed', 'failed', 'not judged']) }),
});
const reportFile = z.object({ results: z.array(result) });

/**
 * The results in a file that `--reporter json` wrote.
 * @throws UserError when it can't be read, or is no such report
 */
export function baselineIn(path: string): Baseline {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw usageError(
      'against',
      `--against: ${path} can't be read (${messageOf(error)}): give last, or a report.`,
    );
  }
  const { success, data } = reportFile.safeParse(jsonValue(text));
  if (!success)
    throw usageError(
      'against',
      `--against: ${path} is no report of check --reporter json --report-file ${path}.`,
    );
  return { name: path, results: data.results as Pick<CheckResult, 'id' | 'title' | 'verdict'>[] };
}

/** The run of the same kind and endpoint before one that has ended; null when there is none. */
export async function baselineBefore(
  { id, report, exploration }: CheckOutcome,
  dataDir: string,
  { signal: _, ...settings }: RunSettings,
): Promise<Baseline | null> {
  const kind = exploration === null ? 'checks' : 'explore';
  const query = { limit: lookedThrough, before: id };
  const { runs } = await runCommand(dataDir, 'check-runs', query, settings);
  const found = runs.find((run) => run.kind === kind && run.endpoint === report.endpoint && !run.interrupted);
  if (found === undefined) return null;
  const earlier = await runCommand(dataDir, 'check-run', { id: found.id }, settings);
  return { name: `run ${found.id}`, results: earlier.report.results };
}
