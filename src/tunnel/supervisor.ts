import { UserError } from '../core/errors.ts';
import type { Clock } from '../core/ids.ts';
import type { TunnelState, TunnelStatus } from '../core/session.ts';
import { Alarm, pause } from './pause.ts';
import type { Probe } from './probe.ts';
import type { TunnelConnection, TunnelProvider } from './provider.ts';

/** How patient the supervisor is; all in ms. */
export interface TunnelTiming {
  /** Between two probes of a URL that works. */
  probeEvery: number;
  /** Between two probes of a URL that has just failed one. */
  degradedEvery: number;
  /** Between two probes of a URL that is new. */
  verifyEvery: number;
  /** How long a new URL may take to work. */
  verifyWithin: number;
  /** Before the second try to open; doubled with each further one. */
  backoffFirst: number;
  /** The longest that is waited before a try. */
  backoffMost: number;
}

const defaultTiming: TunnelTiming = {
  probeEvery: 15_000,
  degradedEvery: 1_000,
  verifyEvery: 250,
  verifyWithin: 4_000,
  backoffFirst: 500,
  backoffMost: 5_000,
};

/** What a supervisor is made of. */
export interface TunnelSupervisorOptions {
  /** Null for no tunnel: the state is `off`, for good. */
  provider: TunnelProvider | null;
  /** The receiver's port on this machine. */
  port: number;
  /** The name wanted; undefined for any, which is then kept. */
  subdomain?: string | undefined;
  probe: Pick<Probe, 'check'>;
  clock: Clock;
  /** From 0 up to 1, for the jitter. */
  random: () => number;
  /** Called, before the listeners, when the public URL is another than it was. */
  onUrlChanged?: ((from: string, to: string) => void) | undefined;
  timing?: Partial<TunnelTiming> | undefined;
}

/** Keeps a public URL alive. */
export interface TunnelSupervisor {
  /** Begins to open the tunnel, at once in the background. */
  start(): void;
  status(): TunnelStatus;
  /** Calls `listener` with each new status, in order. @returns ends the subscription */
  subscribe(listener: (status: TunnelStatus) => void): () => void;
  /** Closes the tunnel and opens it anew, without waiting for a pause to end. */
  reopen(): void;
  /** Ends it; resolves when its connections are closed, and no listener is called after that. */
  close(): Promise<void>;
}

/**
 * Makes a supervisor; nothing happens before `start()`.
 * @throws UserError when the provider can't give this subdomain
 */
export function createTunnelSupervisor(options: TunnelSupervisorOptions): TunnelSupervisor {
  if (options.subdomain !== undefined) options.provider?.checkSubdomain(options.subdomain);
  return new Supervisor(options);
}

class Supervisor implements TunnelSupervisor {
  readonly #options: TunnelSupervisorOptions;
  readonly #timing: TunnelTiming;
  readonly #listeners = new Set<(status: TunnelStatus) => void>();
  #status: TunnelStatus;
  /** The name to ask for. */
  #wanted: string | undefined;
  /** Tries to open in a row that came to nothing. */
  #failures = 0;
  /** Aborted to end the connection (or the try, or the pause after it) of now. */
  #turn = new AbortController();
  #running: Promise<void> | null = null;
  #closed = false;

  constructor(options: TunnelSupervisorOptions) {
    this.#options = options;
    this.#timing = { ...defaultTiming, ...options.timing };
    this.#wanted = options.subdomain;
    this.#status = {
      provider: options.provider?.name ?? 'none',
      state: options.provider === null ? 'off' : 'opening',
      url: null,
      reason: null,
      since: options.clock.now(),
    };
  }

  start(): void {
    if (this.#options.provider === null || this.#closed) return;
    this.#running ??= this.#run(this.#options.provider);
  }

  status(): TunnelStatus {
    return this.#status;
  }

  subscribe(listener: (status: TunnelStatus) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  reopen(): void {
    this.#turn.abort();
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#turn.abort();
    await this.#running;
    if (this.#options.provider !== null) this.#set('closed', null);
    this.#listeners.clear();
  }

  async #run(provider: TunnelProvider): Promise<void> {
    while (!this.#closed) {
      this.#turn = new AbortController();
      const { signal } = this.#turn;
      const reason = await this.#serve(provider, signal);
      if (this.#closed) return;
      this.#set(this.#status.url === null ? 'opening' : 'reconnecting', reason);
      await pause(this.#backoff(), signal);
      if (signal.aborted) this.#failures = 0;
      else this.#failures += 1;
    }
  }

  /** Opens one connection and keeps it as long as it is good. @returns why it is not any more */
  async #serve(provider: TunnelProvider, signal: AbortSignal): Promise<string> {
    const alarm = new Alarm();
    let connection: TunnelConnection | null = null;
    try {
      connection = await this.#open(provider, alarm, signal);
      return await this.#watch(connection, alarm, signal);
    } catch (error) {
      if (signal.aborted) return 'reopening, as asked';
      if (error instanceof UserError) return error.message;
      throw error;
    } finally {
      await connection?.close();
    }
  }

  async #open(provider: TunnelProvider, alarm: Alarm, signal: AbortSignal): Promise<TunnelConnection> {
    const open = (): Promise<TunnelConnection> =>
      provider.open({
        port: this.#options.port,
        subdomain: this.#wanted,
        signal,
        onFailure: (sign) => alarm.ring(sign),
      });
    const connection = await open();
    if (this.#wanted === undefined || connection.subdomain === this.#wanted) return connection;
    // Its holder may be our own last connection, or our last run, which the server has not let go of yet.
    await connection.close();
    await pause(provider.nameHeldMs, signal);
    return open();
  }

  /** Probes a connection until it must be given up. @returns why */
  async #watch(connection: TunnelConnection, alarm: Alarm, signal: AbortSignal): Promise<string> {
    const { probe, clock } = this.#options;
    const timing = this.#timing;
    const openedAt = clock.now();
    let note: string | null = null;
    let verified = false;
    let failed = false;
    let sign: string | null = null;
    for (;;) {
      const result = await probe.check(connection.url, signal);
      signal.throwIfAborted();
      if (result.ok) {
        if (!verified) note = this.#announce(connection);
        verified = true;
        this.#failures = 0;
        this.#set('open', note, connection.url);
      } else {
        const reason = `${sign === null ? '' : `${sign}; `}${connection.url}: ${result.reason}`;
        if (verified) this.#set('degraded', reason);
        // A sign of failure, confirmed, is as good as a second failed probe.
        if (verified ? failed || sign !== null : clock.now() - openedAt >= timing.verifyWithin) return reason;
      }
      failed = !result.ok;
      const patience = !verified ? timing.verifyEvery : failed ? timing.degradedEvery : timing.probeEvery;
      sign = await alarm.wait(patience, signal);
    }
  }

  /** Takes note of a URL that was verified. @returns what a person should know of it */
  #announce({ url, subdomain }: TunnelConnection): string | null {
    const before = this.#status.url;
    const wanted = this.#wanted;
    this.#wanted ??= subdomain;
    if (before !== null && before !== url) {
      this.#options.onUrlChanged?.(before, url);
      return `THE PUBLIC URL HAS CHANGED from ${before} to ${url}: jobs already submitted point to the old one`;
    }
    if (wanted === undefined || wanted === subdomain) return null;
    return `the name "${wanted}" is held by another client: this URL is good for now only`;
  }

  #backoff(): number {
    const { backoffFirst, backoffMost } = this.#timing;
    // Up to a quarter more, so that not all clients of a server come back at the same moment.
    return Math.min(backoffFirst * 2 ** this.#failures, backoffMost * 0.8) * (1 + this.#options.random() / 4);
  }

  #set(state: TunnelState, reason: string | null, url: string | null = this.#status.url): void {
    const before = this.#status;
    if (before.state === state && before.reason === reason && before.url === url) return;
    const since = before.state === state ? before.since : this.#options.clock.now();
    this.#status = { ...before, state, reason, url, since };
    for (const listener of this.#listeners) listener(this.#status);
  }
}
