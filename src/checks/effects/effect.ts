import type { Change } from './changes.ts';
import { earlierJob } from './labels.ts';

/** What a probe saw happen, told apart by the jobs that it names. */
export interface Effect {
  /** Lines that name one job, by the job's number, with `<job>` in place of its label. */
  byJob: ReadonlyMap<number, readonly string[]>;
  /** Lines that came or went and name no job, or several. */
  rows: readonly string[];
  /** Numbers that changed: by how much in all. */
  numbers: ReadonlyMap<string, number>;
  /** Values that were replaced by others: they can be told, not counted. */
  replaced: readonly string[];
  /** Lines that name jobs of earlier checks only: late effects of those. */
  late: readonly string[];
}

const label = /<job (\d+)>/g;

/** Groups changes by the jobs of the check that they name. */
export function effectOf(changes: readonly Change[]): Effect {
  const byJob = new Map<number, string[]>();
  const rows: string[] = [];
  const numbers = new Map<string, number>();
  const replaced: string[] = [];
  const late: string[] = [];
  for (const { text, by, replaced: isReplaced } of changes) {
    const jobs = new Set([...text.matchAll(label)].map(([, number]) => Number(number)));
    const plain = text.replace(label, '<job>');
    if (isReplaced) replaced.push(plain);
    else if (jobs.size === 1) {
      const [job] = jobs as unknown as [number];
      const lines = byJob.get(job) ?? [];
      lines.push(by === null ? plain : `${plain} ${signed(by)}`);
      byJob.set(job, lines);
    } else if (jobs.size === 0 && text.includes(earlierJob)) late.push(plain);
    else if (by === null) rows.push(plain);
    else numbers.set(plain, (numbers.get(plain) ?? 0) + by);
  }
  return { byJob, rows, numbers, replaced, late };
}

/** `+1`, `-3`. */
export const signed = (by: number): string => (by < 0 ? String(by) : `+${by}`);

/** Nothing at all. */
export const noEffect: Effect = { byJob: new Map(), rows: [], numbers: new Map(), replaced: [], late: [] };

/** Whether anything happened that names no job. */
export const namesNone = ({ rows, numbers, replaced }: Effect): boolean =>
  rows.length > 0 || numbers.size > 0 || replaced.length > 0;

/** Whether anything happened that belongs to the check's own jobs, or to none. */
export const isEmpty = ({ byJob, rows, numbers, replaced }: Effect): boolean =>
  byJob.size === 0 && rows.length === 0 && numbers.size === 0 && replaced.length === 0;

/** An effect as lines, for people. */
export function effectLines({ byJob, rows, numbers, replaced }: Effect): string[] {
  const several = byJob.size > 1;
  return [
    ...[...byJob].flatMap(([job, lines]) =>
      lines.map((line) => (several ? line.replaceAll('<job>', `<job ${job}>`) : line)),
    ),
    ...rows,
    ...[...numbers].map(([name, by]) => `${name} ${signed(by)}`),
    ...replaced,
  ];
}
