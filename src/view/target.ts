import { plural } from './format.ts';

/** Which deliveries something is done to. */
export type Target = { kind: 'deliveries'; seqs: readonly number[] } | { kind: 'filter'; query: string };

/** A target to choose, and how it is called. */
export interface TargetChoice {
  id: string;
  label: string;
  target: Target;
}

/** A target in a word or two: `#12`, `3 deliveries`, `those that match status:failed`. */
export function targetName(target: Target): string {
  if (target.kind === 'filter') return target.query === '' ? 'all' : `what matches ${target.query}`;
  return target.seqs.length === 1
    ? `#${target.seqs[0]}`
    : plural(target.seqs.length, 'delivery', 'deliveries');
}

/** A target as commands take it. */
export const targetArgs = (target: Target): { id: string[] } | { filter: string } =>
  target.kind === 'filter' ? { filter: target.query } : { id: target.seqs.map(String) };
