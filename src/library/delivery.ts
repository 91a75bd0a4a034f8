import type { DeliverySource } from '../core/delivery.ts';
import type { DeliveryDetail } from '../core/record.ts';
import type { Runtime } from '../runtime/runtime.ts';
import { type Attempt, bufferOf, byName, toAttempt } from './attempt.ts';
import { type ReplayOptions, replayArgs, type Sending, sendingOf } from './replay.ts';

/** A webhook request as it arrived, with the attempts that were made for it by then. */
export interface Delivery {
  /** `dlv_` and 16 characters. */
  readonly id: string;
  /** Its number in the history, from 1 up. */
  readonly seq: number;
  /** Its job's id; null when it is no webhook of Reducto's. */
  readonly job: string | null;
  /** Its job's status; null when it is no webhook of Reducto's. */
  readonly status: 'Completed' | 'Failed' | null;
  /** Its job's metadata; null when there is none. */
  readonly metadata: unknown;
  readonly source: DeliverySource;
  readonly method: string;
  /** Path and query. */
  readonly path: string;
  readonly receivedAt: Date;
  /** Names in lower case; the values of several of one name are joined by `, `. */
  readonly headers: Readonly<Record<string, string>>;
  /** The bytes as they came. */
  readonly body: Buffer;
  /** What the sender was answered; null when it was not yet, or was gone. */
  readonly answered: number | null;
  readonly attempts: readonly Attempt[];
  /** Its body as JSON. @throws SyntaxError when it is none */
  json(): unknown;
  /** Sends it to the app again, and waits for the answers. */
  replay(options?: ReplayOptions): Promise<Sending>;
  /** Sends so many duplicates of it (one), one after another or all at the same instant, and waits for the answers. */
  duplicate(options?: { count?: number; concurrent?: boolean }): Promise<Sending>;
}

/** A delivery as it is in the history now. @throws UserError when it is not there */
export async function loadDelivery(runtime: Runtime, seq: number): Promise<Delivery> {
  const id = String(seq);
  const { delivery, attempts } = await runtime.run('show', { id, secrets: true });
  return {
    ...plainDelivery(delivery),
    attempts: attempts.map(toAttempt),
    json: () => JSON.parse(bufferOf(delivery.body).toString()) as unknown,
    replay: (options = {}) => sendingOf(runtime, 'replay', replayArgs(id, options)),
    duplicate: ({ count = 1, concurrent = false } = {}) =>
      sendingOf(runtime, 'duplicate', { id, count, concurrent }),
  };
}

const plainDelivery = (record: DeliveryDetail['delivery']) => ({
  id: record.id,
  seq: record.seq,
  job: record.jobId,
  status: record.status,
  metadata: record.metadata === null ? null : (JSON.parse(record.metadata) as unknown),
  source: record.source,
  method: record.method,
  path: record.target,
  receivedAt: new Date(record.receivedAt),
  headers: byName(record.headers),
  body: bufferOf(record.body),
  answered: record.acknowledgement?.status ?? null,
});
