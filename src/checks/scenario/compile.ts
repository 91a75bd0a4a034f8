import { faultKinds, qualifiedName } from '../../core/faults/index.ts';
import { type Fault, parseFaults, printFault } from '../../core/faults/language.ts';
import { parseTimer } from '../../core/units.ts';
import type { CrashMoment, Step } from '../explore/schedule.ts';
import { type Act, type Expected, type Place, type Scenario, scenarioError } from './scenario.ts';
import { type ScenarioFile, type ScenarioSettings, settingNames } from './schema.ts';

type Written = ScenarioFile['steps'][number];
type WrittenWith<K extends PropertyKey> = Extract<Written, Record<K, unknown>>;
type Path = readonly PropertyKey[];

/**
 * The steps of a file as what happens, once all that a schema can't say of them holds, too: names that are known, faults
 * that can be read.
 * @throws UserError that names the place
 */
export function compile(file: ScenarioFile, id: string, placeOf: (path: Path) => Place): Scenario {
  return new Compiler(file, id, placeOf).scenario();
}

/** The same happens at the end of a scenario that expects nothing. */
const byDefault: readonly Written[] = ['retry', { expect: { effects: 'once' } }];

class Compiler {
  readonly #jobs: string[];

  constructor(
    private readonly file: ScenarioFile,
    private readonly id: string,
    private readonly placeOf: (path: Path) => Place,
  ) {
    this.#jobs = Object.keys(file.jobs ?? {});
  }

  scenario(): Scenario {
    const { file, id } = this;
    const { name, repeat = 1, steps, jobs = {} } = file;
    const expects = steps.some((step) => typeof step === 'object' && 'expect' in step);
    const whole = expects ? steps : [...steps, ...byDefault];
    const acts = whole.map((step, i) =>
      this.#act(step, ['steps', Math.min(i, steps.length - 1)], whole.slice(0, i)),
    );
    const settings = Object.fromEntries(
      settingNames.flatMap((key) => (file[key] === undefined ? [] : [[key, file[key]]])),
    ) as ScenarioSettings;
    const cast = this.#jobs.map((job) => ({ name: job, shape: jobs[job] ?? {} }));
    return { id, name, settings, repeat, jobs: cast, acts };
  }

  #act(step: Written, path: Path, before: readonly Written[]): Act {
    const place = this.placeOf(path);
    if (step === 'retry') return { place, text: "the sender's retries", kind: 'retry' };
    if (typeof step === 'object' && 'expect' in step)
      return { place, kind: 'expect', ...this.#expected(step.expect, path, before) };
    return { place, text: '', kind: 'happen', steps: this.#steps(step, path) };
  }

  #steps(step: Exclude<Written, 'retry' | { expect: unknown }>, path: Path): Step[] {
    if (step === 'restart') return [{ kind: 'restart' }];
    if ('deliver' in step) return this.#deliveries(step, path);
    if ('hang-up' in step)
      return [
        {
          kind: 'hang-up',
          job: this.#job(step['hang-up'], [...path, 'hang-up']),
          at: shareOf(step.at ?? '0%'),
        },
      ];
    if ('crash' in step)
      return [{ kind: 'crash', job: this.#job(step.crash, [...path, 'crash']), at: momentOf(step.at) }];
    if ('fail-api' in step) {
      const job = this.#job(step['fail-api'], [...path, 'fail-api']);
      return [{ kind: 'fail-api', job, answer: step.answer, times: step.times ?? 1 }];
    }
    if ('forge' in step) return [{ kind: 'forge', job: this.#job(step.forge, [...path, 'forge']) }];
    const ms = parseTimer(step.wait);
    if (ms === null)
      throw this.#error([...path, 'wait'], 'so long no timer waits: write at most 24d as hours');
    return [{ kind: 'wait', ms }];
  }

  #deliveries(
    { deliver, times = 1, concurrent = false, faults: text }: WrittenWith<'deliver'>,
    path: Path,
  ): Step[] {
    const named = listOf(deliver);
    const once = named.map((name, i) =>
      this.#job(name, Array.isArray(deliver) ? [...path, 'deliver', i] : [...path, 'deliver']),
    );
    const jobs = Array.from({ length: times }, () => once).flat();
    if (concurrent && jobs.length === 1)
      throw this.#error(
        [...path, 'concurrent'],
        'one webhook alone is not concurrent: add times, or other jobs',
      );
    const { faults, lost } =
      text === undefined ? { faults: '', lost: false } : this.#faults(text, [...path, 'faults']);
    const struck = { ...(faults === '' ? {} : { faults }), ...(lost ? { lost: true as const } : {}) };
    if (concurrent) return [{ kind: 'deliver', jobs, ...struck }];
    return jobs.map((job) =>
      lost && faults === '' ? { kind: 'lose-ack', job } : { kind: 'deliver', jobs: [job], ...struck },
    );
  }

  /** What strikes the requests, and whether the answers are lost. */
  #faults(text: string, path: Path): { faults: string; lost: boolean } {
    const all = this.#parsed(text, path);
    const [lost, others] = [all.filter(isLoss), all.filter((fault) => !isLoss(fault))];
    const other = others.find((fault) => !strikesRequest(fault));
    if (other) {
      const known = faultKinds
        .filter((kind) => kind.name === 'lost-ack' || strikesRequest({ kind }))
        .map(qualifiedName);
      const instead = insteadOf[other.kind.name] ?? `use ${known.join(', ')}`;
      throw this.#error(path, `"${qualifiedName(other.kind)}" is no fault of a step: ${instead}`);
    }
    return { faults: others.map(printFault).join(' '), lost: lost.length > 0 };
  }

  #parsed(text: string, path: Path): Fault[] {
    try {
      return parseFaults(text);
    } catch (error) {
      throw this.#error(path, (error as Error).message.replace(/\.$/, ''));
    }
  }

  #expected(
    given: WrittenWith<'expect'>['expect'],
    path: Path,
    before: readonly Written[],
  ): { expected: Expected; text: string } {
    const { answer, effects, verify } = given;
    const answers = answer === undefined ? null : listOf(answer).map(String);
    const last = before.at(-1);
    if (
      answers !== null &&
      (last === undefined || typeof last === 'string' || !sends.some((word) => word in last))
    )
      throw this.#error(
        [...path, 'expect', 'answer'],
        `answer is about the step before it: one of ${sends.join(', ')}`,
      );
    const at = [...path, 'expect', 'effects'];
    const jobs =
      effects === undefined
        ? null
        : effects === 'once'
          ? 'once'
          : effects === 'none'
            ? []
            : listOf(effects).map((name, i) =>
                this.#job(name, Array.isArray(effects) ? [...at, i] : at, true),
              );
    const text = [
      ...(answers === null ? [] : [`answers ${answers.join(' or ')}`]),
      ...(effects === undefined ? [] : [`effects ${listOf(effects).join(', ')}`]),
      ...(verify === undefined ? [] : ['verify']),
    ].join(', ');
    return { expected: { answers, effects: jobs, verify: verify ?? null }, text: `expect ${text}` };
  }

  /** The number of a job. @param known whether it has to have been named before */
  #job(name: string, path: Path, known = this.file.jobs !== undefined): number {
    const number = this.#jobs.indexOf(name);
    if (number !== -1) return number;
    if (known)
      throw this.#error(
        path,
        `there is no job "${name}": ${this.#jobs.length === 0 ? 'deliver it before' : `use ${this.#jobs.join(', ')}, or add it to jobs`}`,
      );
    return this.#jobs.push(name) - 1;
  }

  #error(path: Path, message: string) {
    return scenarioError(this.id, this.placeOf(path), message);
  }
}

/** Steps whose answers can be looked at. */
const sends = ['deliver', 'hang-up', 'crash', 'forge'];

/** Faults that are steps, and which. */
const insteadOf: Readonly<Record<string, string>> = {
  duplicate: 'use times, and concurrent',
  delay: 'use a step wait',
  jitter: 'use a step wait',
  drop: 'leave the step out',
  reorder: 'the order of the steps is that of the deliveries',
  hang: 'use a step hang-up',
};

const isLoss = ({ kind }: Fault): boolean => kind.name === 'lost-ack';
const strikesRequest = ({ kind }: Pick<Fault, 'kind'>): boolean =>
  kind.acts === 'on the request' || kind.name === 'slow-body';

const listOf = <T>(given: T | readonly T[]): readonly T[] => (Array.isArray(given) ? given : [given as T]);
const shareOf = (text: string): number => Number(text.slice(0, -1)) / 100;
const momentOf = (text: string): CrashMoment =>
  text === 'fetch' || text === 'answer' ? text : shareOf(text);
