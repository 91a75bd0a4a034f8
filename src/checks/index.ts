import { usageError } from '../core/errors.ts';
import { systemClock } from '../core/ids.ts';
import { maskValues } from '../core/mask-values.ts';
import { version } from '../core/version.ts';
import { lateEffects } from './audit.ts';
import type { Bench } from './bench.ts';
import { type Check, failed, notJudged, type Verdict } from './check.ts';
import { ProbeError } from './effects/probe.ts';
import { openBench } from './open.ts';
import type { CheckOptions, CheckResult, Report } from './options.ts';
import { isUp, waitUntilUp } from './reach.ts';
import { CheckRun } from './run.ts';
import { checks } from './table/index.ts';

export type { CheckOptions, CheckResult, Progress, Report } from './options.ts';

/**
 * Runs the checks against a handler and says what it found.
 * @throws UserError with exit code 2 for wrong options, 3 when the app can't be reached or a probe fails
 */
export async function runChecks(options: CheckOptions): Promise<Report> {
  const chosen = choose(options);
  const startedAt = systemClock.now();
  const began = performance.now();
  const seed = options.seed ?? Math.floor(Math.random() * 1e9);
  const { bench, close } = await openBench(options, seed);
  try {
    const results = await runAll(bench, chosen, options);
    return {
      version,
      endpoint: options.endpoint.name,
      probes: bench.observer.probes.map(({ name }) => name),
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

/** Whether a result makes the run fail. */
export const isError = ({ verdict, severity }: CheckResult): boolean =>
  verdict.outcome === 'failed' && severity === 'error';

const isUnjudged = ({ verdict }: CheckResult): boolean => verdict.outcome === 'not judged';

/** How many results ended in which way. */
export function countsOf(results: readonly CheckResult[]): Report['counts'] {
  const count = (test: (result: CheckResult) => boolean): number => results.filter(test).length;
  return {
    passed: count(({ verdict }) => verdict.outcome === 'passed'),
    failed: count(isError),
    warnings: count((result) => result.verdict.outcome === 'failed' && !isError(result)),
    notJudged: count(({ verdict }) => verdict.outcome === 'not judged'),
  };
}

/** The checks that were asked for. `once` is always among them: all others build on what it learns. */
function choose({ only = [], skip = [] }: CheckOptions): Check[] {
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

async function runAll(bench: Bench, chosen: readonly Check[], options: CheckOptions): Promise<CheckResult[]> {
  const results: CheckResult[] = [];
  const runs = new Map<string, CheckRun>();
  for (const [index, check] of chosen.entries()) {
    if (options.signal?.aborted) break;
    const { id, title } = check;
    options.onProgress?.({ type: 'begin', id, title, index, total: chosen.length });
    const began = performance.now();
    const run = new CheckRun(bench, id, (text) => options.onProgress?.({ type: 'doing', text }));
    runs.set(id, run);
    bench.app?.takeOutput();
    const verdict = await judge(check, bench, run);
    const result: CheckResult = {
      id,
      title,
      severity: (verdict.outcome === 'failed' ? verdict.severity : undefined) ?? check.severity,
      verdict,
      durationMs: performance.now() - began,
      sent: verdict.outcome === 'failed' ? run.records() : [],
      appOutput: verdict.outcome === 'failed' ? masked(bench.app?.takeOutput() ?? [], options) : [],
    };
    results.push(result);
    options.onProgress?.({ type: 'result', result });
    if (options.bail && isError(result)) break;
  }
  if (bench.down === null) await judgeAgain(bench, results, runs);
  return results;
}

/** Turns checks that passed into failures when an effect came again after they had ended. */
async function judgeAgain(
  bench: Bench,
  results: CheckResult[],
  runs: ReadonlyMap<string, CheckRun>,
): Promise<void> {
  for (const [id, { jobId, times, expected, observed }] of await lateEffects(bench)) {
    const index = results.findIndex((result) => result.id === id);
    if (results[index]?.verdict.outcome !== 'passed') continue;
    const result: CheckResult = {
      ...results[index],
      verdict: {
        outcome: 'failed',
        summary: `after the check had ended the effect came again: job ${jobId}: ${times} times the effect`,
        expected: 'the effect of one delivery, for good',
        observed: `${times} times the effect at the end of the run`,
        difference: { expected, observed },
      },
      sent: runs.get(id)!.records(),
    };
    results[index] = masked(result, bench.options);
    bench.options.onProgress?.({ type: 'result', result: results[index] });
  }
}

/** Makes one check, and sees that the app outlives it. */
async function judge(check: Check, bench: Bench, run: CheckRun): Promise<Verdict> {
  const lacking = bench.down ?? lack(check, bench);
  if (lacking !== null) return notJudged(lacking);
  const verdict = await made(check, run);
  if (verdict !== null && (await isUp(bench.options.endpoint.origin))) return masked(verdict, bench.options);
  const back = await comesBack(bench);
  if (!back) bench.down = `the app went down during ${check.id}`;
  return failed(
    `the app went down${back ? ', and came back' : ''}`,
    'the app to stay alive',
    'nothing listens there any more',
    { severity: 'error', ...(verdict?.outcome === 'failed' ? { hint: verdict.summary } : {}) },
  );
}

/** Makes a check; null when the app, and a probe that asks it, went away meanwhile. */
async function made(check: Check, run: CheckRun): Promise<Verdict | null> {
  try {
    return await check.run(run);
  } catch (error) {
    if (error instanceof ProbeError && !(await isUp(run.bench.options.endpoint.origin))) return null;
    throw error;
  }
}

/** A value without the secrets, which an answer, a snapshot or a log may repeat. */
export function masked<T>(given: T, { secret, svixSecret }: CheckOptions): T {
  const hide = (value: unknown): unknown => {
    if (typeof value === 'string') return maskValues(value, [secret, svixSecret]);
    if (Array.isArray(value)) return value.map(hide);
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, hide(each)]));
  };
  return hide(given) as T;
}

/** Whether an app that went down is up again: by itself, or because it was started here. */
async function comesBack({ app, options }: Bench): Promise<boolean> {
  if (app === null) return waitUntilUp(options.endpoint.origin);
  await app.restart();
  return true;
}

/** What keeps a check from being made; null when nothing does. */
function lack({ needs }: Check, { options, baseline, notClean }: Bench): string | null {
  for (const need of needs) {
    if (need === 'secret' && options.secret === undefined) return 'no --secret was given';
    if (need === 'svix' && options.svixSecret === undefined) return 'no --svix-secret was given';
    if (need === 'start' && options.start === undefined) return 'the app was not started with --start';
    if (need === 'clean' && baseline === null) return `once did not pass (${notClean ?? 'it did not run'})`;
    if (need === 'effects' && !baseline?.units.some((unit) => unit?.countable))
      return 'there is no effect probe: give --effects or --effects-url';
    if (need === 'fetches' && baseline?.fetches === 0)
      return 'the handler does not fetch its jobs from the emulated API (REDUCTO_BASE_URL)';
  }
  return null;
}
