import { plural } from './format.ts';
import { targetSeq, type ViewState } from './state.ts';
import type { TargetChoice } from './target.ts';

/**
 * The deliveries that a key acts on: the open one; in the list, and on a page, which has it always in sight, those
 * that are marked, else the selected one. Empty when there is none.
 */
export function targetSeqs(state: ViewState): readonly number[] {
  const seq = targetSeq(state);
  const marked = state.marks.deliveries;
  if (inList(state) && marked.length > 0) return marked;
  return seq === null ? [] : [seq];
}

const inList = ({ detail, host }: ViewState): boolean => detail === null || host.page === true;

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
  return [...(inList(state) ? [...those, ...one] : [...one, ...those]), ...filtered, everything];
}
