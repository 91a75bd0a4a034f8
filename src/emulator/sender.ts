import type { Acknowledgement, Attempt, Delivery, HeaderPair, Outcome } from '../core/delivery.ts';
import type { Endpoint } from '../core/endpoint.ts';
import type { Clock } from '../core/ids.ts';
import type { Verifier } from '../core/verification.ts';
import { Dispatcher } from '../dispatch/dispatcher.ts';
import { HttpClient } from '../dispatch/http-client.ts';

import { acknowledgeOwn, ownDelivery, senderHeaders } from '../dispatch/own-delivery.ts';
import { runRetries, succeeded } from '../dispatch/retries.ts';
import { Work, type WorkList } from '../dispatch/work.ts';
import type { Store } from '../store/store.ts';
import { Slots } from './slots.ts';
import type { OutgoingWebhook, WebhookSender } from './webhooks.ts';

/** Settings of {@link createWebhookSender}. */
export interface WebhookSenderOptions {
  store: Store;
  clock: Clock;
  /** Where retries are listed while they run, so that they can be watched, hurried and cancelled. */
  work?: WorkList;
  /** Takes certificates that nobody vouches for, from other machines too. */
  insecure?: boolean;
  /** Verifies what is recorded, as the receiver does. */
  verify?: Verifier;
  /** Path and query that a webhook URL has at this tool's own receiver, whether local or public; null for one elsewhere. */
  ownTarget?(url: URL): string | null;
  /** The receiver's door for the emulator (source `emulator`), which then records the delivery; null for none. */
  ingressUrl?(): string | null;
}

// More connections at once than any sender has to one handler; a burst of jobs waits its turn.
const maxAtOnce = 100;

/**
 * Sends webhooks and records them: each is a Delivery (source `emulator`) with its attempts under it. What is
 * for this tool's own receiver goes there, through its ingress, and is recorded there.
 */
export function createWebhookSender(options: WebhookSenderOptions): WebhookSender {
  return new Sender(options);
}

/** Makes one attempt. */
type Attempting = (retry: number, note: string | null, signal: AbortSignal) => Promise<Attempt>;

class Sender implements WebhookSender {
  /** One for each time-out: it is the dispatcher's own. */
  readonly #dispatchers = new Map<number, Dispatcher>();
  readonly #client = new HttpClient();
  readonly #slots = new Slots(maxAtOnce);
  readonly #running = new Set<Work>();
  readonly #sending = new Set<Promise<boolean>>();
  #closed = false;
  #last = 0;

  constructor(private readonly options: WebhookSenderOptions) {}

  send(webhook: OutgoingWebhook, tried: () => void): Promise<boolean> {
    const sending = this.#send(webhook, tried);
    this.#sending.add(sending);
    const forget = (): void => {
      this.#sending.delete(sending);
    };
    sending.then(forget, forget);
    return sending;
  }

  async #send(webhook: OutgoingWebhook, tried: () => void): Promise<boolean> {
    const url = URL.canParse(webhook.url) ? new URL(webhook.url) : null;
    if (url === null || !/^https?:$/.test(url.protocol)) {
      await this.#record(webhook, null);
      tried();
      return false;
    }
    const target = this.options.ownTarget?.(url) ?? null;
    const ingress = target === null ? null : (this.options.ingressUrl?.() ?? null);
    if (target !== null && ingress !== null)
      return this.#run(webhook, url.origin, tried, (_retry, _note, signal) =>
        this.#toIngress(webhook, url, { ingress, target }, signal),
      );
    const delivery = await this.#record(webhook, url);
    const endpoint: Endpoint = { name: `${url.origin}${url.pathname}`, origin: url.origin, path: null };
    return this.#run(webhook, url.origin, tried, (retry, note, signal) =>
      this.#dispatch(webhook, delivery, endpoint, retry, note, signal),
    );
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const work of this.#running) work.cancel();
    await Promise.all([...this.#dispatchers.values()].map((dispatcher) => dispatcher.close()));
    await this.#client.close();
    await Promise.allSettled(this.#sending); // whoever called `send` sees its failure
  }

  /** The first attempt and, when it fails, those of the schedule. Only then it is listed as work. */
  async #run(
    webhook: OutgoingWebhook,
    origin: string,
    tried: () => void,
    attempt: Attempting,
  ): Promise<boolean> {
    if (this.#closed) return false;
    const { clock, work: list } = this.options;
    const silent = new Work({ id: `webhook-${++this.#last}`, label: webhook.jobId, total: null });
    this.#running.add(silent);
    const once = (work: Work, retry: number, note: string | null): Promise<Attempt | null> =>
      this.#slots.use(origin, async () => (this.#closed ? null : attempt(retry, note, work.signal)));
    const first = await once(silent, 0, null);
    this.#running.delete(silent);
    if (first === null || (this.#closed && !succeeded(first))) return false; // cut off by the end of this tool: it stays due
    tried();
    if (succeeded(first)) return true;
    if (isFinal(first, webhook) || webhook.schedule.delays.length === 0) return false;

    const label = `webhook of job ${webhook.jobId}, ${webhook.schedule.name} retries`;
    const work = list?.start(label, null) ?? silent;
    this.#running.add(work);
    const { schedule, timeScale } = webhook;
    const delivered = await runRetries(
      work,
      { schedule, timeScale, now: clock.now, loseAck: () => false },
      async (retry, note) => {
        const made = retry === 0 ? first : ((await once(work, retry, note)) ?? first);
        if (isFinal(made, webhook)) work.cancel();
        return made;
      },
    );
    this.#running.delete(work);
    work.finish();
    return delivered;
  }

  async #dispatch(
    webhook: OutgoingWebhook,
    delivery: Delivery,
    endpoint: Endpoint,
    retry: number,
    note: string | null,
    signal: AbortSignal,
  ): Promise<Attempt> {
    const { store, clock } = this.options;
    const [finished] = await this.#dispatcher(webhook.timeoutMs).send(
      delivery,
      retry === 0 ? 'forward' : 'retry',
      {
        endpoints: [endpoint],
        draft: { headers: headersOf(webhook, new URL(webhook.url), clock.now()), body: delivery.body },
        notes: note === null ? [] : [note],
        signal,
      },
    );
    const { attempt } = finished!;
    await acknowledgeOwn(store, clock, delivery, attempt);
    return attempt;
  }

  /** Goes in as from outside: the receiver records a delivery for each attempt. */
  async #toIngress(
    webhook: OutgoingWebhook,
    url: URL,
    { ingress, target: path }: { ingress: string; target: string },
    signal: AbortSignal,
  ): Promise<Attempt> {
    const startedAt = this.options.clock.now();
    const headers = headersOf(webhook, url, startedAt);
    const { outcome } = await this.#client.send(
      {
        endpoint: url.href,
        origin: new URL(ingress).origin,
        path,
        method: 'POST',
        headers,
        body: webhook.body,
      },
      webhook.timeoutMs,
      signal,
    );
    return unrecorded(url, headers, startedAt, outcome);
  }

  #record(webhook: OutgoingWebhook, url: URL | null): Promise<Delivery> {
    const { store, clock, verify } = this.options;
    const receivedAt = clock.now();
    const delivery = ownDelivery(
      {
        source: 'emulator',
        receivedAt,
        target: url ? url.pathname + url.search : '/',
        headers: headersOf(webhook, url, receivedAt),
        body: webhook.body,
      },
      verify,
    );
    return store.addDelivery(
      url ? delivery : { ...delivery, acknowledgement: unsendable(webhook, receivedAt) },
    );
  }

  #dispatcher(timeoutMs: number): Dispatcher {
    const { store, clock, insecure = false } = this.options;
    let dispatcher = this.#dispatchers.get(timeoutMs);
    if (!dispatcher) {
      dispatcher = new Dispatcher({ store, endpoints: [], timeoutMs, clock, signingKey: null, insecure });
      this.#dispatchers.set(timeoutMs, dispatcher);
    }
    return dispatcher;
  }
}

const headersOf = (
  { userAgent, body, signature }: OutgoingWebhook,
  url: URL | null,
  now: number,
): HeaderPair[] => [...senderHeaders({ host: url?.host ?? null, userAgent }, body), ...signature(now)];

const unsendable = ({ url }: OutgoingWebhook, at: number): Acknowledgement => ({
  status: null,
  by: 'nobody',
  note: `the webhook URL of the job is no http(s) URL: ${JSON.stringify(url.slice(0, 200))}`,
  at,
  durationMs: 0,
});

/** Whether a failure is not tried again: an answer of 4xx, where the settings say so. */
const isFinal = ({ outcome }: Attempt, { retry4xx }: OutgoingWebhook): boolean =>
  !retry4xx && outcome.kind === 'response' && outcome.status >= 400 && outcome.status < 500;

/** An attempt that the receiver records as a delivery of its own, in the form that the schedule looks at. */
const unrecorded = (
  url: URL,
  headers: readonly HeaderPair[],
  startedAt: number,
  outcome: Outcome,
): Attempt => ({
  id: '',
  deliveryId: '',
  deliverySeq: 0,
  number: 0,
  endpoint: url.origin,
  reason: 'forward',
  request: { method: 'POST', url: url.href, headers },
  requestBody: null,
  faults: [],
  notes: [],
  startedAt,
  durationMs: null,
  outcome,
});
