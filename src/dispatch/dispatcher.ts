import type { Attempt, AttemptReason, Delivery, HeaderPair } from '../core/delivery.ts';
import { type Endpoint, endpointUrl } from '../core/endpoint.ts';
import { UserError } from '../core/errors.ts';
import { endToEnd, headerValue } from '../core/headers.ts';
import { type Clock, createIdFactory } from '../core/ids.ts';
import type { Store } from '../store/store.ts';
import { StoreWriteError } from '../store/writer.ts';
import { type Exchange, HttpClient } from './http-client.ts';

/** An attempt that has ended, with the answer's whole body where there was an answer. */
export type FinishedAttempt = { attempt: Attempt } & Exchange;

/** Settings of a {@link Dispatcher}. */
export interface DispatcherOptions {
  store: Store;
  endpoints: readonly Endpoint[];
  /** ms that an app has for its whole answer. */
  timeoutMs: number;
  clock: Clock;
}

/** Sends deliveries to the app's endpoints and records every attempt. */
export class Dispatcher {
  readonly #client = new HttpClient();
  readonly #running = new Set<Promise<unknown>>();
  readonly #stopping = new AbortController();
  readonly #newId: (prefix: string) => string;

  constructor(private readonly options: DispatcherOptions) {
    this.#newId = createIdFactory(options.clock);
  }

  get endpoints(): readonly Endpoint[] {
    return this.options.endpoints;
  }

  /** The URL that a delivery goes to at the first endpoint; null when there is no endpoint. */
  urlFor(delivery: Delivery): string | null {
    const [first] = this.endpoints;
    return first ? endpointUrl(first, delivery.target) : null;
  }

  /**
   * Sends a delivery to every endpoint, byte for byte.
   * @throws UserError when there is no endpoint
   */
  async send(delivery: Delivery, reason: AttemptReason): Promise<Attempt[]> {
    if (this.endpoints.length === 0)
      throw new UserError(
        'no-endpoint',
        'There is no app to send to: start again with its port, as in reducto-webhook-dev 3000.',
      );
    const finished = await Promise.all(this.dispatch(delivery, reason));
    return finished.map(({ attempt }) => attempt);
  }

  /** Starts one attempt for each endpoint, in their order. */
  dispatch(delivery: Delivery, reason: AttemptReason): Promise<FinishedAttempt>[] {
    return this.endpoints.map((endpoint) => this.#track(this.#attempt(delivery, endpoint, reason)));
  }

  /** Cancels what is under way, waits until it is recorded, and closes all connections. */
  async close(): Promise<void> {
    this.#stopping.abort();
    while (this.#running.size > 0) await Promise.allSettled(this.#running);
    await this.#client.close();
  }

  async #attempt(delivery: Delivery, endpoint: Endpoint, reason: AttemptReason): Promise<FinishedAttempt> {
    const { store, clock, timeoutMs } = this.options;
    const url = endpointUrl(endpoint, delivery.target);
    const id = this.#newId('att');
    const headers = forwardedHeaders(delivery, endpoint, id);
    const { attempt, stored } = store.startAttempt({
      id,
      delivery,
      endpoint: endpoint.name,
      reason,
      request: { method: delivery.method, url, headers },
      requestBody: null,
      startedAt: clock.now(),
    });
    const began = performance.now();
    const exchange = await this.#client.send(
      {
        endpoint: endpoint.name,
        origin: endpoint.origin,
        path: url.slice(endpoint.origin.length),
        method: delivery.method,
        headers,
        body: delivery.body,
      },
      timeoutMs,
      this.#stopping.signal,
    );
    const durationMs = Math.round((performance.now() - began) * 1000) / 1000;
    this.#track(Promise.all([stored, store.finishAttempt(attempt, durationMs, exchange.outcome)])).catch(
      (error) => {
        // What the app did is done, recorded or not; the store has published why it could not be.
        if (!(error instanceof StoreWriteError)) throw error;
      },
    );
    return { attempt: { ...attempt, durationMs, outcome: exchange.outcome }, ...exchange };
  }

  #track<T>(work: Promise<T>): Promise<T> {
    this.#running.add(work);
    const forget = (): void => {
      this.#running.delete(work);
    };
    work.then(forget, forget);
    return work;
  }
}

/** The headers that an app gets: those of the sender, and where they came from. */
function forwardedHeaders(delivery: Delivery, endpoint: Endpoint, attemptId: string): HeaderPair[] {
  const { headers } = delivery;
  const via = headerValue(headers, 'x-forwarded-for');
  const forwarded: HeaderPair[] = [
    ['x-forwarded-for', via ? `${via}, ${delivery.remoteAddress}` : delivery.remoteAddress],
    ['x-forwarded-host', headerValue(headers, 'x-forwarded-host') ?? headerValue(headers, 'host') ?? ''],
    ['x-forwarded-proto', headerValue(headers, 'x-forwarded-proto') ?? 'http'],
  ];
  // The client counts the body itself, and "100-continue" was answered when the delivery came in.
  const replaced = [
    'host',
    'content-length',
    'expect',
    'x-webhook-delivery-id',
    'x-webhook-attempt',
    ...forwarded.map(([name]) => name),
  ];
  return [
    ['host', new URL(endpoint.origin).host],
    ...endToEnd(headers, replaced),
    ...forwarded,
    ['x-webhook-delivery-id', delivery.id],
    ['x-webhook-attempt', attemptId],
  ];
}
