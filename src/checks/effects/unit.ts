import { type Effect, isEmpty, signed } from './effect.ts';

/** What one clean delivery does: learned from two of them, and what every later effect is measured with. */
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
}

/**
 * Learns the unit from two clean deliveries of different jobs.
 * @returns null when the two effects do not agree but for words that vary
 */
export function learnUnit(a: Effect, b: Effect): Unit | null {
  const [linesA, linesB] = [a, b].map(({ byJob, rows }) => [...[...byJob.values()].flat(), ...rows]);
  const varying = new Map<string, Set<number>>();
  const [skeletonsA, skeletonsB] = [bySkeleton(linesA!), bySkeleton(linesB!)];
  for (const [skeleton, rowsA] of skeletonsA) {
    const rowsB = skeletonsB.get(skeleton);
    if (rowsB?.length !== rowsA.length) return null;
    rowsA[0]!.forEach((_word, i) => {
      const [valuesA, valuesB] = [rowsA, rowsB].map((rows) =>
        rows
          .map((words) => words[i])
          .sort()
          .join('\n'),
      );
      if (valuesA !== valuesB) varying.set(skeleton, (varying.get(skeleton) ?? new Set()).add(i));
    });
  }
  if (skeletonsB.size !== skeletonsA.size) return null;
  if (a.byJob.size !== b.byJob.size || a.replaced.length !== b.replaced.length) return null;
  const names = new Set([...a.numbers.keys(), ...b.numbers.keys()]);
  const numbers = new Map(
    [...names].map((name) => {
      const by = a.numbers.get(name);
      return [name, by !== undefined && by === b.numbers.get(name) ? by : null];
    }),
  );
  const mask = masker(varying);
  const job = [...a.byJob.values()].flat().map(mask).sort();
  const rows = a.rows.map(mask).sort();
  const countable = job.length + rows.length > 0 || [...numbers.values()].some((by) => by !== null);
  return { job, rows, numbers, varying, countable };
}

const word = /[\p{L}\p{N}_.-]+/gu;

/** A line with numbers, and ids that look drawn, left open: lines of one kind have the same. */
const skeletonOf = (line: string): string => line.replace(word, kindOf);

function kindOf(text: string): string {
  if (/^-?\d+(\.\d+)?$/.test(text)) return '#';
  return text.length >= 8 && /\d/.test(text) && /[a-z]/i.test(text) ? '?' : text;
}

function bySkeleton(lines: readonly string[]): Map<string, string[][]> {
  const groups = new Map<string, string[][]>();
  for (const line of lines) {
    const key = skeletonOf(line);
    groups.set(key, [...(groups.get(key) ?? []), line.match(word) ?? []]);
  }
  return groups;
}

/** Puts `…` where lines vary. */
const masker =
  (varying: Unit['varying']) =>
  (line: string): string => {
    const places = varying.get(skeletonOf(line));
    if (!places) return line;
    let i = -1;
    return line.replace(word, (text) => {
      i += 1;
      return places.has(i) ? '…' : text;
    });
  };

/** How an effect differs from what was expected of it; null when it does not. */
export interface Mismatch {
  expected: readonly string[];
  observed: readonly string[];
  /** In a few words: `job 1: 2 times the effect`. */
  summary: string;
  /** Whether there is more than there should be: waiting will not mend it. */
  surplus: boolean;
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
  const mask = loose ? signOf : masker(unit.varying);
  const shown = loose ? signOf : (line: string): string => line;
  const n = jobs.length;
  const expected: string[] = [];
  const observed: string[] = [];
  const problems: string[] = [];
  let surplus = false;
  const note = (name: string, want: readonly string[], got: readonly string[]): void => {
    const [wanted, found] = [[...want].sort(), [...got].sort()];
    if (wanted.join('\n') === found.join('\n')) return;
    surplus ||= found.length > wanted.length;
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
    expected.push(`${name} ${signed(want)}`);
    observed.push(`${name} ${signed(got)}`);
    problems.push(
      each ? `${name}: ${plural(got / each)} for ${n} job${n === 1 ? '' : 's'}` : `${name} changed`,
    );
  }
  return problems.length === 0 ? null : { expected, observed, summary: summed(problems), surplus };
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
  return Number.isInteger(times) && times > 1 && repeated.join('\n') === found.join('\n')
    ? `${name}: ${times} times the effect`
    : `${name}: another effect`;
}

const summed = (problems: readonly string[]): string =>
  problems.length <= 3
    ? problems.join('; ')
    : `${problems.slice(0, 3).join('; ')}; and ${problems.length - 3} more`;

/** Whether an effect is exactly that of one clean delivery. */
export const isUnit = (unit: Unit, effect: Effect, job = 1): boolean =>
  !isEmpty(effect) && compareWithUnit(unit, effect, [job]) === null;
