import { closeAll } from '../core/close.ts';
import { lossNote } from '../core/damage.ts';
import { type Endpoint, isLoopback } from '../core/endpoint.ts';
import { bugReport, mustNotFail, UserError, usageError } from '../core/errors.ts';
import { FaultSet } from '../core/faults/fault-set.ts';
import { systemClock } from '../core/ids.ts';
import type { DeliverySummary } from '../core/record.ts';
import type { Rule } from '../core/rules/rule.ts';
import type { Status } from '../core/session.ts';
import { version } from '../core/version.ts';
import { placeOf } from '../dispatch/connect.ts';
import { EndpointMonitor } from '../dispatch/endpoint-monitor.ts';
import type { AckPolicy } from '../receiver/decide.ts';
import { Receiver } from '../receiver/receiver.ts';
import type { SentJournal } from '../store/sent-journal.ts';
import { openStore } from '../store/sqlite-store.ts';
import type { Change, Store } from '../store/store.ts';
import { createProbe } from '../tunnel/probe.ts';
import { createTunnelSupervisor, noTunnel, type TunnelSupervisor } from '../tunnel/supervisor.ts';
import type { Caller, CommandContext } from './command.ts';
import type { CommandArgs, CommandId, CommandResult } from './commands/index.ts';
import { createContext, svixProblem } from './context.ts';
import { stableSubdomain } from './data-dir.ts';
import { type Emulation, type EmulationConfig, startEmulation } from './emulation.ts';
import { execute } from './execute.ts';
import { type OwedMode, openJournal, resume, withPatience } from './owed.ts';
import { listenNear } from './ports.ts';
import { relayIdentity } from './relay-identity.ts';
import { RuleCommands } from './rule-commands.ts';
import { eventsOf, type RuntimeEvent, type Session } from './session.ts';
import { strandedJobs, urlChangedMessage } from './stranded-jobs.ts';
import { createTunnels, type TunnelChoice } from './tunnel-settings.ts';
import { finishWork } from './unfinished.ts';

/** Everything a running tool was told; see the settings table for what each means. */
export interface RuntimeConfig {
  dataDir: string;
  endpoints: readonly Endpoint[];
  /** What is done with what comes in. */
  rules?: readonly Rule[] | undefined;
  /** The receiver's port; null for the default or the next free one. */
  port: number | null;
  host: string;
  /** Absent for none. */
  tunnel?: TunnelChoice | undefined;
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
  /** The link to the page as it stands; null when none is served. */
  inspectorUrl?: (() => string | null) | undefined;
}

export const defaultPort = 4140;
// Of those beyond, the oldest stand out no longer.
const maxExpectedJobs = 100;

/** A running tool: store, receiver, dispatcher and tunnel, wired together. */
export class Runtime implements Session {
  readonly #listeners = new Set<(event: RuntimeEvent) => void>();
  readonly #startedAt = systemClock.now();
  readonly #receiver: Receiver;
  readonly #monitor: EndpointMonitor;
  readonly #probe = createProbe();
  readonly #journal: SentJournal | null;
  readonly #commands: RuleCommands;
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
    const problem = svixProblem(config.svixSecret);
    if (problem !== null) this.#banner = [problem];
    this.#journal = openJournal(config.dataDir);
    this.#context = createContext(
      store,
      {
        ...config,
        timeoutMs: config.timeout,
        faults: FaultSet.parse(config.fault, config.seed ?? Math.floor(Math.random() * 1e9)),
        journal: this.#journal,
        onChange: () => this.#publishStatus(),
        onCheck: () => this.#publish({ type: 'check' }),
      },
      {
        status: () => this.status(),
        reopenTunnel: () => this.#tunnel?.reopen(),
        expectJob: (id) => this.#expectJob(id),
      },
    );
    const { dispatcher, verify } = this.#context;
    this.#commands = new RuleCommands(store, dispatcher.rules);
    this.#receiver = new Receiver({
      ...config,
      store,
      dispatcher,
      verify,
      clock: systemClock,
      allowedHosts: () => [...config.allowHost, ...this.#publicHost()],
      answerProbe: (nonce) => this.#probe.answer(nonce),
      mirrorProbe: (nonce, arrival) => this.#probe.mirror(nonce, arrival),
      onBug: (error) => this.#publish({ type: 'error', code: 'bug', message: bugReport(error) }),
    });
    this.#monitor = new EndpointMonitor(dispatcher.places, () => this.#publishStatus());
    store.subscribe((change) => this.#onChange(change));
  }

  /**
   * Opens the store and the receiver; the tunnel comes up on its own.
   * @throws UserError when the port is taken, a secret malformed, or the data directory unusable
   */
  static async start(config: RuntimeConfig): Promise<Runtime> {
    let runtime: Runtime | null = null;
    const lost: RuntimeEvent[] = [];
    const { dataDir, keep, keepBytes } = config;
    const store = openStore(dataDir, {
      ...{ keep, keepBytes, checkLater: true },
      onLoss(loss) {
        const event: RuntimeEvent = { type: 'error', code: 'history', message: lossNote(loss) };
        if (runtime) runtime.#publish(event);
        else lost.push(event);
      },
    });
    try {
      runtime = new Runtime(config, store);
      runtime.#untold.push(...lost);
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

  run<K extends CommandId>(id: K, args: CommandArgs<K>, caller?: Caller): Promise<CommandResult<K>> {
    return execute(this.#context, id, args, caller);
  }

  status(): Status {
    const { dataDir, ack, rejectUnverified, secret, svixSecret } = this.config;
    const { dispatcher } = this.#context;
    return {
      version,
      pid: process.pid,
      startedAt: this.#startedAt,
      dataDir,
      receiverUrl: this.#receiverUrl,
      inspectorUrl: this.config.inspectorUrl?.() ?? null,
      tunnel: this.#tunnel?.status() ?? noTunnel(this.#startedAt),
      endpoints: this.#monitor.statuses,
      rules: dispatcher.rules.statuses,
      ack: String(dispatcher.places.length === 0 && ack === 'app' ? 'now' : ack),
      verification: {
        secret: secret !== undefined,
        svix: svixSecret !== undefined,
        reject: rejectUnverified,
      },
      deliveries: this.store.count(),
      faults: dispatcher.liveFaults.print(),
      seed: dispatcher.liveFaults.seed,
      holding: dispatcher.gate.holding,
      held: dispatcher.gate.held,
      work: this.#context.work.statuses,
      check: this.#context.checks.status,
      emulator: this.#emulation?.status() ?? null,
      expectedJobs: this.#expectedJobs,
      banner: this.#banner,
      storeProblem: this.store.problem,
    };
  }

  /** Tells of what has changed around it. */
  refresh(): void {
    this.#publishStatus();
  }

  /** Has every screen say something in its head: what goes on, what to press. */
  setBanner(lines: readonly string[]): void {
    this.#banner = lines;
    this.#publishStatus();
  }

  /** Tells every screen what nobody waits for. */
  tell(code: string, message: string): void {
    this.#publish({ type: 'error', code, message });
  }

  /** A delivery as the history has it now, its secrets readable; null when it is gone, or this is closed. */
  summary(seq: number): DeliverySummary | null {
    return this.store.isOpen ? this.store.summary(seq) : null;
  }

  subscribe(listener: (event: RuntimeEvent) => void): () => void {
    const untold = this.#untold.splice(0);
    queueMicrotask(() => untold.forEach(listener));
    return this.watch(listener);
  }

  /** As {@link subscribe}, for what shows nothing: what nobody was told of yet is left for who does. */
  watch(listener: (event: RuntimeEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Closes the tunnel, lets go of senders, records what was under way, and closes the store. */
  async close(): Promise<void> {
    await closeAll(
      () => this.#monitor.close(),
      () => this.#tunnel?.close(),
      () => this.#emulation?.close(),
      () => this.#context.work.close(),
      () => this.#context.checks.close(),
      () => this.#commands.close(),
      () => this.#context.dispatcher.close(),
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
    refuseLoops(this.#context.dispatcher.places, host, this.#port);
    mustNotFail(this.#monitor.start());
    await this.#startEmulator();
    await this.#startTunnel();
    const mode = this.config.owed ?? 'forward';
    const owed = await resume(this.store, this.#context.dispatcher, mode, this.#journal);
    const rest = await finishWork(this.#context, mode, this.#journal);
    this.#untold.push(...[...owed.told, ...rest.told].map(lastRun));
    mustNotFail(rest.done.catch((error: unknown) => this.#tellOrThrow(error)));
    mustNotFail(owed.done);
    await withPatience(owed.done);
  }

  /** Tells what the user can act on. @throws what is a bug */
  #tellOrThrow(error: unknown): void {
    if (!(error instanceof UserError)) throw error;
    this.#publish(lastRun(error.message));
  }

  /** What the emulator sends to this tool comes in by a port of its own, as what comes through the tunnel does. */
  async #startEmulator(): Promise<void> {
    const { host, emulator } = this.config;
    if (!emulator) return;
    const ingressPort = await this.#receiver.listen('127.0.0.1', 0, 'emulator');
    this.#emulation = await startEmulation(emulator, {
      store: this.store,
      insecure: this.config.insecure ?? false,
      work: this.#context.work,
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
    const { tunnel, dataDir } = this.config;
    if (tunnel === undefined) return;
    const providers = createTunnels(tunnel, {
      name: () => stableSubdomain(dataDir),
      identity: () => relayIdentity(dataDir, this.#receiver.takeRelayed),
    });
    if (providers.length === 0) return;
    this.#tunnel = createTunnelSupervisor({
      providers,
      port: await this.#receiver.listen('localhost', 0, 'tunnel'),
      probe: this.#probe,
      clock: systemClock,
      random: Math.random,
      onUrlChanged: (from, to) =>
        this.#publish({
          type: 'error',
          code: 'url-changed',
          message: urlChangedMessage(from, to, strandedJobs(this.store, this.#expectedJobs, from)),
        }),
    });
    this.#tunnel.subscribe(() => this.#publishStatus());
    this.#tunnel.start();
  }

  /** The public URL's host, by which a proxy on this machine may call the receiver's own port. */
  #publicHost(): string[] {
    // The one that was given has to be let in before it is known to work.
    const urls = [this.#tunnel?.status().url, this.config.tunnel?.settings.publicUrl];
    return urls.flatMap((url) => (url ? [new URL(url).hostname] : []));
  }

  #expectJob(id: string): readonly string[] {
    this.#expectedJobs = [...this.#expectedJobs.filter((other) => other !== id), id].slice(-maxExpectedJobs);
    this.#publishStatus();
    return this.#expectedJobs;
  }

  #onChange(change: Change): void {
    for (const event of eventsOf(change)) this.#publish(event);
    if (change.type === 'problem') this.#publishStatus();
    if (change.type === 'delivery') this.#commands.take(change.delivery);
  }

  #publishStatus(): void {
    this.#publish({ type: 'status', status: this.status() });
  }

  #publish(event: RuntimeEvent): void {
    for (const listener of this.#listeners) listener(event);
  }
}

/** @throws UserError when what comes in would be sent to where it came in */
function refuseLoops(places: readonly Endpoint[], host: string, port: number): void {
  const own = places
    .map(({ origin }) => placeOf(origin))
    .find((place) => place.port === port && (isLoopback(place.host) || place.host === host));
  if (own)
    throw usageError(
      'loop',
      `${own.host}:${port} is this tool's own receiver: deliveries would come back for ever. Name your app's port, or give another --port.`,
    );
}

/** What is told of the run before this one. */
const lastRun = (message: string): RuntimeEvent => ({ type: 'error', code: 'last-run', message });
