import { stringify } from 'yaml';
import { printDuration } from '../../core/faults/values.ts';
import { printJson } from '../../core/json.ts';
import { type CrashMoment, jobName, type Schedule, type Step } from '../explore/schedule.ts';
import type { CheckOptions } from '../options.ts';
import type { ScenarioFile, ScenarioSettings } from './schema.ts';

/** What is said of a scenario that was found. */
export interface About {
  name: string;
  /** Lines of the head, as comments. */
  lines: readonly string[];
  /** How often it is made. */
  repeat: number;
}

type Written = ScenarioFile['steps'][number];

/** A schedule as a scenario's file, with what was told of the app; secrets are not in it. */
export function toScenario(
  schedule: Schedule,
  options: CheckOptions,
  { name, lines, repeat }: About,
): string {
  const file: ScenarioFile = {
    name,
    ...settingsOf(options),
    ...(repeat > 1 ? { repeat } : {}),
    steps: [...schedule.map(stepOf), 'retry', { expect: { effects: 'once' } }],
  };
  return `${lines.map((line) => `# ${line}\n`).join('')}${stringify(file, { lineWidth: 0 })}`;
}

function stepOf(step: Step): Written {
  switch (step.kind) {
    case 'deliver': {
      const names = step.jobs.map(wordOf);
      const [first] = names as [string];
      const lost = step.lost ? ['lost-ack'] : [];
      const faults = [...(step.faults === undefined ? [] : [step.faults]), ...lost].join(' ');
      const struck = faults === '' ? {} : { faults };
      if (names.length === 1) return { deliver: first, ...struck };
      const same = names.every((name) => name === first);
      const what = same ? { deliver: first, times: names.length } : { deliver: names };
      return { ...what, concurrent: true, ...struck };
    }
    case 'lose-ack':
      return { deliver: wordOf(step.job), faults: 'lost-ack' };
    case 'hang-up':
      return { 'hang-up': wordOf(step.job), ...(step.at === 0 ? {} : { at: percentOf(step.at) }) };
    case 'crash':
      return { crash: wordOf(step.job), at: momentText(step.at) };
    case 'fail-api': {
      const { job, answer, times } = step;
      return { 'fail-api': wordOf(job), answer, ...(times === 1 ? {} : { times }) };
    }
    case 'forge':
      return { forge: wordOf(step.job) };
    case 'wait':
      return { wait: printDuration(step.ms) };
    case 'restart':
      return 'restart';
  }
}

/** A job's name in a file: `job-1`. */
const wordOf = (job: number): string => jobName(job).replace(' ', '-');
const percentOf = (share: number): string => `${Math.round(share * 100)}%`;
const momentText = (at: CrashMoment): string => (typeof at === 'number' ? percentOf(at) : at);

function settingsOf(options: CheckOptions): ScenarioSettings {
  const { endpoint, start, effects = [], effectsUrls = [], effectsIgnore = [], metadata = {} } = options;
  const { prepare, reset, effectMs = defaults.effectMs, timeoutMs = defaults.timeoutMs, quietMs } = options;
  const list = (texts: readonly string[]) => (texts.length === 1 ? texts[0]! : [...texts]);
  return {
    endpoint: endpoint.name,
    ...(start ? { start: start.command, ready: start.readyUrl } : {}),
    ...(effects.length > 0 ? { effects: list(effects) } : {}),
    ...(effectsUrls.length > 0 ? { 'effects-url': list(effectsUrls) } : {}),
    ...(effectsIgnore.length > 0
      ? { 'effects-ignore': list(effectsIgnore.map(({ source }) => source)) }
      : {}),
    ...(effectMs === defaults.effectMs ? {} : { 'effect-time': printDuration(effectMs) }),
    ...(quietMs === undefined ? {} : { quiet: printDuration(quietMs) }),
    ...(timeoutMs === defaults.timeoutMs ? {} : { timeout: printDuration(timeoutMs) }),
    ...(prepare === undefined ? {} : { prepare }),
    ...(reset === undefined ? {} : { reset }),
    ...(Object.keys(metadata).length > 0 ? { metadata: JSON.parse(printJson(metadata)) } : {}),
  };
}

/** ms: what needs not be said. */
const defaults = { effectMs: 5000, timeoutMs: 15_000 };

/** How often what hangs on the instant is made: so that one that goes wrong this often is missed once in a hundred. */
export function repeatsFor({ broken, of }: { broken: number; of: number }): number {
  const often = (broken + 1) / (of + 2); // of few runs none says "always"
  return Math.min(20, Math.ceil(Math.log(0.01) / Math.log(1 - often)));
}
