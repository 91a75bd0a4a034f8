import type { Attempt, Delivery, DeliverySource, HeaderPair } from '../core/delivery.ts';
import type { Clock } from '../core/ids.ts';
import { recognise } from '../core/payload.ts';
import type { Verifier } from '../core/verification.ts';
import { version } from '../core/version.ts';
import type { NewDelivery, Store } from '../store/store.ts';
import { StoreWriteError } from '../store/writer.ts';

/** Who in this tool makes deliveries of its own. */
export type OwnSource = Extract<DeliverySource, 'trigger' | 'emulator' | 'check' | 'import'>;

/** A delivery that this tool makes; what is left out is as of a sender on this machine. */
export type OwnDelivery = { source: OwnSource } & Pick<
  NewDelivery,
  'receivedAt' | 'target' | 'headers' | 'body'
> &
  Partial<NewDelivery>;

/** What a sender says of itself and of its request. */
export interface Sender {
  /** The host and port that it calls; null when its URL has none. */
  host: string | null;
  /** This tool's name and version when absent. */
  userAgent?: string;
  /** JSON when absent; none when null. */
  contentType?: string | null;
}

/**
 * The headers with which real senders post a webhook (Svix: user-agent, accept, content-type, content-length; host
 * as HTTP/1.1 demands it), without a signature.
 */
export function senderHeaders(
  { host, userAgent = `reducto-webhook-dev/${version}`, contentType = 'application/json' }: Sender,
  body: Uint8Array,
): HeaderPair[] {
  return [
    ...(host === null ? [] : [['host', host] as const]),
    ...(contentType === null ? [] : [['content-type', contentType] as const]),
    ['user-agent', userAgent],
    ['accept', '*/*'],
    ['content-length', String(body.length)],
  ];
}

/** All that the store keeps of a delivery of our own: recognised and, where `verify` is given, verified. */
export function ownDelivery(given: OwnDelivery, verify?: Verifier): NewDelivery {
  const { headers, body, receivedAt } = given;
  const recognition = recognise(body);
  return {
    method: 'POST',
    httpVersion: '1.1',
    remoteAddress: '127.0.0.1',
    intake: 'complete',
    recognition,
    verification: verify?.(headers, body, recognition, receivedAt) ?? { secret: null, svix: null },
    acknowledgement: null,
    ...given,
  };
}

/** Records what an attempt came to as what the sender of a delivery got: here this tool is the sender itself. */
export async function acknowledgeOwn(
  store: Store,
  clock: Clock,
  delivery: Pick<Delivery, 'seq' | 'id'>,
  { outcome, durationMs }: Pick<Attempt, 'outcome' | 'durationMs'>,
): Promise<void> {
  const answered = outcome.kind === 'response';
  try {
    await store.acknowledge(delivery, {
      status: answered ? outcome.status : null,
      by: answered ? 'app' : 'nobody',
      note: outcome.kind === 'error' ? outcome.message : null,
      at: clock.now(),
      durationMs: durationMs ?? 0,
    });
  } catch (error) {
    // What the app did is done, recorded or not; the store has published why it could not be.
    if (!(error instanceof StoreWriteError)) throw error;
  }
}
