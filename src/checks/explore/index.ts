import { UserError, usageError } from '../../core/errors.ts';
import { systemClock } from '../../core/ids.ts';
import { formatDuration } from '../../core/units.ts';
import { version } from '../../core/version.ts';
import type { Bench } from '../bench.ts';
import { openBench } from '../open.ts';
import type { CheckOptions, CheckResult, Report } from '../options.ts';
import { countsOf, isError, masked } from '../results.ts';
import { CheckRun } from '../run.ts';
import { repeatsFor, toScenario } from '../scenario/write.ts';
import { once } from '../table/once.ts';
import { passed, type Verdict } from '../verdict.ts';
import { type Exploration, explore, type Finding, isRacy } from './explore.ts';
import { explorationRow } from './row.ts';
import { describe } from './schedule.ts';
import { toScript } from './script.ts';
import { AppWorld } from './world.ts';

/** What an exploration of an app is told beside what all checks are. */
export interface ExploreAppOptions extends CheckOptions {
  /** Schedules at the most. */
  runs?: number | undefined;
  /** ms for the search; a minute where neither this nor `runs` is given. */
  timeMs?: number | undefined;
}

/** What was found, as a report like that of the checks and as what only an exploration has. */
export interface ExploredApp {
  report: Report;
  exploration: Exploration;
  /** What happened, for people; null when nothing was found. */
  timeline: string | null;
  /** A script of curl commands that makes it happen; null when nothing was found. */
  script: string | null;
  /** A scenario's file (YAML) that does so again and again; null when nothing was found. */
  scenario: string | null;
}

const defaultTimeMs = 60_000;
const { id, title, severity } = explorationRow;

/**
 * Searches for a schedule of deliveries, failures and crashes after which an app's effects are wrong.
 * @throws UserError with exit code 2 when nothing can be judged, 3 when the app can't be reached or a probe fails
 */
export async function exploreApp(options: ExploreAppOptions): Promise<ExploredApp> {
  const startedAt = systemClock.now();
  const began = performance.now();
  const seed = options.seed ?? Math.floor(Math.random() * 1e9);
  const { bench, close } = await openBench(options, seed);
  try {
    await requireClean(bench);
    const exploration = await search(bench, options, seed);
    const result = resultOf(exploration, options);
    options.onProgress?.({ type: 'result', result });
    const { finding } = exploration;
    return {
      report: {
        version,
        endpoint: options.endpoint.name,
        probes: bench.observer.probes.map(({ name }) => name),
        blind: null, // it does not begin without seeing effects
        seed: finding?.seed ?? seed,
        startedAt,
        durationMs: performance.now() - began,
        results: [result],
        notes: [...bench.notes],
        counts: countsOf([result]),
        interrupted: options.signal?.aborted ?? false,
        exitCode: isError(result) ? 1 : 0,
      },
      exploration,
      timeline: finding && timelineOf(finding),
      script: finding && scriptOf(finding, bench),
      scenario: finding && scenarioOf(finding, bench),
    };
  } finally {
    await close();
  }
}

function search(
  bench: Bench,
  { runs, timeMs = runs === undefined ? defaultTimeMs : undefined, onProgress, signal }: ExploreAppOptions,
  seed: number,
): Promise<Exploration> {
  onProgress?.({ type: 'begin', id, title, index: 0, total: 1 });
  return explore({
    abilities: abilitiesOf(bench, timeMs),
    seed,
    runs,
    timeMs,
    world: (careful) => AppWorld.open(bench, careful),
    now: () => performance.now(),
    onProgress: (text) => onProgress?.({ type: 'doing', text }),
    signal,
  });
}

/** Learns what a clean delivery does. @throws UserError when there is none, or its effect can't be seen */
async function requireClean(bench: Bench): Promise<void> {
  bench.options.onProgress?.({ type: 'begin', id: once.id, title: once.title, index: 0, total: 1 });
  const run = new CheckRun(bench, once.id, (text) => bench.options.onProgress?.({ type: 'doing', text }));
  const verdict = await once.run(run);
  if (verdict.outcome === 'failed')
    throw new UserError(
      'not-clean',
      `There is nothing to explore yet: ${verdict.summary}.${verdict.hint === undefined ? '' : ` ${verdict.hint}`} Run check without --explore first.`,
    );
  if (run.watch.unjudged !== null)
    throw usageError('effects', `--explore has to see effects: ${run.watch.unjudged}.`);
}

const abilitiesOf = ({ app, options, baseline }: Bench, timeMs = Number.POSITIVE_INFINITY) => ({
  crashes: app !== null,
  forgeries: options.secret !== undefined || options.svixSecret !== undefined,
  fetches: (baseline?.fetches ?? 0) > 0,
  // One wait must not be what most of the time is spent on.
  longestWaitMs: timeMs / 5,
});

function resultOf(exploration: Exploration, options: CheckOptions): CheckResult {
  const { finding, durationMs } = exploration;
  const evidence = finding?.course.evidence;
  const verdict: Verdict = finding === null ? passed(countText(exploration)) : verdictOf(finding);
  return {
    id,
    title,
    severity: finding !== null && finding.again.broken === 0 ? 'warning' : severity,
    verdict: masked(verdict, options),
    durationMs,
    sent: evidence?.sent ?? [],
    appOutput: masked(evidence?.appOutput ?? [], options),
  };
}

const countText = ({ runs, durationMs }: Exploration): string =>
  `${runs} schedules in ${formatDuration(durationMs)}, and every effect was there once`;

function verdictOf({ schedule, course, again }: Finding): Verdict {
  const { summary, difference } = course.breach!;
  const steps = schedule.map((step) => describe(step)).join('; ');
  const confirmed = again.broken > 0;
  return {
    outcome: 'failed',
    ...(confirmed ? {} : { severity: 'warning' as const }),
    summary: `${confirmed ? '' : 'seen once, not reproduced: '}${steps}: ${summary}`,
    expected: "each job's effect once, and none of what was forged",
    observed: `${summary}, ${oftenText(again)}`,
    difference,
    hint: confirmed
      ? undefined
      : 'This proves nothing yet: it may hang on the instant, or on something outside of the app. A longer --time looks for more of it.',
  };
}

function oftenText({ broken, of }: Finding['again']): string {
  if (of === 0) return 'and it was not run again: it was stopped before';
  if (broken === 0) return `once, and not in ${of} more runs of the same schedule`;
  return broken === of
    ? `each of ${of} times that it was run again`
    : `${broken} of ${of} times that it was run again`;
}

/** The shortest schedule and how it went. */
function timelineOf({ schedule, original, course, again }: Finding): string {
  const steps = (count: number): string => (count === 1 ? '1 step' : `${count} steps`);
  const from = original.length === schedule.length ? '' : ` (found with ${original.length})`;
  const what = again.broken > 0 ? 'The shortest schedule' : 'The schedule that was seen to go wrong once';
  return [
    `${what} has ${steps(schedule.length)}${from}. How it went:`,
    ...course.moments.map(({ at, text }) => `  ${formatDuration(at).padStart(8)}  ${text}`),
    ...[...(course.evidence?.jobIds ?? [])].map(([number, job]) => `  job ${number + 1} is ${job}`),
  ].join('\n');
}

function scenarioOf({ schedule, course, again, seed }: Finding, { options }: Bench): string {
  const name = schedule.map((step) => describe(step)).join('; ');
  return toScenario(schedule, options, {
    name: name.length > 100 ? `${name.slice(0, 99)}…` : name,
    lines: [
      `Found by: reducto-webhook-dev check --explore (seed ${seed}). What went wrong then:`,
      course.breach!.summary,
    ],
    repeat: isRacy(schedule) ? repeatsFor(again) : 1,
  });
}

function scriptOf({ schedule, seed }: Finding, { options, baseline, app }: Bench): string {
  const { endpoint, metadata = {}, secret, svixSecret, start, prepare, reset } = options;
  return toScript(schedule, {
    url: `${endpoint.origin}${endpoint.path ?? '/'}`,
    metadata,
    guard: svixSecret !== undefined ? 'svix' : secret !== undefined ? 'secret' : 'none',
    fetches: (baseline?.fetches ?? 0) > 0,
    answerMs: baseline?.answerMs ?? 0,
    effectMs: baseline?.effectMs ?? 0,
    start: app === null || start === undefined ? null : start,
    prepare,
    reset,
    about: [
      'Makes the violation that was found by: reducto-webhook-dev check --explore',
      `(seed ${seed}). With several deliveries at the same instant, it may take a few tries.`,
    ],
  });
}
