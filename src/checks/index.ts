import { usageError } from '../core/errors.ts';
import { systemClock } from '../core/ids.ts';
import { version } from '../core/version.ts';
import { blindness } from './bench.ts';
import type { Check } from './check.ts';
import { openBench } from './open.ts';
import type { CheckOptions, Report } from './options.ts';
import { countsOf, isError, isUnjudged } from './results.ts';
import { Suite } from './suite.ts';
import { checks } from './table/index.ts';

export type { CheckOptions, CheckResult, Progress, Report } from './options.ts';

/**
 * Runs the checks against a handler and says what it found.
 * @throws UserError with exit code 2 for wrong options, 3 when the app can't be reached or a probe fails
 */
export async function runChecks(options: CheckOptions): Promise<Report> {
  const chosen = chosenChecks(options);
  const startedAt = systemClock.now();
  const began = performance.now();
  const seed = options.seed ?? Math.floor(Math.random() * 1e9);
  const { bench, close } = await openBench(options, seed);
  try {
    const results = await new Suite(bench, chosen).run();
    return {
      version,
      endpoint: options.endpoint.name,
      probes: bench.observer.probes.map(({ name }) => name),
      blind: blindness(bench),
      seed,
      startedAt,
      durationMs: performance.now() - began,
      results,
      notes: [...bench.notes],
      counts: countsOf(results),
      interrupted: options.signal?.aborted ?? false,
      exitCode: results.some(isError) || (options.strict && results.some(isUnjudged)) ? 1 : 0,
    };
  } finally {
    await close();
  }
}

/**
 * The checks that were asked for. `once` is always among them: all others build on what it learns.
 * @throws UserError when one of them is unknown
 */
export function chosenChecks({ only = [], skip = [] }: Pick<CheckOptions, 'only' | 'skip'>): Check[] {
  for (const pattern of [...only, ...skip])
    if (!checks.some(({ id }) => matches(pattern, id)))
      throw usageError('check', `There is no check "${pattern}": see reducto-webhook-dev check --list.`);
  return checks.filter(
    ({ id }) =>
      id === 'once' ||
      ((only.length === 0 || only.some((pattern) => matches(pattern, id))) &&
        !skip.some((pattern) => matches(pattern, id))),
  );
}

const matches = (pattern: string, id: string): boolean =>
  pattern.endsWith('*') ? id.startsWith(pattern.slice(0, -1)) : pattern === id;
