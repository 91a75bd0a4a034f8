import type { Socket } from 'node:net';
import type { DeliverySource } from '../core/delivery.ts';
import type { Clock } from '../core/ids.ts';
import type { NewDelivery, Store } from '../store/store.ts';
import { StoreWriteError } from '../store/writer.ts';
import type { Answer } from './answer.ts';
import { headTooLarge } from './decide.ts';
import type { RequestHead } from './incoming.ts';

// Scanners find every public URL: what they send must not push real deliveries out of the history.
const atOnce = 50;
const refillMs = 60_000;

/** Keeps what was refused in the history, where it is shown as such; of a flood, some and the number of the others. */
export class Refusals {
  #left = atOnce;
  #refilledAt: number;
  #passedOver = 0;

  constructor(
    private readonly store: Pick<Store, 'addDelivery'>,
    private readonly clock: Clock,
  ) {
    this.#refilledAt = clock.now();
  }

  /** @param answer what its sender is told, with the reason */
  async record(refused: RequestHead, { status, note }: Answer): Promise<void> {
    const now = this.clock.now();
    const refill = Math.floor((now - this.#refilledAt) / refillMs);
    if (refill > 0) {
      this.#left = Math.min(atOnce, this.#left + refill);
      this.#refilledAt += refill * refillMs;
    }
    if (this.#left === 0) {
      this.#passedOver += 1;
      return;
    }
    this.#left -= 1;
    const others = this.#passedOver === 0 ? '' : ` (${this.#passedOver} others were refused before it)`;
    this.#passedOver = 0;
    const reason = `${note}${others}`;
    const delivery: NewDelivery = {
      ...refused,
      receivedAt: now,
      body: new Uint8Array(),
      intake: 'refused',
      recognition: { kind: 'other', reason: `refused: ${reason}` },
      verification: { secret: null, svix: null },
      acknowledgement: { status, by: 'tool', note: reason, at: now, durationMs: 0 },
    };
    try {
      await this.store.addDelivery(delivery);
    } catch (error) {
      // Nothing was promised to its sender, and the store has published why it can't be kept.
      if (!(error instanceof StoreWriteError)) throw error;
    }
  }
}

/** What Node's parser says of what it can't read. */
interface ParseError extends Error {
  code?: string;
  /** The bytes it was reading. */
  rawPacket?: Buffer;
}

const statuses: Record<string, [status: number, reason: string]> = {
  HPE_HEADER_OVERFLOW: [431, headTooLarge],
  HPE_CHUNK_EXTENSIONS_OVERFLOW: [413, 'its chunk extensions are too long'],
  ERR_HTTP_REQUEST_TIMEOUT: [408, 'it did not come whole in time'],
  HPE_INVALID_TRANSFER_ENCODING: [
    400,
    'it has both a Transfer-Encoding and a Content-Length, or an unknown one',
  ],
  HPE_UNEXPECTED_CONTENT_LENGTH: [400, 'it has more than one length'],
  HPE_INVALID_CONTENT_LENGTH: [400, 'its Content-Length is no number'],
  HPE_INVALID_URL: [400, 'its target has characters that have to be percent-encoded'],
  HPE_INVALID_METHOD: [400, 'its method is none of HTTP'],
  HPE_INVALID_CHUNK_SIZE: [400, 'a chunk has no valid size'],
  HPE_INVALID_HEADER_TOKEN: [400, 'a header has characters that are not allowed in it'],
  HPE_INVALID_VERSION: [400, 'it is not of HTTP 1.0 or 1.1'],
};

/**
 * What of a request that Node could not read is known, and what its sender is told.
 * @returns null for what is no request: a connection that was only lost
 */
export function unreadable(
  error: ParseError,
  socket: Socket,
  source: DeliverySource,
): { refused: RequestHead; status: number; reason: string } | null {
  const { code = '', rawPacket } = error;
  if (rawPacket === undefined && code !== 'ERR_HTTP_REQUEST_TIMEOUT') return null;
  if (code === 'HPE_INVALID_EOF_STATE') return null; // the sender hung up in the middle
  const start = rawPacket?.subarray(0, 4096).toString('latin1') ?? '';
  const [, method = '', target = '', httpVersion = ''] =
    /^([A-Za-z-]{1,40}) +([^\r\n]{0,2000}?)(?: +HTTP\/(\d\.\d))?[\r\n]/.exec(start) ?? [];
  const tls = start.startsWith('\x16\x03');
  const [status, reason] = tls
    ? [400, 'it is TLS: this port speaks plain HTTP']
    : (statuses[code] ?? [
        400,
        `it is not HTTP as it should be (${error.message.replace(/^Parse Error: /, '')})`,
      ]);
  return {
    refused: { source, method, target, httpVersion, headers: [], remoteAddress: socket.remoteAddress ?? '' },
    status,
    reason,
  };
}
