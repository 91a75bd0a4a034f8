import type { Attempt, Delivery, HeaderPair } from '../core/delivery.ts';
import { type Endpoint, hostOf } from '../core/endpoint.ts';
import type { FaultSet } from '../core/faults/fault-set.ts';
import { type Clock, messageId as newMessageId } from '../core/ids.ts';
import { took } from '../core/outcome.ts';
import { signedHeaders } from '../core/signature.ts';
import type { Verifier } from '../core/verification.ts';
import { version } from '../core/version.ts';
import { Dispatcher } from '../dispatch/dispatcher.ts';
import type { LastByteGate } from '../dispatch/exchange.ts';
import { acknowledgeOwn, ownDelivery, senderHeaders } from '../dispatch/own-delivery.ts';
import type { Store } from '../store/store.ts';

/** A delivery that is being checked with, and how it is signed. */
export interface Sent {
  delivery: Delivery;
  jobId: string;
  /** `svix-id`; null when it is not signed. */
  messageId: string | null;
  /** Unix seconds of the next attempt's signature. */
  timestamp: number;
  attempts: Attempt[];
}

/** A request to make. */
export interface Outgoing {
  jobId: string;
  body: Uint8Array;
  contentType: string | null;
  /** Whether it is signed, where the key is known. */
  signed: boolean;
  messageId?: string | undefined;
}

/** How one attempt is made. */
export interface AttemptOptions {
  /** Signed anew with a later timestamp, as Svix does for each attempt. Else the same bytes again. */
  fresh?: boolean;
  /** Changes the headers that would go out, and the body. */
  change?: ((headers: readonly HeaderPair[]) => HeaderPair[]) | undefined;
  body?: Uint8Array;
  /** Over a connection that is kept for more. Else each has its own: none that the app is about to close, and copies reach any process of a cluster. */
  keepOpen?: boolean;
  gate?: LastByteGate;
  signal?: AbortSignal;
  /** That strike the request. */
  faults?: FaultSet | undefined;
  /** For the record. */
  note?: string;
}

/** Whether the app took it. */
export const accepted = ({ outcome }: Attempt): boolean => took(outcome);

const userAgent = `reducto-webhook-dev/${version} (check)`;

/** Seconds between the timestamps of two attempts: each has one of its own. */
const apart = 1;
/**
 * Seconds that a first timestamp is in the past: as many retries as follow it at once have theirs before they are sent.
 * Not more, so that it is on time for whoever tolerates less than the usual 300 s.
 */
const earlier = 10;

/** Makes deliveries and attempts of checks; all of them are kept in the store. */
export class Sender {
  readonly #dispatcher: Dispatcher;
  /** Jobs of which a delivery was taken. */
  readonly taken = new Set<string>();
  #underWay = 0;

  constructor(
    private readonly options: {
      store: Store;
      endpoint: Endpoint;
      clock: Clock;
      timeoutMs: number;
      signingKey: Buffer | null;
      verify: Verifier;
      insecure?: boolean;
    },
  ) {
    const { store, endpoint, clock, timeoutMs, signingKey, insecure = false } = options;
    this.#dispatcher = new Dispatcher({
      store,
      endpoints: [endpoint],
      timeoutMs,
      clock,
      signingKey,
      insecure,
    });
  }

  get signingKey(): Buffer | null {
    return this.options.signingKey;
  }

  /** Attempts that are being answered. */
  get underWay(): number {
    return this.#underWay;
  }

  /** Keeps a new delivery; nothing is sent yet. */
  async prepare({ jobId, body, contentType, signed, messageId }: Outgoing): Promise<Sent> {
    const { store, endpoint, clock, signingKey, verify } = this.options;
    const receivedAt = clock.now();
    const id = signed && signingKey !== null ? (messageId ?? newMessageId(Math.random)) : null;
    const timestamp = Math.floor(receivedAt / 1000) - earlier;
    const headers: HeaderPair[] = [
      ...senderHeaders({ host: hostOf(endpoint.origin), userAgent, contentType }, body),
      ...(id === null ? [] : signedHeaders(signingKey!, { id, timestamp }, body)),
    ];
    const target = endpoint.path ?? '/';
    const delivery = await store.addDelivery(
      ownDelivery({ source: 'check', receivedAt, target, headers, body }, verify),
    );
    return { delivery, jobId, messageId: id, timestamp, attempts: [] };
  }

  /** Makes one attempt and waits for its end. */
  async attempt(sent: Sent, options: AttemptOptions = {}): Promise<Attempt> {
    const { delivery } = sent;
    const body = options.body ?? delivery.body;
    let headers: HeaderPair[] = [...delivery.headers];
    if (options.fresh && sent.messageId !== null) {
      // As late as it would be by then: what is repeated long after its first attempt is not stale.
      const recent = Math.floor(this.options.clock.now() / 1000) - earlier;
      sent.timestamp = Math.max(sent.timestamp + apart, recent);
      const unsigned = headers.filter(([name]) => !name.startsWith('svix-'));
      headers = [
        ...unsigned,
        ...signedHeaders(this.signingKey!, { id: sent.messageId, timestamp: sent.timestamp }, body),
      ];
    }
    if (options.change) headers = options.change(headers);
    this.#underWay += 1;
    try {
      const [finished] = await this.#dispatcher.send(delivery, 'check', {
        draft: { headers, body },
        fresh: options.keepOpen !== true,
        notes: options.note === undefined ? [] : [options.note],
        ...(options.gate ? { gate: options.gate } : {}),
        ...(options.faults ? { faults: options.faults } : {}),
        ...(options.signal ? { signal: options.signal } : {}),
      });
      const { attempt } = finished!;
      sent.attempts.push(attempt);
      if (accepted(attempt)) this.taken.add(sent.jobId);
      if (sent.attempts.length === 1)
        await acknowledgeOwn(this.options.store, this.options.clock, delivery, attempt);
      return attempt;
    } finally {
      this.#underWay -= 1;
    }
  }

  /**
   * Makes attempts whose last bytes leave at the same instant, each over a connection that is up by then.
   * @param list one entry for each attempt; a delivery may be there several times
   * @param faults that strike them
   */
  async together(list: readonly Sent[], note: string, faults?: FaultSet): Promise<Attempt[]> {
    let waiting = list.length;
    let open: () => void = () => undefined;
    const opened = new Promise<void>((resolve) => {
      open = resolve;
    });
    const arrived = (): void => {
      waiting -= 1;
      if (waiting <= 0) open();
    };
    const attempts = list.map(async (sent) => {
      let told = false;
      const once = (): void => {
        if (!told) arrived();
        told = true;
      };
      const attempt = await this.attempt(sent, { gate: { arrived: once, opened }, note, faults });
      once(); // one that failed to connect must not keep the others waiting
      return attempt;
    });
    return Promise.all(attempts);
  }

  /**
   * Sends the whole request and goes away before the answer, as a sender does whose time is up.
   * @param afterMs from the last byte on
   */
  async abandon(sent: Sent, options: AttemptOptions = {}, afterMs = 0): Promise<Attempt> {
    const gone = new AbortController();
    const gate: LastByteGate = {
      arrived: () => undefined,
      opened: Promise.resolve(),
      sent: () =>
        void (afterMs === 0
          ? setImmediate(() => gone.abort())
          : setTimeout(() => gone.abort(), afterMs).unref()),
    };
    return this.attempt(sent, { ...options, gate, signal: gone.signal });
  }

  close(): Promise<void> {
    return this.#dispatcher.close();
  }
}
