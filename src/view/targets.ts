import { plural } from './format.ts';
import { targetSeq, type ViewState } from './state.ts';

/** Which deliveries something is done to. */
export type Target = { kind: 'deliveries'; seqs: readonly number[] } | { kind: 'filter'; query: string };

/** A target to choose, and how it is called. */
export interface TargetChoice {
  id: string;
  label: string;
  target: Target;
}

/**
 * The deliveries that a key acts on: the open one; in the list those that are marked, else the selected one.
 * Empty when there is none.
 */
export function targetSeqs(state: ViewState): readonly number[] {
  const seq = targetSeq(state);
  const marked = state.marks.deliveries;
  if (state.detail === null && marked.length > 0) return marked;
  return seq === null ? [] : [seq];
}

/** Every target there is, the one that a key would take first. */
export function targetChoices(state: ViewState): TargetChoice[] {
  const seq = targetSeq(state);
  const marked = state.marks.deliveries;
  const { applied, matches } = state.filter;
  const one: TargetChoice[] =
    seq === null ? [] : [{ id: 'one', label: `#${seq}`, target: { kind: 'deliveries', seqs: [seq] } }];
  const those: TargetChoice[] =
    marked.length === 0
      ? []
      : [
          {
            id: 'marked',
            label: `${plural(marked.length, 'marked delivery', 'marked deliveries')}`,
            target: { kind: 'deliveries', seqs: marked },
          },
        ];
  const filtered: TargetChoice[] =
    applied === ''
      ? []
      : [
          {
            id: 'filter',
            label: `${matches === null ? 'all' : matches.toLocaleString('en')} that match ${applied}`,
            target: { kind: 'filter', query: applied },
          },
        ];
  const everything: TargetChoice = {
    id: 'all',
    label: `all ${plural(state.status.deliveries, 'delivery', 'deliveries')}`,
    target: { kind: 'filter', query: '' },
  };
  return [...(state.detail === null ? [...those, ...one] : [...one, ...those]), ...filtered, everything];
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
