import { setMaxListeners } from 'node:events';
import { setTimeout as delay, setImmediate as turn } from 'node:timers/promises';
import type { AttemptReason, Delivery } from '../core/delivery.ts';
import { type Endpoint, endpointUrl } from '../core/endpoint.ts';
import { UserError } from '../core/errors.ts';
import { type AppFaults, FaultSet, unharmed } from '../core/faults/fault-set.ts';
import { signLate } from '../core/resign.ts';
import type { Way } from '../core/rules/way.ts';
import { longestTimerMs } from '../core/units.ts';
import type { NewDelivery } from '../store/store.ts';
import { Attempts, type AttemptsOptions, type FinishedAttempt, type SendOptions } from './attempts.ts';
import { Gate } from './gate.ts';
import { Rules } from './rules.ts';

/** Settings of a {@link Dispatcher}. */
export interface DispatcherOptions extends AttemptsOptions {
  endpoints: readonly Endpoint[];
  /** The faults that strike what comes in, to begin with; none when absent. */
  faults?: FaultSet;
  /** What is done with what comes in; nothing of its own when absent. */
  rules?: Rules;
}

/** What goes out to one endpoint: the first attempt, and that with its duplicates. */
export interface Shipment {
  first: Promise<FinishedAttempt>;
  all: Promise<FinishedAttempt[]>;
}

/** Sends deliveries to the app's endpoints and records every attempt. */
export class Dispatcher {
  readonly #attempts: Attempts;
  /** What goes to the app now of what came in, by the numbers of the deliveries. */
  readonly #forwards = new Map<number, Promise<unknown>>();
  readonly #stopping = new AbortController();
  /** Holds back what comes in. */
  readonly gate: Gate;
  readonly rules: Rules;
  #liveFaults: FaultSet;

  /** @param onChange told when deliveries are held or released, or other faults are at work */
  constructor(
    private readonly options: DispatcherOptions,
    private readonly onChange: () => void = () => undefined,
  ) {
    this.#liveFaults = options.faults ?? new FaultSet([], 1);
    this.gate = new Gate(onChange);
    this.rules = options.rules ?? new Rules([]);
    this.#attempts = new Attempts(options, this.rules);
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
    const drawn =
      options.faults?.forApp(this.options.clock.now(), this.#attempts.keyFor(options)) ?? unharmed;
    return endpoints.map((endpoint) => this.#ship(delivery, endpoint, reason, options, drawn));
  }

  /**
   * Passes a delivery that has just come in to where it goes, when the gate lets it, with the live faults.
   * @param endpoints where that is; at least one
   * @param stored resolves when it is on disk, without which nothing goes out
   * @returns the first endpoint's first attempt; null when the tool stopped before it was sent
   * @throws what `stored` rejects with (rejects)
   */
  async forward(
    delivery: Delivery,
    endpoints: readonly Endpoint[],
    stored?: Promise<void>,
  ): Promise<FinishedAttempt | null> {
    if (this.gate.holding) await stored; // what is held can be looked at
    if (!(await this.gate.pass(delivery.seq))) return null;
    const shipments = this.dispatch(delivery, 'forward', { faults: this.liveFaults, endpoints, stored });
    this.#forwarding(delivery, Promise.all(shipments.map(({ all }) => all)));
    return shipments[0]!.first;
  }

  /**
   * Forwards what an earlier run owes its endpoints, or a relay has kept, without faults.
   * @param hold whether it waits until it is released
   * @param stored as of {@link forward}
   * @returns false when the tool stopped before that
   */
  async forwardOwed(
    delivery: Delivery,
    endpoints: readonly Endpoint[],
    { hold, stored }: { hold: boolean; stored?: Promise<void> },
  ): Promise<boolean> {
    const late =
      delivery.relayId === undefined
        ? 'forwarded late: the tool was stopped before it could be'
        : 'forwarded late: a relay kept it until then';
    if (hold || this.gate.holding) await stored; // what is held can be looked at
    if (!(await this.gate.pass(delivery.seq, hold))) return false;
    const { signingKey, clock } = this.options;
    const { headers, notes } = signLate(delivery, signingKey, clock.now());
    const draft = { headers, body: delivery.body };
    const sent = this.send(delivery, 'forward', { endpoints, draft, notes: [late, ...notes], stored });
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
    await this.#attempts.close();
    this.rules.scripts.close();
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
      this.#attempts.make({ delivery, endpoint, reason: as, options, drawn }, signal);
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
    return { first, all: this.#attempts.track(all) };
  }
}
