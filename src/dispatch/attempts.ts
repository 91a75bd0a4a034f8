import type { Attempt, AttemptReason, Delivery } from '../core/delivery.ts';
import { type Endpoint, endpointUrl } from '../core/endpoint.ts';
import type { Draft, FaultContext } from '../core/faults/fault.ts';
import { type AppFaults, type FaultSet, seededRandom } from '../core/faults/fault-set.ts';
import { type Clock, createIdFactory } from '../core/ids.ts';
import type { Store } from '../store/store.ts';
import type { WorkStep } from '../store/work-notes.ts';
import { StoreWriteError } from '../store/writer.ts';
import type { LastByteGate } from './exchange.ts';
import { type Exchange, HttpClient } from './http-client.ts';
import { applyFaults, forwardedHeaders } from './prepare.ts';
import type { Rules } from './rules.ts';
import { type ScriptedRequest, scriptContext } from './scripts.ts';

/**
 * An attempt that has ended, with the answer's whole body where there was an answer. `recorded` resolves, a little
 * later, when that is on disk, or can't be.
 */
export type FinishedAttempt = {
  attempt: Attempt;
  recorded: Promise<void>;
  /** Whether this tool stopped before a forward was on its way as a whole. */
  stillOwed: boolean;
} & Exchange;

/** Settings of {@link Attempts}. */
export interface AttemptsOptions {
  store: Store;
  /** ms that an app has for its whole answer. */
  timeoutMs: number;
  clock: Clock;
  /** Signs anew what was changed; null when no Svix secret is known. */
  signingKey: Buffer | null;
  /** Takes certificates that nobody vouches for, from other machines too; from this one they always are. */
  insecure?: boolean;
  /** Told in the instants before and after a forward, or a step of work, goes out: see {@link sentName}. */
  onSend?: ((number: number, name: string, state: 'going' | 'sent') => void) | undefined;
}

/** How a delivery is sent. */
export interface SendOptions {
  /** Where to; where the rules say when absent. */
  endpoints?: readonly Endpoint[];
  /** The request to send instead of the delivery's own. */
  draft?: Draft;
  /** What was done to the draft, for the record. */
  notes?: readonly string[];
  /** Faults to draw from; none when absent. */
  faults?: FaultSet;
  /** Holds back the last byte. */
  gate?: LastByteGate;
  /** Over a connection of its own. */
  fresh?: boolean;
  /** Faults on the way back, which the caller lets happen, in the fault language: for the record. */
  senderFaults?: readonly string[];
  /** The key that signs anew what faults change; the configured one when absent, none when null. */
  signingKey?: Buffer | null;
  signal?: AbortSignal;
  /** Which step of a piece of work this is. */
  step?: WorkStep;
  /** Nothing goes out before this resolves: the delivery is on disk then. */
  stored?: Promise<void> | undefined;
}

/** The name by which a step of work, or (absent) a forward, to an endpoint is known to have gone out. */
export const sentName = (endpoint: string, step?: Omit<WorkStep, 'index'>): string =>
  step ? `${step.work}/${step.retry} ${endpoint}` : endpoint;

/** One attempt: where a delivery goes, why, and what strikes it. */
export interface Errand {
  delivery: Delivery;
  endpoint: Endpoint;
  reason: AttemptReason;
  options: SendOptions;
  drawn: AppFaults;
}

/** Makes attempts, and has the history record each. */
export class Attempts {
  readonly #client: HttpClient;
  readonly #newId: (prefix: string) => string;
  readonly #running = new Set<Promise<unknown>>();

  constructor(
    private readonly options: AttemptsOptions,
    private readonly rules: Rules,
  ) {
    this.#client = new HttpClient(options.insecure);
    this.#newId = createIdFactory(options.clock);
  }

  /** @param signal cancels it, which is recorded */
  async make(
    { delivery, endpoint, reason, options, drawn: { faults, plan, seed } }: Errand,
    signal: AbortSignal,
  ): Promise<FinishedAttempt> {
    const { store, clock, timeoutMs } = this.options;
    const { senderFaults = [], gate, fresh, step } = options;
    // Without scripts, attempts begin in the order in which they are asked for.
    const { message, notes } = this.rules.scripts.none
      ? unscripted(delivery, endpoint, options)
      : await this.#scripted(delivery, endpoint, reason, options);
    const context: FaultContext = {
      now: clock.now(),
      signingKey: this.keyFor(options),
      random: seededRandom(seed),
    };
    const prepared = applyFaults(message, faults, context);
    const id = this.#newId('att');
    const owed = reason === 'forward';
    let sent = false;
    const request = {
      endpoint: endpoint.name,
      origin: endpoint.origin,
      path: message.path,
      method: message.method,
      headers: this.rules.headers(forwardedHeaders(prepared.draft.headers, delivery, endpoint, id)),
      body: prepared.draft.body,
      bytesPerSecond: plan.bytesPerSecond,
      gate,
      fresh,
      onSend: (state: 'going' | 'sent') => {
        sent = state === 'sent';
        if (owed || step)
          this.options.onSend?.(step?.index ?? delivery.seq, sentName(endpoint.name, step), state);
      },
    };
    const { attempt, stored } = store.startAttempt(
      {
        id,
        delivery,
        endpoint: endpoint.name,
        reason,
        request: { method: request.method, url: request.origin + request.path, headers: request.headers },
        requestBody: request.body === delivery.body ? null : request.body,
        faults: [...prepared.faults, ...senderFaults],
        notes,
        startedAt: clock.now(),
        step,
      },
      owed,
    );
    const begun = this.#recording(stored);
    begun.catch(() => undefined); // looked at below: it may fail long before the app has answered
    // A kill in between is not to leave the app with what the history, by which it is still owed, does not know of.
    if (owed) await begun;
    await options.stored;
    const began = performance.now();
    const exchange = plan.drop ? dropped : await this.#client.send(request, timeoutMs, signal);
    const durationMs = Math.round((performance.now() - began) * 1000) / 1000;
    const remarked = { ...attempt, notes: [...attempt.notes, ...exchange.remarks] };
    const { outcome } = exchange;
    // What was cut short on its way is for the next start: it is told of, or forwarded where nothing had gone out.
    const stillOwed = owed && !sent && outcome.kind === 'error' && outcome.code === 'cancelled';
    const ended = this.#recording(store.finishAttempt(remarked, durationMs, outcome, stillOwed));
    const recorded = Promise.all([begun, ended]).then(() => undefined);
    return { attempt: { ...remarked, durationMs, outcome }, recorded, stillOwed, ...exchange };
  }

  /** The request as scripts have left it, with what is said of it by now. */
  async #scripted(
    delivery: Delivery,
    endpoint: Endpoint,
    reason: AttemptReason,
    options: SendOptions,
  ): Promise<{ message: ScriptedRequest; notes: readonly string[] }> {
    const { message, notes } = unscripted(delivery, endpoint, options);
    const context = scriptContext(delivery, { endpoint: endpoint.name, reason });
    const signing = { key: this.keyFor(options), now: this.options.clock.now() };
    const scripted = await this.rules.scripts.request(message, context, signing);
    return { message: scripted.message, notes: [...notes, ...scripted.notes] };
  }

  /** What the app did is done, recorded or not; the store has published why it could not be. */
  async #recording(write: Promise<unknown>): Promise<void> {
    try {
      await this.track(write);
    } catch (error) {
      if (!(error instanceof StoreWriteError)) throw error;
    }
  }

  /** The key that signs anew what is changed of a delivery. */
  keyFor({ signingKey = this.options.signingKey }: SendOptions): Buffer | null {
    return signingKey;
  }

  /** Resolves once all that was tracked has ended, and closes all connections. */
  async close(): Promise<void> {
    while (this.#running.size > 0) await Promise.allSettled(this.#running);
    await this.#client.close();
  }

  /** Waits for it when this is closed. @returns it */
  track<T>(work: Promise<T>): Promise<T> {
    this.#running.add(work);
    const forget = (): void => {
      this.#running.delete(work);
    };
    work.then(forget, forget);
    return work;
  }
}

/** A request as it goes out when no script changes it. */
function unscripted(
  delivery: Delivery,
  endpoint: Endpoint,
  { draft = delivery, notes = [] }: SendOptions,
): { message: ScriptedRequest; notes: readonly string[] } {
  const { headers, body } = draft;
  const path = endpointUrl(endpoint, delivery.target).slice(endpoint.origin.length);
  return { message: { method: delivery.method, path, headers, body }, notes };
}

const dropped: Exchange = {
  outcome: { kind: 'error', code: 'dropped', message: 'a fault kept this from the app, on purpose' },
  wholeBody: null,
  remarks: [],
};
