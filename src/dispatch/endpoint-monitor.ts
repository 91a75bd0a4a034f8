import type { Endpoint } from '../core/endpoint.ts';
import { mustNotFail } from '../core/errors.ts';
import type { EndpointStatus } from '../core/session.ts';
import { knock } from './connect.ts';

/** ms that an app has to take the connection. */
const patienceMs = 2000;

/** Watches whether something listens at each endpoint, by opening and closing a connection now and then. */
export class EndpointMonitor {
  readonly #statuses: EndpointStatus[];
  #timer: NodeJS.Timeout | null = null;
  #closed = false;

  /** @param intervalMs between two looks */
  constructor(
    private readonly endpoints: readonly Endpoint[],
    private readonly onChange: () => void,
    private readonly intervalMs = 2000,
  ) {
    this.#statuses = endpoints.map(({ name }) => ({ name, state: 'unknown', reason: null }));
  }

  get statuses(): EndpointStatus[] {
    return this.#statuses.map((status) => ({ ...status }));
  }

  /** Looks now, and from then on every interval. */
  async start(): Promise<void> {
    await Promise.all(this.endpoints.map((endpoint, i) => this.#look(endpoint, this.#statuses[i]!)));
    if (!this.#closed) this.#timer = setTimeout(() => mustNotFail(this.start()), this.intervalMs).unref();
  }

  close(): void {
    this.#closed = true;
    if (this.#timer) clearTimeout(this.#timer);
  }

  async #look(endpoint: Endpoint, status: EndpointStatus): Promise<void> {
    const code = await knock(endpoint.origin, patienceMs);
    const state = code === null ? 'up' : 'down';
    if (this.#closed || state === status.state) return;
    status.state = state;
    status.reason = code;
    this.onChange();
  }
}
