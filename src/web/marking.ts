import { toggleDelivery } from '../view/marks.ts';
import type { Page } from './page.ts';

/** Deliveries that are marked in one go, at most. */
const most = 10_000;

/** Marks a delivery, or takes its mark away. */
export function toggleMark({ view }: Page, seq: number): void {
  const { deliveries } = toggleDelivery(view.state().marks, seq);
  view.dispatch({ type: 'mark-deliveries', seqs: deliveries });
}

/** Marks every delivery of the list between two, both included, beside those that are marked. */
export async function markBetween({ view, session }: Page, one: number, other: number): Promise<void> {
  const { filter } = view.state();
  const [low, high] = [Math.min(one, other), Math.max(one, other)];
  // Not all that lies between needs to be known here.
  const { deliveries } = await session.run('list', {
    filter: filter.applied,
    after: low - 1,
    before: high + 1,
    limit: most,
  });
  const seqs = new Set([...view.state().marks.deliveries, ...deliveries.map(({ seq }) => seq)]);
  view.dispatch({ type: 'mark-deliveries', seqs: [...seqs] });
  if (deliveries.length === most)
    view.notify(`Only ${most.toLocaleString('en')} are marked: no more go in one step.`, 'warn');
}
