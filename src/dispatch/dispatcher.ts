import type { Attempt, AttemptReason, Delivery } from '../core/delivery.ts';

export interface Dispatcher {
  send(delivery: Delivery, reason: AttemptReason): Promise<Attempt[]>;
  urlFor(delivery: Delivery): string | null;
}
