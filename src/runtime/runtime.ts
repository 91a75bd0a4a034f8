import { closeAll } from '../core/close.ts';
import type { Delivery } from '../core/delivery.ts';
import type { Endpoint } from '../core/endpoint.ts';
import { bugReport, mustNotFail } from '../core/errors.ts';
import { FaultSet } from '../core/faults/fault-set.ts';
import { systemClock } from '../core/ids.ts';
import type { Status, TunnelStatus } from '../core/session.ts';
import { createVerifier, keyOrReason } from '../core/verification.ts';
import { version } from '../core/version.ts';
import { Dispatcher } from '../dispatch/dispatcher.ts';
import { EndpointMonitor } from '../dispatch/endpoint-monitor.ts';
import { WorkList } from '../dispatch/work.ts';
import type { AckPolicy } from '../receiver/decide.ts';
import { Receiver } from '../receiver/receiver.ts';
import type { QuarantineListener } from '../store/database.ts';
import type { SentJournal } from '../store/sent-journal.ts';
import { openStore } from '../store/sqlite-store.ts';
import type { Change, Store } from '../store/store.ts';
import { createProbe } from '../tunnel/probe.ts';
import { type TunnelProviderName, tunnelProviders } from '../tunnel/providers/index.ts';
import { createTunnelSupervisor, type TunnelSupervisor } from '../tunnel/supervisor.ts';
import { copyToClipboard } from './clipboard.ts';
import type { CommandContext } from './command.ts';
import type { CommandArgs, CommandId, CommandResult } from './commands/index.ts';
import { stableSubdomain } from './data-dir.ts';
import { type Emulation, type EmulationConfig, startEmulation } from './emulation.ts';
import { execute } from './execute.ts';
import { type OwedMode, openJournal, resume, withPatience } from './owed.ts';
import { listenNear } from './ports.ts';
import type { RuntimeEvent, Session } from './session.ts';

/** Everything a running tool was told; see the settings table for what each means. */
export interface RuntimeConfig {
  dataDir: string;
  endpoints: readonly Endpoint[];
  /** The receiver's port; null for the default or the next free one. */
  port: number | null;
  host: string;
  tunnel: TunnelProviderName;
  tunnelHost?: string | undefined;
  subdomain?: string | undefined;
  ack: AckPolicy;
  /** See `--allow-host`. */
  allowHost: readonly string[];
  secret?: string | undefined;
  svixSecret?: string | undefined;
  rejectUnverified: boolean;
  /** In the fault language. */
  fault: string;
  seed?: number | undefined;
  keep: number;
  /** Bytes of bodies. */
  keepBytes?: number | undefined;
  /** Bytes. */
  maxBody: number;
  /** What becomes of what the last run acknowledged and did not forward; it is forwarded when absent. */
  owed?: OwedMode | undefined;
  /** ms. */
  timeout: number;
  /** Takes certificates of apps that nobody vouches for, from other machines too. */
  insecure?: boolean | undefined;
  /** The emulator of the Reducto API; none when absent. */
  emulator?: EmulationConfig | undefined;
}

const defaultPort = 4140;
// Of those beyond, the oldest stand out no longer.
const maxExpectedJobs = 100;

/** A running tool: store, receiver, dispatcher and tunnel, wired together. */
export class Runtime implements Session {
  readonly #listeners = new Set<(event: RuntimeEvent) => void>();
  readonly #startedAt = systemClock.now();
  readonly #dispatcher: Dispatcher;
  readonly #receiver: Receiver;
  readonly #monitor: EndpointMonitor;
  readonly #probe = createProbe();
  readonly #work: WorkList;
  readonly #journal: SentJournal | null;
  readonly #context: CommandContext;
  #tunnel: TunnelSupervisor | null = null;
  #emulation: Emulation | null = null;
  #expectedJobs: readonly string[] = [];
  #banner: readonly string[] = [];
  /** What happened before anybody listened. */
  #untold: RuntimeEvent[] = [];
  #receiverUrl = '';
  #port = 0;

  private constructor(
    private readonly config: RuntimeConfig,
    private readonly store: Store,
  ) {
    const { endpoints, timeout: timeoutMs, insecure = false } = config;
    const key = config.svixSecret === undefined ? null : keyOrReason(config.svixSecret);
    const signingKey = typeof key === 'string' ? null : key;
    if (typeof key === 'string') this.#banner = [`Svix signatures can't be verified: ${key}`];
    const faults = FaultSet.parse(config.fault, config.seed ?? Math.floor(Math.random() * 1e9));
    this.#journal = openJournal(config.dataDir);
    const onForward = ({ seq }: Delivery, endpoint: string): void => this.#journal?.note(seq, endpoint);
    this.#dispatcher = new Dispatcher(
      { store, endpoints, timeoutMs, clock: systemClock, signingKey, faults, insecure, onForward },
      () => this.#publishStatus(),
    );
    this.#work = new WorkList(() => this.#publishStatus(), store.work);
    const verify = createVerifier(config);
    this.#receiver = new Receiver({
      ...config,
      store,
      dispatcher: this.#dispatcher,
      verify,
      clock: systemClock,
      allowedHosts: () => [...config.allowHost, ...this.#publicHost()],
      answerProbe: (nonce) => this.#probe.answer(nonce),
      onBug: (error) => this.#publish({ type: 'error', code: 'bug', message: bugReport(error) }),
    });
    this.#monitor = new EndpointMonitor(endpoints, () => this.#publishStatus());
    this.#context = {
      store,
      dispatcher: this.#dispatcher,
      work: this.#work,
      live: {
        status: () => this.status(),
        reopenTunnel: () => this.#tunnel?.reopen(),
        expectJob: (id) => this.#expectJob(id),
      },
      verify,
      emulator: null,
      copy: copyToClipboard,
    };
    store.subscribe((change) => this.#onChange(change));
  }

  /**
   * Opens the store and the receiver; the tunnel comes up on its own.
   * @param onQuarantine told when a damaged history was moved aside
   * @throws UserError when the port is taken, a secret malformed, or the data directory unusable
   */
  static async start(config: RuntimeConfig, onQuarantine: QuarantineListener): Promise<Runtime> {
    const store = openStore(config.dataDir, { keep: config.keep, keepBytes: config.keepBytes, onQuarantine });
    let runtime: Runtime | null = null;
    try {
      runtime = new Runtime(config, store);
      await runtime.#open();
      return runtime;
    } catch (error) {
      // What is open by now would keep the process alive.
      await (runtime ?? store).close();
      throw error;
    }
  }

  /** The receiver's port. */
  get port(): number {
    return this.#port;
  }

  /** Whether the default port was taken and another one is used. */
  get portMoved(): boolean {
    return this.config.port === null && this.#port !== defaultPort;
  }

  /** Whether the emulator's default port was taken and another one is used. */
  get emulatorPortMoved(): boolean {
    return this.#emulation?.portMoved ?? false;
  }

  run<K extends CommandId>(id: K, args: CommandArgs<K>, signal?: AbortSignal): Promise<CommandResult<K>> {
    return execute(this.#context, id, args, signal);
  }

  status(): Status {
    const { dataDir, ack, rejectUnverified, secret, svixSecret, endpoints, tunnel } = this.config;
    const off: TunnelStatus = {
      provider: tunnel,
      state: 'off',
      url: null,
      reason: null,
      since: this.#startedAt,
    };
    return {
      version,
      pid: process.pid,
      startedAt: this.#startedAt,
      dataDir,
      receiverUrl: this.#receiverUrl,
      tunnel: this.#tunnel?.status() ?? off,
      endpoints: this.#monitor.statuses,
      ack: String(endpoints.length === 0 && ack === 'app' ? 'now' : ack),
      verification: {
        secret: secret !== undefined,
        svix: svixSecret !== undefined,
        reject: rejectUnverified,
      },
      deliveries: this.store.count(),
      faults: this.#dispatcher.liveFaults.print(),
      seed: this.#dispatcher.liveFaults.seed,
      holding: this.#dispatcher.gate.holding,
      held: this.#dispatcher.gate.held,
      work: this.#work.statuses,
      emulator: this.#emulation?.status() ?? null,
      expectedJobs: this.#expectedJobs,
      banner: this.#banner,
      storeProblem: this.store.problem,
    };
  }

  /** Has every screen say something in its head: what goes on, what to press. */
  setBanner(lines: readonly string[]): void {
    this.#banner = lines;
    this.#publishStatus();
  }

  subscribe(listener: (event: RuntimeEvent) => void): () => void {
    this.#listeners.add(listener);
    const untold = this.#untold.splice(0);
    queueMicrotask(() => untold.forEach(listener));
    return () => this.#listeners.delete(listener);
  }

  /** Closes the tunnel, lets go of senders, records what was under way, and closes the store. */
  async close(): Promise<void> {
    await closeAll(
      () => this.#monitor.close(),
      () => this.#tunnel?.close(),
      () => this.#emulation?.close(),
      () => this.#work.close(),
      () => this.#dispatcher.close(),
      () => this.#receiver.close(),
      () => this.store.close(),
      () => this.#journal?.close(),
    );
  }

  async #open(): Promise<void> {
    const { host, port } = this.config;
    const listen = (wanted: number): Promise<number> => this.#receiver.listen(host, wanted, 'local');
    this.#port = port === null ? await listenNear(defaultPort, listen) : await listen(port);
    this.#receiverUrl = `http://${host.includes(':') ? `[${host}]` : host}:${this.#port}`;
    mustNotFail(this.#monitor.start());
    await this.#startEmulator();
    await this.#startTunnel();
    const { told, done } = await resume(
      this.store,
      this.#dispatcher,
      this.config.owed ?? 'forward',
      this.#journal,
    );
    this.#untold = told.map((message) => ({ type: 'error', code: 'last-run', message }));
    mustNotFail(done);
    await withPatience(done);
  }

  /** What the emulator sends to this tool comes in by a port of its own, as what comes through the tunnel does. */
  async #startEmulator(): Promise<void> {
    const { host, emulator } = this.config;
    if (!emulator) return;
    const ingressPort = await this.#receiver.listen('127.0.0.1', 0, 'emulator');
    this.#emulation = await startEmulation(emulator, {
      store: this.store,
      insecure: this.config.insecure ?? false,
      work: this.#work,
      verify: this.#context.verify,
      receiver: () => ({ host, port: this.#port, publicUrl: this.#tunnel?.status().url ?? null }),
      ingressUrl: `http://127.0.0.1:${ingressPort}`,
      onStatus: () => this.#publishStatus(),
      onEvent: (event) => this.#publish(event),
      onProblem: (code, message) => this.#publish({ type: 'error', code, message }),
    });
    this.#context.emulator = this.#emulation.emulator;
  }

  /** The tunnel gets a port of its own, so that what comes through it can't be mistaken for a local request. */
  async #startTunnel(): Promise<void> {
    const { tunnel, tunnelHost, subdomain, dataDir } = this.config;
    const provider = tunnelProviders[tunnel].create({ host: tunnelHost });
    if (provider === null) return;
    this.#tunnel = createTunnelSupervisor({
      provider,
      port: await this.#receiver.listen('localhost', 0, 'tunnel'),
      subdomain: subdomain ?? stableSubdomain(dataDir),
      probe: this.#probe,
      clock: systemClock,
      random: Math.random,
      onUrlChanged: (from, to) =>
        this.#publish({
          type: 'error',
          code: 'url-changed',
          message: `The public URL changed from ${from} to ${to}: jobs submitted with the old one can't reach you.`,
        }),
    });
    this.#tunnel.subscribe(() => this.#publishStatus());
    this.#tunnel.start();
  }

  /** The public URL's host, by which a proxy on this machine may call the receiver's own port. */
  #publicHost(): string[] {
    const url = this.#tunnel?.status().url;
    return url ? [new URL(url).hostname] : [];
  }

  #expectJob(id: string): readonly string[] {
    this.#expectedJobs = [...this.#expectedJobs.filter((other) => other !== id), id].slice(-maxExpectedJobs);
    this.#publishStatus();
    return this.#expectedJobs;
  }

  #onChange(change: Change): void {
    switch (change.type) {
      case 'delivery': {
        const { seq, id, acknowledgement } = change.delivery;
        this.#publish({ ...change, seq });
        // What was known by then was stored with it.
        if (acknowledgement !== null) this.#publish({ type: 'acknowledgement', seq, id, acknowledgement });
        return;
      }
      case 'attempt':
        return this.#publish({ ...change, seq: change.attempt.deliverySeq });
      case 'acknowledgement':
        return this.#publish({
          type: 'acknowledgement',
          ...change.delivery,
          acknowledgement: change.acknowledgement,
        });
      case 'removed':
        return this.#publish({ type: 'removed' });
      case 'problem':
        if (change.problem !== null)
          this.#publish({ type: 'error', code: 'store-write', message: change.problem });
        return this.#publishStatus();
    }
  }

  #publishStatus(): void {
    this.#publish({ type: 'status', status: this.status() });
  }

  #publish(event: RuntimeEvent): void {
    for (const listener of this.#listeners) listener(event);
  }
}
