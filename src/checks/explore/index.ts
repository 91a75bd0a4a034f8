import { UserError, usageError } from '../../core/errors.ts';
import { systemClock } from '../../core/ids.ts';
import { formatDuration } from '../../core/units.ts';
import { version } from '../../core/version.ts';
import type { Bench } from '../bench.ts';
import { passed, type Verdict } from '../check.ts';
import { countsOf, isError, masked } from '../index.ts';
import { openBench } from '../open.ts';
import type { CheckOptions, CheckResult, Report } from '../options.ts';
import { CheckRun } from '../run.ts';
import { once } from '../table/once.ts';
import { type Exploration, explore, type Finding } from './explore.ts';
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
}

/** The last run that broke the invariant. */
interface Broken {
  world: AppWorld;
  /** What the app printed meanwhile, where it was started here. */
  appOutput: readonly string[];
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
    const { exploration, broken } = await search(bench, options, seed);
    const result = resultOf(exploration, options, broken);
    options.onProgress?.({ type: 'result', result });
    const { finding } = exploration;
    return {
      report: {
        version,
        endpoint: options.endpoint.name,
        probes: bench.observer.probes.map(({ name }) => name),
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
      timeline: finding && timelineOf(finding, broken),
      script: finding && scriptOf(finding, bench),
    };
  } finally {
    await close();
  }
}

/** Explores, and keeps what the report needs of the last run that broke the invariant. */
async function search(
  bench: Bench,
  { runs, timeMs = runs === undefined ? defaultTimeMs : undefined, onProgress, signal }: ExploreAppOptions,
  seed: number,
): Promise<{ exploration: Exploration; broken: Broken | null }> {
  onProgress?.({ type: 'begin', id, title, index: 0, total: 1 });
  let world: AppWorld | null = null;
  let broken: Broken | null = null;
  const exploration = await explore({
    abilities: abilitiesOf(bench),
    seed,
    runs,
    timeMs,
    world: async (careful) => {
      world = await AppWorld.open(bench, careful);
      bench.app?.takeOutput(); // what belongs to the schedule before
      return world;
    },
    onBreach: () => {
      broken = { world: world!, appOutput: bench.app?.takeOutput() ?? [] };
    },
    now: () => performance.now(),
    onProgress: (text) => onProgress?.({ type: 'doing', text }),
    signal,
  });
  return { exploration, broken };
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
  if (run.unjudged !== null || run.onlyFetches)
    throw usageError(
      'effects',
      `--explore has to see effects: ${run.unjudged ?? 'give --effects or --effects-url'}.`,
    );
}

const abilitiesOf = ({ app, options, baseline }: Bench) => ({
  crashes: app !== null,
  forgeries: options.secret !== undefined || options.svixSecret !== undefined,
  fetches: (baseline?.fetches ?? 0) > 0,
});

function resultOf(exploration: Exploration, options: CheckOptions, broken: Broken | null): CheckResult {
  const { finding, durationMs } = exploration;
  const verdict: Verdict = finding === null ? passed(countText(exploration)) : verdictOf(finding);
  return {
    id,
    title,
    severity,
    verdict: masked(verdict, options),
    durationMs,
    sent: broken?.world.run.records() ?? [],
    appOutput: masked(broken?.appOutput ?? [], options),
  };
}

const countText = ({ runs, durationMs }: Exploration): string =>
  `${runs} schedules in ${formatDuration(durationMs)}, and every effect was there once`;

function verdictOf({ schedule, course, again }: Finding): Verdict {
  const { summary, difference } = course.breach!;
  const often =
    again.broken === again.of
      ? `each of ${again.of} times that it was run again`
      : `${again.broken} of ${again.of} times that it was run again`;
  return {
    outcome: 'failed',
    summary: `${schedule.map((step) => describe(step)).join('; ')}: ${summary}`,
    expected: "each job's effect once, and none of what was forged",
    observed: `${summary}, ${often}`,
    difference,
    hint: undefined,
  };
}

/** The shortest schedule and how it went. */
function timelineOf({ schedule, original, course }: Finding, broken: Broken | null): string {
  const steps = (count: number): string => (count === 1 ? '1 step' : `${count} steps`);
  const from = original.length === schedule.length ? '' : ` (found with ${original.length})`;
  return [
    `The shortest schedule has ${steps(schedule.length)}${from}. How it went:`,
    ...course.moments.map(({ at, text }) => `  ${formatDuration(at).padStart(8)}  ${text}`),
    ...[...(broken?.world.jobIds ?? [])].map(([number, job]) => `  job ${number + 1} is ${job}`),
  ].join('\n');
}

function scriptOf({ schedule, seed }: Finding, { options, baseline, app }: Bench): string {
  const { endpoint, metadata = {}, secret, svixSecret, start, prepare, reset } = options;
  return toScript(schedule, {
    url: `${endpoint.origin}${endpoint.path ?? '/'}`,
    metadata,
    guard: svixSecret !== undefined ? 'svix' : secret !== undefined ? 'secret' : 'none',
    fetches: (baseline?.fetches ?? 0) > 0,
    start: app === null || start === undefined ? null : start,
    prepare,
    reset,
    about: [
      'Makes the violation that was found by: reducto-webhook-dev check --explore',
      `(seed ${seed}). With several deliveries at the same instant, it may take a few tries.`,
    ],
  });
}
