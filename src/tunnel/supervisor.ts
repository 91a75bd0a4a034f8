import { isDeepStrictEqual } from 'node:util';
import { mustNotFail, UserError } from '../core/errors.ts';
import type { Clock } from '../core/ids.ts';
import type { TunnelState, TunnelStatus } from '../core/session.ts';
import { Alarm, pause } from './pause.ts';
import type { Probe, ProbeResult } from './probe.ts';
import type { TunnelConnection, TunnelProvider } from './provider.ts';
import { watchForWaking } from './waking.ts';

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
  /** How long a URL that has worked may be gone before the next tunnel of the order takes over. */
  fallOverAfter: number;
  /** Between two looks at whether this machine slept, or its network changed. */
  wakeEvery: number;
}

const defaultTiming: TunnelTiming = {
  probeEvery: 15_000,
  degradedEvery: 1_000,
  verifyEvery: 250,
  verifyWithin: 4_000,
  backoffFirst: 500,
  backoffMost: 5_000,
  fallOverAfter: 20_000,
  wakeEvery: 1_000,
};

/** What a supervisor is made of. */
export interface TunnelSupervisorOptions {
  /** In the order in which they are tried; empty for no tunnel: the state is `off`, for good. */
  providers: readonly TunnelProvider[];
  /** The receiver's port on this machine. */
  port: number;
  probe: Pick<Probe, 'check' | 'compare'>;
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
  /** Closes the tunnel and opens it anew, by the first of the order, without waiting for a pause to end. */
  reopen(): void;
  /** Ends it; resolves when its connections are closed, and no listener is called after that. */
  close(): Promise<void>;
}

/** The status where no tunnel was asked for. @param since ms since the epoch */
export const noTunnel = (since: number): TunnelStatus => ({
  provider: 'none',
  order: [],
  state: 'off',
  url: null,
  reason: null,
  since,
  latencyMs: null,
  changes: null,
});

/** Makes a supervisor; nothing happens before `start()`. */
export const createTunnelSupervisor = (options: TunnelSupervisorOptions): TunnelSupervisor =>
  new Supervisor(options);

class Supervisor implements TunnelSupervisor {
  readonly #options: TunnelSupervisorOptions;
  readonly #timing: TunnelTiming;
  readonly #listeners = new Set<(status: TunnelStatus) => void>();
  #status: TunnelStatus;
  /** Which of the order is at work. */
  #at = 0;
  /** When its URL was last seen to work, ms since the epoch; null when it has not yet, since it took over. */
  #workedAt: number | null = null;
  /** Why each of the order could not be had since the last that could; by name. */
  readonly #troubles = new Map<string, string>();
  /** Tries to open in a row that came to nothing. */
  #failures = 0;
  /** Rung when the connection of now may be broken, or when a pause has lost its reason. */
  #alarm = new Alarm();
  /** Aborted to end the connection (or the try, or the pause after it) of now. */
  #turn = new AbortController();
  #running: Promise<void> | null = null;
  /** What the way changes is being found out. */
  #comparing: Promise<void> | null = null;
  #stopWatching: (() => void) | null = null;
  #closed = false;

  constructor(options: TunnelSupervisorOptions) {
    this.#options = options;
    this.#timing = { ...defaultTiming, ...options.timing };
    const [first] = options.providers;
    const off = noTunnel(options.clock.now());
    this.#status =
      first === undefined
        ? off
        : {
            ...off,
            provider: first.name,
            state: 'opening',
            order: options.providers.map(({ name }) => name),
          };
  }

  start(): void {
    if (this.#status.state === 'off' || this.#closed) return;
    this.#running ??= this.#run();
    this.#stopWatching ??= watchForWaking(this.#timing.wakeEvery, (sign) => this.#alarm.ring(sign));
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
    this.#stopWatching?.();
    this.#turn.abort();
    await this.#running;
    await this.#comparing;
    if (this.#status.state !== 'off') this.#set('closed', null);
    this.#listeners.clear();
  }

  async #run(): Promise<void> {
    while (!this.#closed) {
      this.#turn = new AbortController();
      const { signal } = this.#turn;
      const provider = this.#options.providers[this.#at]!;
      const reason = await this.#serve(provider, signal);
      if (this.#closed) return;
      this.#troubles.set(provider.name, reason);
      const next = signal.aborted ? 0 : this.#next();
      const moved = next !== this.#at;
      const hint = this.#failures > 0 ? ['see reducto-webhook-dev doctor'] : [];
      // The hint stands first: on a screen the line ends where that does.
      const sentences = [...hint, ...this.#troubles.values()].map((each) => each.replace(/\.$/, ''));
      const all = signal.aborted ? reason : sentences.join('; ');
      this.#set(this.#status.url === null ? 'opening' : 'reconnecting', all);
      // The next one is not to wait; once all had their turn, there is a pause.
      this.#alarm = new Alarm();
      if (!moved || next === 0) await this.#alarm.wait(this.#backoff(), signal);
      if (moved || signal.aborted) this.#workedAt = null;
      if (signal.aborted) this.#failures = 0;
      else if (!moved || next === 0) this.#failures += 1;
      this.#at = signal.aborted ? 0 : next;
    }
  }

  /** The tunnel that is tried next: another, when this one never worked or has been gone for long. */
  #next(): number {
    const { providers, clock } = this.#options;
    const patience = this.#workedAt === null ? 0 : this.#workedAt + this.#timing.fallOverAfter - clock.now();
    return patience > 0 ? this.#at : (this.#at + 1) % providers.length;
  }

  /** Opens one connection and keeps it as long as it is good. @returns why it is not any more */
  async #serve(provider: TunnelProvider, signal: AbortSignal): Promise<string> {
    const alarm = new Alarm();
    this.#alarm = alarm;
    let connection: TunnelConnection | null = null;
    try {
      connection = await provider.open({
        port: this.#options.port,
        signal,
        onFailure: (sign) => alarm.ring(sign),
      });
      return await this.#watch(provider, connection, alarm, signal);
    } catch (error) {
      if (signal.aborted) return 'reopening, as asked';
      if (error instanceof UserError) return error.message;
      throw error;
    } finally {
      await connection?.close();
    }
  }

  /** Probes a connection until it must be given up. @returns why */
  async #watch(
    provider: TunnelProvider,
    connection: TunnelConnection,
    alarm: Alarm,
    signal: AbortSignal,
  ): Promise<string> {
    const { clock } = this.#options;
    const timing = { ...this.#timing, verifyWithin: provider.verifyWithin ?? this.#timing.verifyWithin };
    const openedAt = clock.now();
    let { url } = connection;
    let note: string | null = null;
    let verified: string | null = null;
    let failed = false;
    let sign: string | null = null;
    for (;;) {
      let result: ProbeResult;
      ({ url, result } = await this.#probe(url, connection, signal));
      signal.throwIfAborted();
      if (result.ok) {
        if (verified !== url) {
          note = this.#announce(provider, { ...connection, url });
          this.#comparing = this.#compare(url, signal);
          mustNotFail(this.#comparing);
        }
        verified = url;
        this.#failures = 0;
        this.#troubles.clear();
        this.#workedAt = clock.now();
        this.#set('open', note, { provider: provider.name, url, latencyMs: result.ms });
      } else {
        const reason = `${sign === null ? '' : `${sign}; `}${url}: ${result.reason}`;
        if (verified) this.#set('degraded', reason);
        // A sign of failure, confirmed, is as good as a second failed probe.
        if (verified ? failed || sign !== null : clock.now() - openedAt >= timing.verifyWithin) return reason;
      }
      failed = !result.ok;
      const patience = !verified ? timing.verifyEvery : failed ? timing.degradedEvery : timing.probeEvery;
      sign = await alarm.wait(patience, signal);
      // A program may see a sign in every line that it prints, also in what it prints of a probe.
      if (sign !== null) await pause(timing.verifyEvery, signal);
    }
  }

  /** Probes a URL, and, where it fails, the others that it may have. @returns one that works, else the same */
  async #probe(
    url: string,
    { named }: TunnelConnection,
    signal: AbortSignal,
  ): Promise<{ url: string; result: ProbeResult }> {
    const check = async (url: string) => ({ url, result: await this.#options.probe.check(url, signal) });
    const first = await check(url);
    if (first.result.ok || named === undefined) return first;
    const others = await Promise.all(
      named()
        .filter((other) => other !== url)
        .map(check),
    );
    return others.find(({ result }) => result.ok) ?? first;
  }

  /** Finds out what the way through a URL changes, while it is in use. */
  async #compare(url: string, signal: AbortSignal): Promise<void> {
    try {
      const changes = await this.#options.probe.compare(url, signal);
      if (this.#status.url === url) this.#set(this.#status.state, this.#status.reason, { changes });
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }

  /** Takes note of a URL that was verified. @returns what a person should know of it */
  #announce({ name }: TunnelProvider, { url, note }: TunnelConnection): string | null {
    const { url: before, provider } = this.#status;
    if (before !== null && before !== url) {
      this.#options.onUrlChanged?.(before, url);
      const by = name === provider ? '' : `; ${name} has taken over from ${provider}`;
      return `THE PUBLIC URL HAS CHANGED: jobs already submitted point to the old one, ${before}${by}`;
    }
    if (name === this.#status.order[0]) return note;
    const troubles = [...this.#troubles].filter(([other]) => other !== name);
    const said = troubles.map(([other, why]) => (why.startsWith(other) ? why : `${other}: ${why}`));
    return `${name} has taken over: ${said.map((each) => each.replace(/\.$/, '')).join('; ')}`;
  }

  #backoff(): number {
    const { backoffFirst, backoffMost } = this.#timing;
    // Up to a quarter more, so that not all clients of a server come back at the same moment.
    return Math.min(backoffFirst * 2 ** this.#failures, backoffMost * 0.8) * (1 + this.#options.random() / 4);
  }

  #set(
    state: TunnelState,
    reason: string | null,
    found: Partial<Pick<TunnelStatus, 'provider' | 'url' | 'latencyMs' | 'changes'>> = {},
  ): void {
    const before = this.#status;
    const since = before.state === state ? before.since : this.#options.clock.now();
    const status = { ...before, ...found, state, reason, since };
    if (isDeepStrictEqual(status, before)) return;
    this.#status = status;
    for (const listener of this.#listeners) listener(status);
  }
}
