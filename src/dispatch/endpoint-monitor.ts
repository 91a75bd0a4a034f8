import { connect } from 'node:net';
import type { Endpoint } from '../core/endpoint.ts';
import { systemCode } from '../core/errors.ts';
import type { EndpointStatus } from '../core/session.ts';

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
    if (!this.#closed) this.#timer = setTimeout(() => void this.start(), this.intervalMs).unref();
  }

  close(): void {
    this.#closed = true;
    if (this.#timer) clearTimeout(this.#timer);
  }

  async #look(endpoint: Endpoint, status: EndpointStatus): Promise<void> {
    const code = await knock(endpoint);
    const state = code === null ? 'up' : 'down';
    if (this.#closed || state === status.state) return;
    status.state = state;
    status.reason = code;
    this.onChange();
  }
}

/** Null when a connection could be made, else the system's error code. */
function knock({ origin }: Endpoint): Promise<string | null> {
  const { hostname, port, protocol } = new URL(origin);
  const host = hostname.replace(/^\[|\]$/g, '');
  return new Promise((resolve) => {
    const socket = connect({ host, port: Number(port) || (protocol === 'https:' ? 443 : 80), timeout: 2000 });
    const done = (code: string | null): void => {
      socket.destroy();
      resolve(code);
    };
    socket.once('connect', () => done(null));
    socket.once('timeout', () => done('ETIMEDOUT'));
    socket.once('error', (error) => done(systemCode(error) ?? error.message));
  });
}
