import { setMaxListeners } from 'node:events';
import { setTimeout as delay, setImmediate as turn } from 'node:timers/promises';
import type { Attempt, AttemptReason, Delivery } from '../core/delivery.ts';
import { type Endpoint, endpointUrl } from '../core/endpoint.ts';
import { UserError } from '../core/errors.ts';
import type { Draft, FaultContext } from '../core/faults/fault.ts';
import { type AppFaults, FaultSet, seededRandom, unharmed } from '../core/faults/fault-set.ts';
import { type Clock, createIdFactory } from '../core/ids.ts';
import { signLate } from '../core/resign.ts';
import type { Way } from '../core/rules/way.ts';
import { longestTimerMs } from '../core/units.ts';
import type { NewDelivery, Store } from '../store/store.ts';
import type { WorkStep } from '../store/work-notes.ts';
import { StoreWriteError } from '../store/writer.ts';
import type { LastByteGate } from './exchange.ts';
import { Gate } from './gate.ts';
import { type Exchange, HttpClient } from './http-client.ts';
import { applyFaults, forwardedHeaders } from './prepare.ts';
import { Rules } from './rules.ts';
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

/** Settings of a {@link Dispatcher}. */
export interface DispatcherOptions {
  store: Store;
  endpoints: readonly Endpoint[];
  /** ms that an app has for its whole answer. */
  timeoutMs: number;
  clock: Clock;
  /** Signs anew what was changed; null when no Svix secret is known. */
  signingKey: Buffer | null;
  /** Takes certificates that nobody vouches for, from other machines too; from this one they always are. */
  insecure?: boolean;
  /** Told in the instants before and after a forward, or a step of work, goes out: see {@link sentName}. */
  onSend?: ((number: number, name: string, state: 'going' | 'sent') => void) | undefined;
  /** The faults that strike what comes in, to begin with; none when absent. */
  faults?: FaultSet;
  /** What is done with what comes in; nothing of its own when absent. */
  rules?: Rules;
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
}

/** The name by which a step of work, or (absent) a forward, to an endpoint is known to have gone out. */
export const sentName = (endpoint: string, step?: Omit<WorkStep, 'index'>): string =>
  step ? `${step.work}/${step.retry} ${endpoint}` : endpoint;

/** What goes out to one endpoint: the first attempt, and that with its duplicates. */
export interface Shipment {
  first: Promise<FinishedAttempt>;
  all: Promise<FinishedAttempt[]>;
}

/** Sends deliveries to the app's endpoints and records every attempt. */
export class Dispatcher {
  readonly #client: HttpClient;
  readonly #running = new Set<Promise<unknown>>();
  /** What goes to the app now of what came in, by the numbers of the deliveries. */
  readonly #forwards = new Map<number, Promise<unknown>>();
  readonly #stopping = new AbortController();
  readonly #newId: (prefix: string) => string;
  /** Holds back what comes in. */
  readonly gate: Gate;
  readonly rules: Rules;
  #liveFaults: FaultSet;

  /** @param onChange told when deliveries are held or released, or other faults are at work */
  constructor(
    private readonly options: DispatcherOptions,
    private readonly onChange: () => void = () => undefined,
  ) {
    this.#client = new HttpClient(options.insecure);
    this.#liveFaults = options.faults ?? new FaultSet([], 1);
    this.gate = new Gate(onChange);
    this.rules = options.rules ?? new Rules([]);
    this.#newId = createIdFactory(options.clock);
    setMaxListeners(0, this.#stopping.signal); // every attempt under way listens
  }

  /** The faults that strike what comes in. */
  get liveFaults(): FaultSet {
    return this.#liveFaults;
  }

  set liveFaults(faults: FaultSet) {
    this.#liveFaults = faults;
    this.onChange();
  }

  /** Those that get what no route is about. */
  get endpoints(): readonly Endpoint[] {
    return this.options.endpoints;
  }

  /** Wherever deliveries may go: the endpoints, and where routes lead to. */
  get places(): readonly Endpoint[] {
    return [...this.endpoints, ...this.rules.places];
  }

  get signingKey(): Buffer | null {
    return this.options.signingKey;
  }

  /** Where a delivery that comes in goes, by the rules. */
  way(delivery: NewDelivery): Way {
    return this.rules.way(delivery, this.endpoints);
  }

  /** The URL that a delivery goes to at its first endpoint; null when there is none. */
  urlFor(delivery: Delivery): string | null {
    const [first] = this.rules.wayAgain(delivery, this.endpoints);
    return first ? endpointUrl(first, delivery.target) : null;
  }

  /**
   * Where a delivery is to go again: to those that are `named`, or by its routes, or to the endpoints. Without any, what
   * the emulator sent goes where the emulator sent it.
   * @throws UserError when there is none
   */
  endpointsFor(delivery: Delivery, named?: readonly Endpoint[]): readonly Endpoint[] {
    const endpoints = named ?? this.rules.wayAgain(delivery, this.endpoints);
    if (endpoints.length > 0) return endpoints;
    const sent = delivery.source === 'emulator' ? this.options.store.attempts(delivery.seq) : [];
    const first = sent.find(({ damage, reason }) => damage === undefined && reason !== 'exec');
    if (first) return [{ name: first.endpoint, origin: new URL(first.request.url).origin, path: null }];
    throw new UserError(
      'no-endpoint',
      'There is no app to send to: start again with its port, as in reducto-webhook-dev 3000, or say where with --to.',
      2,
    );
  }

  /**
   * Starts sending a delivery to each endpoint, in their order. The faults are drawn once for all of them.
   * @throws UserError when there is no endpoint and the options name none
   */
  dispatch(delivery: Delivery, reason: AttemptReason, options: SendOptions = {}): Shipment[] {
    const endpoints = this.endpointsFor(delivery, options.endpoints);
    const drawn = options.faults?.forApp(this.options.clock.now(), this.#keyFor(options)) ?? unharmed;
    return endpoints.map((endpoint) => this.#ship(delivery, endpoint, reason, options, drawn));
  }

  /**
   * Passes a delivery that has just come in to where it goes, when the gate lets it, with the live faults.
   * @param endpoints where that is; at least one
   * @returns the first endpoint's first attempt; null when the tool stopped before it was sent
   */
  async forward(delivery: Delivery, endpoints: readonly Endpoint[]): Promise<FinishedAttempt | null> {
    if (!(await this.gate.pass(delivery.seq))) return null;
    const shipments = this.dispatch(delivery, 'forward', { faults: this.liveFaults, endpoints });
    this.#forwarding(delivery, Promise.all(shipments.map(({ all }) => all)));
    return shipments[0]!.first;
  }

  /**
   * Forwards what an earlier run owes its endpoints, or a relay has kept, without faults.
   * @param hold whether it waits until it is released
   * @returns false when the tool stopped before that
   */
  async forwardOwed(delivery: Delivery, endpoints: readonly Endpoint[], hold: boolean): Promise<boolean> {
    const late =
      delivery.relayId === undefined
        ? 'forwarded late: the tool was stopped before it could be'
        : 'forwarded late: a relay kept it until then';
    if (!(await this.gate.pass(delivery.seq, hold))) return false;
    const { signingKey, clock } = this.options;
    const { headers, notes } = signLate(delivery, signingKey, clock.now());
    const draft = { headers, body: delivery.body };
    const sent = this.send(delivery, 'forward', { endpoints, draft, notes: [late, ...notes] });
    this.#forwarding(delivery, sent);
    return !(await sent).some(({ stillOwed }) => stillOwed);
  }

  /**
   * Lets held deliveries go, each when the app is done with the one before it: it gets them in this order. Those that
   * a fault reorders wait for each other, so they go at once.
   * @returns how many went, once the last one has its way
   */
  async release(seqs: readonly number[], signal?: AbortSignal): Promise<number> {
    const reorders = this.liveFaults.faults.some(({ kind }) => kind.name === 'reorder');
    let released = 0;
    let last: number | null = null;
    for (const seq of seqs) {
      if (last !== null && !reorders) {
        await turn(); // the one that waited at the gate begins
        await this.#forwards.get(last)?.catch(() => undefined); // who forwards it tells of that
      }
      if (signal?.aborted) break;
      const went = this.gate.release(seq);
      if (went > 0) last = seq;
      released += went;
    }
    return released;
  }

  #forwarding({ seq }: Delivery, sent: Promise<unknown>): void {
    const done = (): void => {
      if (this.#forwards.get(seq) === sent) this.#forwards.delete(seq);
    };
    this.#forwards.set(seq, sent);
    sent.then(done, done);
  }

  /** Sends a delivery everywhere and waits for every attempt to end. */
  async send(
    delivery: Delivery,
    reason: AttemptReason,
    options: SendOptions = {},
  ): Promise<FinishedAttempt[]> {
    const shipped = await Promise.all(this.dispatch(delivery, reason, options).map(({ all }) => all));
    return shipped.flat();
  }

  /** Cancels what is under way, waits until it is recorded, and closes all connections. */
  async close(): Promise<void> {
    this.gate.close();
    this.#stopping.abort();
    while (this.#running.size > 0) await Promise.allSettled(this.#running);
    this.rules.scripts.close();
    await this.#client.close();
  }

  #ship(
    delivery: Delivery,
    endpoint: Endpoint,
    reason: AttemptReason,
    options: SendOptions,
    drawn: AppFaults,
  ): Shipment {
    const stopping = this.#stopping.signal;
    const signal = options.signal ? AbortSignal.any([stopping, options.signal]) : stopping;
    setMaxListeners(0, signal); // every copy listens
    const send = (as: AttemptReason): Promise<FinishedAttempt> =>
      this.#attempt(delivery, endpoint, as, options, drawn, signal);
    const { copies, concurrent, delayMs, reorder } = drawn.plan;

    const begin = async (): Promise<FinishedAttempt[]> => {
      // An abort during the pause is seen by the attempt itself, which records it as cancelled.
      if (delayMs > 0)
        await delay(Math.min(delayMs, longestTimerMs), undefined, { signal }).catch(() => undefined);
      const first = send(reason);
      resolveFirst(first);
      if (concurrent) return Promise.all([first, ...Array.from({ length: copies }, () => send('duplicate'))]);
      const finished = [await first];
      for (let copy = 0; copy < copies && !signal.aborted; copy++) finished.push(await send('duplicate'));
      return finished;
    };
    let resolveFirst: (first: Promise<FinishedAttempt>) => void = () => undefined;
    const first = new Promise<FinishedAttempt>((resolve) => {
      resolveFirst = resolve;
    });
    const all =
      reorder === null
        ? begin()
        : options.faults!.windowOf(endpoint.name, drawn.seed).enter(reorder, begin, signal);
    return { first, all: this.#track(all) };
  }

  async #attempt(
    delivery: Delivery,
    endpoint: Endpoint,
    reason: AttemptReason,
    options: SendOptions,
    { faults, plan, seed }: AppFaults,
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
      signingKey: this.#keyFor(options),
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
    const signing = { key: this.#keyFor(options), now: this.options.clock.now() };
    const scripted = await this.rules.scripts.request(message, context, signing);
    return { message: scripted.message, notes: [...notes, ...scripted.notes] };
  }

  /** What the app did is done, recorded or not; the store has published why it could not be. */
  async #recording(write: Promise<unknown>): Promise<void> {
    try {
      await this.#track(write);
    } catch (error) {
      if (!(error instanceof StoreWriteError)) throw error;
    }
  }

  #keyFor({ signingKey = this.options.signingKey }: SendOptions): Buffer | null {
    return signingKey;
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
