import type { Attempt } from '../core/delivery.ts';
import type { Store } from '../store/store.ts';
import type { JobFetch } from './fetches.ts';

/** The run of the app's handler that fetched a job. */
export interface HandlerRun {
  deliverySeq: number;
  deliveryId: string;
  /** Null when the handler passed on only the delivery's id. */
  attemptId: string | null;
  /** `header`: the handler passed on the ids that it got. `time`: the newest attempt that had begun by then. */
  by: 'header' | 'time';
}

// Deliveries of one job that are looked at: far more than any test makes.
const most = 1000;

/**
 * Finds by which run of the handler a job was fetched: by the headers `x-webhook-delivery-id` and
 * `x-webhook-attempt`, when the handler passed them on, else by time. By time is a guess where runs overlap.
 * @returns null when no delivery of the job had been sent by then
 */
export function handlerRunOf(fetch: JobFetch, store: Store): HandlerRun | null {
  const deliveries = store.page({
    filter: { op: 'match', field: 'job', pattern: fetch.jobId, wild: false },
    limit: most,
  });
  if (fetch.deliveryId !== null) {
    const delivery = deliveries.find(({ id }) => id === fetch.deliveryId);
    if (delivery)
      return { deliverySeq: delivery.seq, deliveryId: delivery.id, attemptId: fetch.attemptId, by: 'header' };
  }
  let newest: Attempt | null = null;
  for (const { seq } of deliveries)
    for (const attempt of store.attempts(seq))
      if (
        attempt.reason !== 'exec' &&
        attempt.startedAt <= fetch.at &&
        attempt.startedAt >= (newest?.startedAt ?? 0)
      )
        newest = attempt;
  if (newest === null) return null;
  const { deliverySeq, deliveryId, id } = newest;
  return { deliverySeq, deliveryId, attemptId: id, by: 'time' };
}
