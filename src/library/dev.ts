import type { Runtime } from '../runtime/runtime.ts';
import { type CheckOptions, type CheckReport, runCheck } from './check.ts';
import { type Delivery, loadDelivery } from './delivery.ts';
import { type Match, toMatcher } from './match.ts';
import { runScenario, type ScenarioOptions } from './scenario.ts';
import type { Commands } from './tables.ts';
import { type TriggerOptions, triggerDelivery } from './trigger.ts';
import { timeoutOf, type WaitOptions, waitForDelivery } from './wait.ts';

/** What a {@link Dev} is told of its beginning and its end. */
interface Bounds {
  /** The key that clients of the emulator are given. */
  apiKey: string;
  /** Number of the newest delivery at the start; 0 for none. */
  newest: number;
  /** Closes everything. */
  close(): Promise<void>;
}

/** A running tool: a receiver, its history, the emulated API where one was asked for. */
export class Dev {
  readonly #runtime: Runtime;
  readonly #bounds: Bounds;
  readonly #ended = new AbortController();
  readonly #unsubscribe: () => void;
  #newest: number;
  #stopped: Promise<void> | null = null;

  private constructor(runtime: Runtime, bounds: Bounds) {
    this.#runtime = runtime;
    this.#bounds = bounds;
    this.#newest = bounds.newest;
    this.#unsubscribe = runtime.subscribe((event) => {
      if (event.type === 'delivery') this.#newest = event.seq;
    });
  }

  /** @internal */
  static of(runtime: Runtime, bounds: Bounds): Dev {
    return new Dev(runtime, bounds);
  }

  /** The URL for `webhook.url` of a job: the tunnel's where there is one, else that of this machine. @param path of the request */
  url(path = '/'): string {
    const { tunnel, receiverUrl } = this.#runtime.status();
    return new URL(path, tunnel.url ?? receiverUrl).href;
  }

  /** What REDUCTO_BASE_URL is set to: the emulated API. @throws Error when there is none (`emulate: true`) */
  get baseUrl(): string {
    const { emulator } = this.#runtime.status();
    if (emulator === null) throw new Error('There is no emulated API: start with emulate: true.');
    return emulator.url;
  }

  /** An API key that the emulated API takes. */
  get apiKey(): string {
    return this.#bounds.apiKey;
  }

  /** The deliveries that came since the start and match, oldest first; at most 10000. @throws UserError for a filter that can't be read */
  async deliveries(match: Match = ''): Promise<Delivery[]> {
    const { filter, fits } = toMatcher(match);
    const args = { filter, after: this.#bounds.newest, from: 'oldest', limit: 10_000 } as const;
    const { deliveries } = await this.run('list', args);
    const found: Delivery[] = [];
    for (const { seq } of deliveries.reverse()) {
      const delivery = await loadDelivery(this.#runtime, seq);
      if (fits(delivery)) found.push(delivery);
    }
    return found;
  }

  /**
   * Waits for the first delivery that matches.
   * @throws UserError `timeout`, with a list of what did come; `stopped`
   */
  waitFor(
    match: Match,
    { timeout, since = 'start', until = 'answered' }: WaitOptions = {},
  ): Promise<Delivery> {
    const found = waitForDelivery({
      runtime: this.#runtime,
      matcher: toMatcher(match),
      after: since === 'now' ? this.#newest : this.#bounds.newest,
      timeoutMs: timeoutOf(timeout),
      until,
      ended: this.#ended.signal,
    });
    // A test that has failed before it awaits this is told of that, and not of a wait nobody cares for any more.
    found.catch(() => undefined);
    return found;
  }

  /** Makes a delivery, sends it to the app and waits for its answer; no job has to exist. @throws UserError */
  trigger(options: TriggerOptions = {}): Promise<Delivery> {
    return triggerDelivery(this.#runtime, options);
  }

  /** Proves that the handler is idempotent, or shows what breaks it. @throws UserError when it can't be checked */
  check(options: CheckOptions = {}): Promise<CheckReport> {
    return runCheck(this.#runtime, options);
  }

  /**
   * Makes a scenario happen: deliveries, faults, crashes, and what is expected then.
   * @param scenario the path of its file, or an object with what such a file has in it
   * @throws UserError when it can't be read, or not happen
   */
  scenario(scenario: string | object, options: ScenarioOptions = {}): Promise<CheckReport> {
    return runScenario(this.#runtime, scenario, options);
  }

  /** Runs a command of the tool, as the command line and `POST /api/commands/<id>` do. @throws UserError */
  run<K extends keyof Commands>(id: K, args: Commands[K]['args']): Promise<Commands[K]['result']> {
    return this.#runtime.run(id, args);
  }

  /** Ends everything: nothing stays open, and the history that was made for this is removed. May be called again. */
  stop(): Promise<void> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  async #stop(): Promise<void> {
    this.#ended.abort();
    this.#unsubscribe();
    await this.#bounds.close();
  }
}
