import { isDeepStrictEqual } from 'node:util';
import { systemClock } from '../../core/ids.ts';
import { version } from '../../core/version.ts';
import { type Bench, blindness } from '../bench.ts';
import { openBench } from '../open.ts';
import type { CheckOptions, CheckResult, Report } from '../options.ts';
import { countsOf, isError, masked } from '../results.ts';
import { CheckRun } from '../run.ts';
import { once } from '../table/once.ts';
import { failed, passed, type Verdict } from '../verdict.ts';
import { type Played, play } from './play.ts';
import { scenarioRow } from './row.ts';
import { type Scenario, scenarioError } from './scenario.ts';

/** A scenario, and the app that it happens to. */
export interface ScenarioRun {
  scenario: Scenario;
  options: Omit<CheckOptions, 'signal' | 'onProgress'>;
}

/** What is common to all scenarios of a run. */
type Common = Pick<CheckOptions, 'signal' | 'onProgress'>;

/**
 * Makes scenarios happen, one after the other, and says which did not go as they say.
 * @throws UserError with exit code 3 when an app can't be reached or a probe fails
 */
export async function runScenarios(runs: readonly ScenarioRun[], common: Common): Promise<Report> {
  const startedAt = systemClock.now();
  const began = performance.now();
  const { seed = Math.floor(Math.random() * 1e9) } = runs[0]!.options;
  const results: CheckResult[] = [];
  const probes = new Set<string>();
  const notes = new Set<string>();
  for (const { options, scenarios } of byApp(runs)) {
    if (common.signal?.aborted) break;
    const { bench, close } = await openBench({ ...options, ...common }, seed);
    try {
      results.push(...(await playAll(scenarios, bench, { index: results.length, total: runs.length })));
    } finally {
      for (const { name } of bench.observer.probes) probes.add(name);
      for (const note of bench.notes) notes.add(note);
      await close();
    }
  }
  return {
    version,
    endpoint: [...new Set(runs.map(({ options }) => options.endpoint.name))].join(', '),
    probes: [...probes],
    blind: null, // each scenario says what it needs to see
    seed,
    startedAt,
    durationMs: performance.now() - began,
    results,
    notes: [...notes],
    counts: countsOf(results),
    interrupted: common.signal?.aborted ?? false,
    exitCode: results.some(isError) ? 1 : 0,
  };
}

/** Those that follow each other and happen to the same app, as one: it is started and learned about once. */
function byApp(runs: readonly ScenarioRun[]): { options: ScenarioRun['options']; scenarios: Scenario[] }[] {
  const groups: { options: ScenarioRun['options']; scenarios: Scenario[] }[] = [];
  for (const { options, scenario } of runs) {
    const last = groups.at(-1);
    if (last && isDeepStrictEqual(last.options, options)) last.scenarios.push(scenario);
    else groups.push({ options, scenarios: [scenario] });
  }
  return groups;
}

/** @throws UserError with exit code 2 at the first step that needs something which was not given */
export function requireMeans({ scenario, options }: ScenarioRun): void {
  const { effects = [], effectsUrls = [], effectsFunctions = [], egress = false } = options;
  const seen = egress || effects.length + effectsUrls.length + effectsFunctions.length > 0;
  const guarded = options.secret !== undefined || options.svixSecret !== undefined;
  for (const act of scenario.acts) {
    const kinds = act.kind === 'happen' ? act.steps.map(({ kind }) => kind) : [];
    const kills = kinds.find((kind) => kind === 'crash' || kind === 'restart');
    const lacks =
      kills !== undefined && options.start === undefined
        ? `${kills} kills the app: say how it is started (start)`
        : kinds.includes('forge') && !guarded
          ? 'forge is about a guard: give --secret (WEBHOOK_SECRET) or --svix-secret (SVIX_SECRET)'
          : act.kind === 'expect' && act.expected.effects !== null && !seen
            ? 'effects are seen by a probe: give effects, a command that shows them, or effects-url'
            : null;
    if (lacks !== null) throw scenarioError(scenario.id, act.place, lacks);
  }
}

/** Learns what a plain delivery does, and makes each scenario happen. */
async function playAll(
  scenarios: readonly Scenario[],
  bench: Bench,
  { index, total }: { index: number; total: number },
): Promise<CheckResult[]> {
  const { onProgress, signal } = bench.options;
  const doing = (text: string): void => onProgress?.({ type: 'doing', text });
  const results: CheckResult[] = [];
  let clean: Verdict | null = null;
  for (const [i, scenario] of scenarios.entries()) {
    if (signal?.aborted) break;
    onProgress?.({ type: 'begin', id: scenario.id, title: scenario.name, index: index + i, total });
    const began = performance.now();
    clean ??= await once.run(new CheckRun(bench, once.id, (text) => doing(`to know what one does: ${text}`)));
    const made = await resultOf(scenario, bench, clean, doing);
    if (made === null) break;
    const result = { ...masked(made, bench.options), durationMs: performance.now() - began };
    onProgress?.({ type: 'result', result });
    results.push(result);
  }
  return results;
}

/** @returns what became of it; null where it was stopped before that could be told */
async function resultOf(
  scenario: Scenario,
  bench: Bench,
  clean: Verdict,
  doing: (text: string) => void,
): Promise<Omit<CheckResult, 'durationMs'> | null> {
  const { id, name: title } = scenario;
  const row = { id, title, severity: scenarioRow.severity };
  const unable = unableOf(scenario, bench, clean);
  if (unable) return { ...row, verdict: unable, sent: [], appOutput: [] };
  let played: Played | null = null;
  let times = 0;
  while (times < scenario.repeat && !played?.wrong && !bench.options.signal?.aborted) {
    times += 1;
    const nth = scenario.repeat === 1 ? '' : `, time ${times} of ${scenario.repeat}`;
    played = await play(scenario, bench, (text) => doing(`${text}${nth}`));
  }
  if (played === null || (played.wrong === null && bench.options.signal?.aborted)) return null;
  const { wrong, course, evidence } = played;
  if (wrong === null)
    return { ...row, verdict: passed(passedText(scenario, times)), sent: [], appOutput: [] };
  const { act, summary, expected, difference } = wrong;
  const nth = scenario.repeat === 1 ? '' : `, in run ${times} of ${scenario.repeat}`;
  const verdict: Verdict = {
    outcome: 'failed',
    summary: `${act.kind === 'happen' ? '' : `${act.text}: `}${summary}`,
    ...{ expected, observed: `${summary}${nth}`, difference },
  };
  return { ...row, verdict, course, place: act.place, sent: evidence.sent, appOutput: evidence.appOutput };
}

/** Why nothing can be said of a scenario; null when something can. */
function unableOf({ acts }: Scenario, bench: Bench, clean: Verdict): Verdict | null {
  if (clean.outcome === 'failed') {
    const summary = `it can't begin: ${clean.summary}`;
    return { ...clean, summary, severity: undefined, cause: undefined };
  }
  const blind = blindness(bench);
  const looks = acts.some((act) => act.kind === 'expect' && act.expected.effects !== null);
  return looks && blind !== null
    ? failed(`it can't be judged: ${blind}`, 'a probe that shows the effect of a delivery', blind)
    : null;
}

const passedText = ({ acts }: Scenario, times: number): string =>
  `${acts.length} steps went as they should${times === 1 ? '' : `, ${times} times`}`;
