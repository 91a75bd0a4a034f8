import { formatDuration } from '../../core/units.ts';
import type { Bench } from '../bench.ts';
import { lastLines, runCommand } from '../command.ts';
import { ProbeError } from '../effects/probe.ts';
import { type Breach, type Evidence, type Outcome, Play } from '../explore/interpret.ts';
import { AppWorld } from '../explore/world.ts';
import { isUp } from '../reach.ts';
import type { Act, Scenario } from './scenario.ts';

/** What is not as a scenario says. */
export interface Wrong {
  /** What happened or was expected last. */
  act: Act;
  summary: string;
  expected: string;
  difference: Breach['difference'];
}

/** How a scenario went. */
export interface Played {
  /** Null when all was as it says. */
  wrong: Wrong | null;
  /** A line for each thing that happened. */
  course: readonly string[];
  evidence: Evidence;
}

/** Makes a scenario happen once, with new jobs. @param doing told what is being done */
export async function play(scenario: Scenario, bench: Bench, doing: (text: string) => void): Promise<Played> {
  const { jobs, id } = scenario;
  const name = (job: number): string => jobs[job]!.name;
  const world = await AppWorld.open(bench, true, { id, name, shape: (job) => jobs[job]!.shape });
  const stage = new Stage(scenario, world, bench, new Play(world, () => performance.now(), name));
  let wrong: Wrong | null = null;
  for (const [i, act] of scenario.acts.entries()) {
    doing(`step ${i + 1} of ${scenario.acts.length}`);
    wrong = await stage.act(act);
    if (wrong !== null || bench.options.signal?.aborted) break;
  }
  return { wrong, course: stage.course(), evidence: world.evidence() };
}

/** A scenario under way. */
class Stage {
  /** What the act before was answered. */
  #answers: readonly Outcome[] = [];

  constructor(
    private readonly scenario: Scenario,
    private readonly world: AppWorld,
    private readonly bench: Bench,
    private readonly play: Play,
  ) {}

  /** @returns what is wrong with it; null for nothing */
  async act(act: Act): Promise<Wrong | null> {
    try {
      return await this.#happen(act);
    } catch (error) {
      if (!(error instanceof ProbeError) || (await isUp(this.bench.options.endpoint.origin))) throw error;
      const summary = 'the app went down: nothing listens there any more';
      return { act, summary, expected: 'the app to stay alive', difference: null };
    }
  }

  course(): string[] {
    const ids = [...this.world.jobIds].map(([job, id]) => `${this.scenario.jobs[job]!.name} is job ${id}`);
    return [...this.play.moments.map(({ at, text }) => `${formatDuration(at).padStart(8)}  ${text}`), ...ids];
  }

  async #happen(act: Act): Promise<Wrong | null> {
    if (act.kind === 'expect') return this.#expect(act);
    if (act.kind === 'retry') {
      const breach = await this.play.retry();
      return breach && { act, ...breach, expected: 'an answer 2xx within four attempts' };
    }
    this.#answers = [];
    for (const step of act.steps) {
      const { outcomes, breach } = await this.play.step(step);
      this.#answers = [...this.#answers, ...outcomes];
      if (breach !== null) return { act, ...breach, expected: 'a refusal: 401 or 403' };
    }
    return null;
  }

  async #expect(act: Extract<Act, { kind: 'expect' }>): Promise<Wrong | null> {
    const { answers, effects, verify } = act.expected;
    const other = answers && this.#answers.find(({ label }) => !answers.some((each) => fits(label, each)));
    if (other) {
      const summary = `answered ${this.#answers.map(({ label }) => label).join(', ')}`;
      return { act, summary, expected: `an answer ${answers.join(' or ')}`, difference: null };
    }
    if (effects !== null) {
      const jobs = effects === 'once' ? this.play.delivered : effects;
      const breach = await this.play.judge(jobs);
      if (breach !== null) return { act, ...breach, expected: this.#effectsText(jobs) };
    }
    return verify === null ? null : this.#verify(act, verify);
  }

  #effectsText(jobs: readonly number[]): string {
    if (jobs.length === 0) return 'no effect';
    const names = jobs.map((job) => this.scenario.jobs[job]!.name).join(', ');
    return `the effect of ${names}, once${jobs.length > 1 ? ' each' : ''}, and no other`;
  }

  async #verify(act: Act, command: string): Promise<Wrong | null> {
    await this.world.run.watch.quiet();
    const { environment, cwd = process.cwd() } = this.bench.options;
    const ids = [...this.world.jobIds.values()];
    const values = { ...environment, JOB_ID: ids[0] ?? '', JOB_IDS: ids.join(' ') };
    const { code, output } = await runCommand(command, values, cwd);
    if (code === 0) return null;
    return {
      ...{ act, summary: `verify does not hold: exit code ${code ?? 'none, ended by a signal'}` },
      expected: `exit code 0 of ${command}`,
      difference: { expected: [], observed: lastLines(output) },
    };
  }
}

/** Whether an answer is what one word of `answer` says: a status, a class of them, or none at all. */
function fits(label: string, word: string): boolean {
  const status = /^\d{3}\b/.exec(label)?.[0];
  if (status === undefined) return word === 'none';
  return word.endsWith('xx') ? status[0] === word[0] : status === word;
}
