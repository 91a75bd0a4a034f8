import { UserError } from '../core/errors.ts';
import type { DeliverySummary } from '../core/record.ts';
import type { SessionEvent, Status } from '../core/session.ts';
import type { LiveMessage } from '../inspector/live.ts';
import type { CommandArgs, CommandId, CommandResult } from '../runtime/commands/index.ts';
import type { CommandDescription } from '../runtime/describe.ts';
import type { Session, Waiting } from '../runtime/session.ts';
import type { UserKeys } from '../view/keys/defaults.ts';

/** Whether events come in: `lost` while it is tried again, `locked` when this browser is not let in. */
export type Link = 'open' | 'lost' | 'locked';

/** ms before it is tried again after a loss: the first time at once, then longer and longer. */
const pauses = [0, 250, 500, 1000, 2000, 3000];

/** The running tool as the page sees it: commands over HTTP, events over a WebSocket that comes back by itself. */
export class WebSession implements Session {
  #status: Status | null = null;
  #link: Link = 'lost';
  #epoch = '';
  #last = 0;
  #losses = 0;
  readonly #listeners = new Set<(event: SessionEvent) => void>();
  readonly #linkListeners = new Set<() => void>();
  readonly #rowListeners = new Set<(rows: readonly DeliverySummary[]) => void>();
  readonly #resetListeners = new Set<() => void>();

  private constructor(private readonly rows: number) {}

  /**
   * Connects.
   * @param rows how many rows come with events: as many as can be in sight
   * @returns once it knows the tool's status, or that it is not let in
   */
  static async open(rows: number): Promise<WebSession> {
    const session = new WebSession(rows);
    await new Promise<void>((resolve) => {
      const end = session.onLink(() => {
        if (session.link === 'lost') return;
        end();
        resolve();
      });
      session.#connect();
    });
    return session;
  }

  get link(): Link {
    return this.#link;
  }

  status(): Status {
    if (this.#status === null) throw new Error('The status is not known yet.');
    return this.#status;
  }

  async run<K extends CommandId>(
    id: K,
    args: CommandArgs<K>,
    { signal }: Waiting = {},
  ): Promise<CommandResult<K>> {
    return (await this.#ask(`/api/commands/${id}`, {
      method: 'POST',
      body: JSON.stringify(args),
      signal,
    })) as CommandResult<K>;
  }

  /** The keys that the user gave to commands, and what can be typed. */
  async page(): Promise<{ keys: UserKeys; commands: readonly CommandDescription[] }> {
    return (await this.#ask('/api/page', { method: 'GET' })) as Awaited<ReturnType<WebSession['page']>>;
  }

  subscribe(listener: (event: SessionEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Calls `listener` when the connection was lost or is back. */
  onLink = (listener: () => void): (() => void) => {
    this.#linkListeners.add(listener);
    return () => void this.#linkListeners.delete(listener);
  };

  /** Calls `listener` when events were missed for good, so that everything must be read anew. */
  onReset(listener: () => void): () => void {
    this.#resetListeners.add(listener);
    return () => void this.#resetListeners.delete(listener);
  }

  /** Calls `listener` after each group of events with deliveries that they name, the newest first, secrets masked. */
  onRows(listener: (rows: readonly DeliverySummary[]) => void): () => void {
    this.#rowListeners.add(listener);
    return () => void this.#rowListeners.delete(listener);
  }

  async #ask(
    path: string,
    init: { method: string; body?: string; signal?: AbortSignal | undefined },
  ): Promise<unknown> {
    let answer: Response;
    try {
      const { signal = null, ...rest } = init;
      answer = await fetch(path, { ...rest, signal, headers: { 'content-type': 'application/json' } });
    } catch (error) {
      if (init.signal?.aborted)
        throw new UserError('cancelled', 'Cancelled: what was sent so far stays recorded.');
      throw new UserError('no-answer', 'The tool does not answer: is it still running?', 1, { cause: error });
    }
    if (answer.status === 401) this.#set('locked');
    if (answer.ok) return answer.json();
    const { error } = (await answer.json().catch(() => ({}))) as {
      error?: { code: string; message: string; exitCode: 1 | 2 };
    };
    throw new UserError(
      error?.code ?? 'api',
      error?.message ?? `status ${answer.status}`,
      error?.exitCode ?? 1,
    );
  }

  #connect(): void {
    const url = new URL('/api/events', location.href);
    url.protocol = url.protocol.replace('http', 'ws');
    url.searchParams.set('rows', String(this.rows));
    if (this.#epoch !== '') {
      url.searchParams.set('epoch', this.#epoch);
      url.searchParams.set('after', String(this.#last));
    }
    const socket = new WebSocket(url);
    socket.onmessage = ({ data }) => this.#take(JSON.parse(String(data)) as LiveMessage);
    socket.onclose = () => this.#lost();
  }

  #lost(): void {
    // A browser is not told why it was refused: an answer over HTTP tells.
    const allowed = fetch('/api/status').then(
      ({ status }) => status !== 401 && status !== 403,
      () => true,
    );
    allowed.then((open) => {
      this.#set(open ? 'lost' : 'locked');
      const pause = open ? (pauses[this.#losses++] ?? pauses.at(-1)!) : 3000;
      setTimeout(() => this.#connect(), pause);
    }, reportError);
  }

  #take({ epoch, last, events, rows, reset, status }: LiveMessage): void {
    const first = this.#epoch === '';
    this.#epoch = epoch;
    this.#last = last;
    this.#losses = 0;
    // Another version of the tool has another page.
    if (status && this.#status && status.version !== this.#status.version) return location.reload();
    if (status) this.#status = status;
    this.#set('open');
    if (reset && !first) for (const listener of this.#resetListeners) listener();
    for (const event of events) this.#publish(event.type === 'error' ? event : (event as SessionEvent));
    if (rows) for (const listener of this.#rowListeners) listener(rows);
    if (status) this.#publish({ type: 'status', status });
  }

  #publish(event: SessionEvent): void {
    for (const listener of this.#listeners) listener(event);
  }

  #set(link: Link): void {
    if (link === this.#link) return;
    this.#link = link;
    for (const listener of this.#linkListeners) listener();
  }
}
