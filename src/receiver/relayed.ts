import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Acknowledgement } from '../core/delivery.ts';
import { pairsOf } from '../core/headers.ts';
import { type Relayed, relayedHeader } from '../core/relay.ts';
import type { NewDelivery, Store } from '../store/store.ts';
import { type Answer, toolAnswer, write } from './answer.ts';

/** What of a delivery is as it was where it arrived. */
export type Origin = Pick<
  NewDelivery,
  'receivedAt' | 'headers' | 'httpVersion' | 'remoteAddress' | 'relayId'
>;

/** A request as it came in, here or at the relay. @param now ms since the epoch */
export function originOf(request: IncomingMessage, relayed: Relayed | null, now: number): Origin {
  const headers = pairsOf(request.rawHeaders);
  if (relayed === null)
    return {
      ...{ receivedAt: now, headers, httpVersion: request.httpVersion },
      remoteAddress: request.socket.remoteAddress ?? '',
    };
  const { id, at, from, httpVersion, headers: count } = relayed;
  return {
    ...{ relayId: id, receivedAt: at, remoteAddress: from, httpVersion },
    headers: headers.slice(1, 1 + count),
  };
}

/** What the sender of a delivery was answered elsewhere. @param at when it came, ms since the epoch */
export const answeredElsewhere = ({ at, as }: Pick<Relayed, 'at' | 'as'>): Acknowledgement => ({
  ...{ status: 202, by: 'tool', at, durationMs: 0 },
  note:
    as === 'copy'
      ? 'kept by the relay; another listener answers its sender'
      : 'kept by the relay while nobody answered here',
});

/**
 * An answer that also tells a tunnel of this process that what it brought of a relay need not come again. (Not by
 * `setHeader`: after that, Node keeps one only of headers that come twice.)
 */
export const saysHave = (answer: Answer): Answer => ({
  ...answer,
  headers: [[relayedHeader, 'have'], ...answer.headers],
});

/** What comes by a relay may come again while it is under way, or once it is here: takes each once. */
export class TakenOnce {
  /** By the relay's ids. */
  readonly #underWay = new Map<string, Promise<void>>();

  constructor(private readonly store: Pick<Store, 'hadRelayed'>) {}

  /** @param take stores it, and resolves when it may be asked for again */
  async take(
    id: string,
    { request, response }: { request: IncomingMessage; response: ServerResponse },
    take: () => Promise<void>,
  ): Promise<void> {
    while (this.#underWay.has(id)) await Promise.allSettled([this.#underWay.get(id)]);
    if (this.store.hadRelayed(id)) {
      request.resume();
      return write(response, saysHave(toolAnswer(200, 'it is here already, or was')));
    }
    const work = take();
    this.#underWay.set(id, work);
    await work.finally(() => this.#underWay.delete(id));
  }
}
