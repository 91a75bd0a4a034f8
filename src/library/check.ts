import type { Report } from '../checks/options.ts';
import { usageError } from '../core/errors.ts';
import type { CheckOutcome } from '../runtime/checking.ts';
import type { Runtime } from '../runtime/runtime.ts';

/** What is checked, and through what its effects are seen. Durations are text: `500ms`, `5s`. */
export interface CheckOptions {
  /** Where the handler is; the first endpoint of the session when absent. */
  endpoint?: string | number;
  /**
   * A snapshot of what the handler does: a function that returns rows or a count (or a promise of them), or a shell
   * command that prints them. Several are looked at together.
   */
  effects?: Effects | readonly Effects[];
  /** A URL that answers with one. */
  effectsUrl?: string | readonly string[];
  /** A part of snapshots that is no effect: a regular expression, as a text. */
  effectsIgnore?: string | readonly string[];
  /** Only these checks: `duplicate-*`. All others build on `once`, which is always made. */
  only?: string | readonly string[];
  /** All but these. */
  skip?: string | readonly string[];
  /** Repeats what was drawn. */
  seed?: number;
  /** A shell command that makes the app know a job ($JOB_ID) before its webhook comes. */
  prepare?: string;
  /** A shell command that is run after each check: your own assertion. */
  verify?: string;
  /** Job metadata of every delivery. */
  metadata?: Readonly<Record<string, unknown>>;
  /** Expected `metadata.secret`; that of the session when absent. */
  secret?: string;
  /** Signs as Svix does; that of the session when absent. */
  svixSecret?: string;
  /** Time that an effect may take to appear; 5s when absent. */
  effectTime?: string;
  /** Time without a change that counts as quiet; found out when absent. */
  quiet?: string;
  /** Time that the app has for an answer; 15s when absent. */
  timeout?: string;
  /** Wait so long before the late duplicate. */
  late?: string;
  /** Port of the emulated API that the app fetches jobs from, where the session has none; any free one when absent. */
  emulatorPort?: number;
  /** Stops at the first error. */
  bail?: boolean;
  /** What could not be judged is a failure of the whole. */
  strict?: boolean;
  /** Searches, in place of the checks, for a schedule of deliveries and failures that breaks the handler. */
  explore?: boolean | ExploreOptions;
}

/** How long is searched for a schedule that breaks the handler: a minute when nothing is said. */
export interface ExploreOptions {
  /** For so long: `20s`. Once something is found, making it shorter comes on top. */
  time?: string;
  /** So many schedules at the most. */
  runs?: number;
  /** A shell command that puts the app's state back before each; for apps that job ids of its own are not enough for. */
  reset?: string;
}

/** What shows a handler's effects: a function of the test's own, or a shell command. */
export type Effects = string | (() => unknown);

/** One check, and what became of it. */
export interface CheckFinding {
  id: string;
  title: string;
  outcome: 'passed' | 'failed' | 'not judged' | 'not applicable';
  /** How bad a failure is. */
  severity: 'error' | 'warning' | 'info';
  /** What was found, or why it was not judged; empty when it passed. */
  summary: string;
  /** What was to be, and what was; empty unless it failed. */
  expected: string;
  observed: string;
  /** Why this matters, and how it is mended. */
  why: string;
  fix: string;
  durationMs: number;
}

/** What a run of the checks found. */
export interface CheckReport {
  /** No error, and not stopped before the end; with `strict` nothing that was not judged, too. */
  passed: boolean;
  /** The verdict in a line: it also says what was not seen. */
  verdict: string;
  /** Failures of severity error. */
  failures: readonly CheckFinding[];
  /** Failures of a lesser one. */
  warnings: readonly CheckFinding[];
  /** What could not be judged; `summary` says why. */
  notJudged: readonly CheckFinding[];
  /** All that was made, in its order. */
  checks: readonly CheckFinding[];
  /** With which the same is drawn again. */
  seed: number;
  /** What was found by a search; null when none was asked for. */
  exploration: CheckExploration | null;
  /** All of it for people, as `check` prints it. */
  text(): string;
}

/** What a search for a schedule that breaks the handler came to. */
export interface CheckExploration {
  /** Schedules that were tried. */
  runs: number;
  /** The shortest schedule that breaks it, and how that went, for people; null when none was found. */
  timeline: string | null;
  /** A shell script of curl commands that makes it happen; null when none was found. */
  script: string | null;
  /** The file of a scenario that does, as a regression test; null when none was found. */
  scenario: string | null;
}

/** Runs the checks in a session. @throws UserError as check does */
export async function runCheck(runtime: Runtime, options: CheckOptions): Promise<CheckReport> {
  const { endpoint, explore = false, only, skip, ...common } = options;
  const url = endpoint ?? runtime.status().endpoints[0]?.name;
  if (url === undefined)
    throw usageError('url', 'Where is the handler? Give its endpoint, here or to start.');
  const outcome = await runtime.run('check', {
    ...sharedArgs(runtime, common),
    ...(typeof explore === 'object' ? { ...explore, explore: true } : { explore }),
    ...{ url: String(url), only: many(only), skip: many(skip) },
  });
  return toReport(outcome);
}

/** A run that has ended, as tests are told of it. */
export async function toReport({ report, exploration }: CheckOutcome): Promise<CheckReport> {
  const [{ plainReport }, { reportOf }] = await Promise.all([
    import('../checks/report/plain.ts'),
    import('../checks/report/json.ts'),
  ]);
  const timeline = exploration?.finding?.timeline ?? null;
  const text = [plainReport(reportOf(report)), ...(timeline === null ? [] : [timeline])].join('\n\n');
  const checks = report.results.map(findingOf);
  const failed = checks.filter(({ outcome }) => outcome === 'failed');
  return {
    passed: report.exitCode === 0 && !report.interrupted,
    verdict: report.verdict,
    failures: failed.filter(({ severity }) => severity === 'error'),
    warnings: failed.filter(({ severity }) => severity !== 'error'),
    notJudged: checks.filter(({ outcome }) => outcome === 'not judged'),
    checks,
    seed: report.seed,
    exploration: exploration && {
      runs: exploration.runs,
      timeline,
      script: exploration.finding?.script ?? null,
      scenario: exploration.finding?.scenario ?? null,
    },
    text: () => text,
  };
}

/** What the checks and scenarios are told alike. */
type Shared = Pick<CheckOptions, 'effects' | 'effectsUrl' | 'effectsIgnore' | 'metadata' | 'emulatorPort'>;

/** The same as their commands take it. */
export function sharedArgs<T extends Shared>(runtime: Runtime, { effects = [], metadata, ...rest }: T) {
  const all = many(effects);
  return {
    // Any free one, so that test files which run at the same time do not meet.
    ...(rest.emulatorPort === undefined && runtime.status().emulator === null ? { emulatorPort: 0 } : {}),
    ...rest,
    effects: all.filter((each) => typeof each === 'string'),
    effectsFunction: all.filter((each) => typeof each === 'function'),
    effectsUrl: many(rest.effectsUrl),
    effectsIgnore: many(rest.effectsIgnore),
    ...(metadata === undefined ? {} : { metadata: [JSON.stringify(metadata)] }),
  };
}

const many = <T>(given: T | readonly T[] = []): T[] => (Array.isArray(given) ? [...given] : [given as T]);

function findingOf(
  result: Omit<Report['results'][number], 'sent'> & { why: { text: string }; fix: string },
): CheckFinding {
  const { id, title, severity, verdict, durationMs, why, fix } = result;
  const unjudged = verdict.outcome === 'not judged';
  const failed = verdict.outcome === 'failed' ? verdict : null;
  return {
    ...{ id, title, severity, durationMs, why: why.text, fix },
    outcome: unjudged && verdict.applies === false ? 'not applicable' : verdict.outcome,
    summary: unjudged ? verdict.reason : (failed?.summary ?? ''),
    expected: failed?.expected ?? '',
    observed: failed?.observed ?? '',
  };
}
