import { type Effect, signed } from './effect.ts';

/** What one clean delivery does: learned from some of them, and what every later effect is measured with. */
export interface Unit {
  /** Lines for the job itself. */
  job: readonly string[];
  rows: readonly string[];
  /** By how much numbers change; null where that differs from job to job. */
  numbers: ReadonlyMap<string, number | null>;
  /** Places in lines that differ from job to job: by the line's skeleton, which words. */
  varying: ReadonlyMap<string, ReadonlySet<number>>;
  /** Whether two of it look different from one of it. */
  countable: boolean;
  /** What it was learned from. */
  samples: readonly Effect[];
}

/**
 * Learns the unit from clean deliveries of different jobs.
 * @param samples the effect of each, two at least
 * @returns null when they do not agree but for words that vary
 */
export function learnUnit(samples: readonly Effect[]): Unit | null {
  const [first] = samples as readonly [Effect];
  const sameReplaced = samples.every(({ replaced }) => replaced.length === first.replaced.length);
  if (!sameReplaced || new Set(samples.map(({ byJob }) => byJob.size)).size > 1) return null;
  // By the kinds of their words first; where even those differ (a slug, a token that is a number by chance), by their
  // places alone.
  const varying = varyingPlaces(samples, skeletonOf) ?? varyingPlaces(samples, shapeOf);
  if (varying === null) return null;

  const numbers = new Map(
    [...new Set(samples.flatMap((sample) => [...sample.numbers.keys()]))].map((name) => {
      const by = new Set(samples.map((sample) => sample.numbers.get(name) ?? null));
      return [name, by.size === 1 ? [...by][0]! : null];
    }),
  );
  const unit = { job: [...first.byJob.values()].flat(), rows: first.rows, varying };
  const mask = masker({ ...unit, job: [], rows: [] });
  const [job, rows] = [unit.job.map(mask).sort(), unit.rows.map(mask).sort()];
  const countable = job.length + rows.length > 0 || [...numbers.values()].some((by) => by !== null);
  return { job, rows, numbers, varying, countable, samples };
}

/**
 * The places of words that differ from sample to sample, by the form of their lines.
 * @param formOf what lines of one kind have in common
 * @returns null when the samples do not have the same forms, as often
 */
function varyingPlaces(samples: readonly Effect[], formOf: (line: string) => string): Unit['varying'] | null {
  const forms = samples.map(({ byJob, rows }) => byForm([...[...byJob.values()].flat(), ...rows], formOf));
  const first: Groups = forms[0]!;
  if (!forms.every((groups) => sameForms(groups, first))) return null;
  const varying = new Map<string, Set<number>>();
  for (const [form, rows] of first)
    for (const i of rows[0]!.keys()) {
      const values = forms.map((groups) =>
        groups
          .get(form)!
          .map((words) => words[i])
          .sort()
          .join('\n'),
      );
      if (new Set(values).size === 1) continue;
      // Which way a job ended is no word that varies by itself.
      if (formOf === shapeOf && values.some((text) => statusWord.test(text))) return null;
      varying.set(form, (varying.get(form) ?? new Set()).add(i));
    }
  return varying;
}

/** Words for a job that has failed. */
export const failureWord = /fail|error|invalid|reject|cancel/i;

/** Words for how a job ended. */
export const statusWord =
  /complet|done|ready|success|succeed|\bok\b|process|finish|fail|error|parsed|available|indexed|ingested|imported/i;

type Groups = ReadonlyMap<string, readonly (readonly string[])[]>;

const sameForms = (a: Groups, b: Groups): boolean =>
  a.size === b.size && [...a].every(([form, rows]) => b.get(form)?.length === rows.length);

const word = /[\p{L}\p{N}_.-]+/gu;

/** A line with the words left open that have a digit in them, as numbers and drawn ids do. */
const skeletonOf = (line: string): string => line.replace(word, (text) => (/\d/.test(text) ? '?' : text));

/** A line with all words left open. */
const shapeOf = (line: string): string => line.replace(word, '?');

function byForm(lines: readonly string[], formOf: (line: string) => string): Map<string, string[][]> {
  const groups = new Map<string, string[][]>();
  for (const line of lines) {
    const key = formOf(line);
    groups.set(key, [...(groups.get(key) ?? []), line.match(word) ?? []]);
  }
  return groups;
}

/**
 * Puts `…` where lines vary. A line of a form that was not seen may still be of a kind that was, with a word that has
 * no digit by chance: then it becomes one of the unit's own lines.
 */
function masker({ varying, job, rows }: Pick<Unit, 'varying' | 'job' | 'rows'>): (line: string) => string {
  const known = new Set([...job, ...rows]);
  const places = [...varying].map(([form, words]) => ({ form, shape: shapeOf(form), words }));
  const open = (line: string, words: ReadonlySet<number>): string => {
    let i = -1;
    return line.replace(word, (text) => {
      i += 1;
      return words.has(i) ? '…' : text;
    });
  };
  return (line) => {
    const [skeleton, shape] = [skeletonOf(line), shapeOf(line)];
    const own = places.find(({ form }) => form === skeleton);
    if (own) return open(line, own.words);
    const alike = places.filter((each) => each.shape === shape).map(({ words }) => open(line, words));
    return alike.find((text) => known.has(text)) ?? alike[0] ?? line;
  };
}

/** How an effect differs from what was expected of it; null when it does not. */
export interface Mismatch {
  expected: readonly string[];
  observed: readonly string[];
  /** In a few words: `job 1: 2 times the effect`. */
  summary: string;
  /** Whether there is more than there should be: waiting will not mend it. */
  surplus: boolean;
  /** Whether all lines are there, and only words in them differ: it may be a word that varies by itself. */
  onlyWords: boolean;
}

/**
 * Compares an effect with the unit once for each of `jobs`, and nothing else.
 * @param jobs numbers of the jobs that should have had their effect
 * @param loose only how many lines came and went counts, not what they say
 */
export function compareWithUnit(
  unit: Unit,
  effect: Effect,
  jobs: readonly number[],
  loose = false,
): Mismatch | null {
  const mask = loose ? signOf : masker(unit);
  const shown = loose ? signOf : (line: string): string => line;
  const n = jobs.length;
  const expected: string[] = [];
  const observed: string[] = [];
  const problems: string[] = [];
  let surplus = false;
  let onlyWords = true;
  const note = (name: string, want: readonly string[], got: readonly string[]): void => {
    const [wanted, found] = [[...want].sort(), [...got].sort()];
    if (wanted.join('\n') === found.join('\n')) return;
    surplus ||= found.length > wanted.length;
    onlyWords &&= found.length === wanted.length;
    expected.push(...(wanted.length === 0 ? [`${name}: nothing`] : wanted.map((line) => inName(line, name))));
    observed.push(...(found.length === 0 ? [`${name}: nothing`] : found.map((line) => inName(line, name))));
    problems.push(problemOf(name, wanted, found));
  };
  for (const job of new Set([...jobs, ...effect.byJob.keys()])) {
    const lines = (effect.byJob.get(job) ?? []).map(mask);
    note(`job ${job}`, jobs.includes(job) ? unit.job.map(shown) : [], lines);
  }
  const rows = unit.rows.flatMap((row) => Array.from({ length: n }, () => shown(row)));
  note('rows', rows, effect.rows.map(mask));
  for (const name of new Set([...unit.numbers.keys(), ...effect.numbers.keys()])) {
    const each = unit.numbers.get(name);
    if (each === null) continue;
    const [want, got] = [(each ?? 0) * n, effect.numbers.get(name) ?? 0];
    if (want === got) continue;
    surplus ||= Math.abs(got) > Math.abs(want);
    onlyWords &&= each !== undefined && got !== 0;
    expected.push(`${name} ${signed(want)}`);
    observed.push(`${name} ${signed(got)}`);
    problems.push(
      each ? `${name}: ${plural(got / each)} for ${n} job${n === 1 ? '' : 's'}` : `${name} changed`,
    );
  }
  return problems.length === 0 ? null : { expected, observed, summary: summed(problems), surplus, onlyWords };
}

/** Of a line only whether it came or went. */
const signOf = (line: string): string => `${line.slice(0, 1)} a row of <job>`;

const inName = (line: string, name: string): string =>
  name.startsWith('job') ? line.replaceAll('<job>', `<${name}>`) : line;

const plural = (times: number): string =>
  times === 0
    ? 'no effect'
    : times === 1
      ? 'one effect'
      : `${Math.round(times * 100) / 100} times the effect`;

function problemOf(name: string, wanted: readonly string[], found: readonly string[]): string {
  if (found.length === 0) return `${name}: no effect`;
  if (wanted.length === 0) return `${name}: an effect`;
  const times = found.length / wanted.length;
  const repeated = wanted.flatMap((line) => Array.from({ length: times }, () => line)).sort();
  const [word, ...more] = differingWords(wanted, found);
  if (word && more.length === 0) return `${name}: ${word[1]} where ${word[0]} was expected`;
  // Numbers may vary by themselves, alike as they were in what was learned from: the form of the lines tells.
  const form = (lines: readonly string[]): string => lines.map(skeletonOf).sort().join('\n');
  return Number.isInteger(times) && times > 1 && form(repeated) === form(found)
    ? `${name}: ${times} times the effect`
    : `${name}: another effect`;
}

/** Pairs of words that differ, where there are as many lines of the same form. */
function differingWords(wanted: readonly string[], found: readonly string[]): [string, string][] {
  if (wanted.length !== found.length) return [];
  return wanted.flatMap((line, i) => {
    const [a, b] = [line.match(word) ?? [], found[i]!.match(word) ?? []];
    return a.flatMap((text, at): [string, string][] => (text === b[at] ? [] : [[text, b[at] ?? 'nothing']]));
  });
}

const summed = (problems: readonly string[]): string =>
  problems.length <= 3
    ? problems.join('; ')
    : `${problems.slice(0, 3).join('; ')}; and ${problems.length - 3} more`;

const nothing = /^(0+(\.0+)?|null|none|nil|undefined)$/i;

/** Words of a line that say something. */
const saying = (line: string): string[] => (line.match(word) ?? []).filter((text) => !nothing.test(text));

/**
 * Whether an effect tells of the same end as the unit: all of its lines have the words of one of the unit's, status
 * words among them, with nothing or 0 in place of some.
 */
export function tellsTheSame(unit: Unit, { byJob, rows }: Effect): boolean {
  const mask = masker(unit);
  const known = [...unit.job, ...unit.rows].map(saying);
  const lines = [...[...byJob.values()].flat(), ...rows].map((line) => saying(mask(line)));
  if (lines.length !== known.length) return false;
  return lines.every((words) =>
    known.some((all) => {
      const status = all.filter((text) => statusWord.test(text));
      return words.every((text) => all.includes(text)) && status.every((text) => words.includes(text));
    }),
  );
}

/** How many times over lines are the effect of one job: 0 when they are something else. */
export function timesTheUnit(unit: Unit, lines: readonly string[]): number {
  const times = lines.length / unit.job.length;
  if (!Number.isInteger(times)) return 0;
  const seen = lines.map(masker(unit)).sort().join('\n');
  const whole = unit.job.flatMap((line) => Array.from({ length: times }, () => line));
  return whole.sort().join('\n') === seen ? times : 0;
}
