import { randomBytes } from 'node:crypto';
import WebSocket from 'ws';
import { type Clock, systemClock } from '../../src/core/ids.ts';
import {
  decodeMessage,
  encodeMessage,
  listenPath,
  type RelayedRequest,
  type RelayMessage,
  subprotocolOf,
} from '../../src/core/relay.ts';
import type { Quota } from '../../src/relay/backend.ts';
import { FileBackend } from '../../src/relay/file-backend.ts';
import { jsonLog } from '../../src/relay/log.ts';
import { type Relay, type RelayOptions, startRelay } from '../../src/relay/relay.ts';
import { onCleanup, tempDir } from './cleanup.ts';
import { waitFor } from './wait.ts';

/** A relay in this process, over a real file. */
export interface TestRelay extends Relay {
  readonly backend: FileBackend;
  readonly dataDir: string;
  /** The lines of its log. */
  readonly log: readonly Record<string, unknown>[];
}

export interface TestRelayOptions extends Partial<Omit<RelayOptions, 'backend' | 'log'>> {
  dataDir?: string;
  quota?: Partial<Quota>;
  maxBytes?: number;
  clock?: Clock;
}

const plenty = { count: 100_000, perMs: 1000 };

/** Starts one on a free port of 127.0.0.1; closed with the test if that has not done so. */
export async function startTestRelay(options: TestRelayOptions = {}): Promise<TestRelay> {
  const { dataDir = tempDir(), quota, maxBytes = 11 * 1024 * 1024, clock = systemClock, ...rest } = options;
  const log: Record<string, unknown>[] = [];
  const toLog = jsonLog((line) => log.push(JSON.parse(line)), clock.now);
  const backend = new FileBackend({
    ...{ dataDir, clock, maxBytes },
    quota: { inboxes: 1000, deliveries: 100_000, bytes: 1e9, keepMs: 7 * 24 * 3_600_000, ...quota },
    onLoss: (loss) => toLog('error', JSON.stringify(loss)),
  });
  const relay = await startRelay({
    ...{ backend, clock, log: toLog, host: '127.0.0.1', port: 0, publicUrl: null, domain: null, tls: null },
    ...{ whenAway: 'keep', answerWithinMs: 10_000, rates: { inbox: plenty, address: plenty } },
    ...{ most: { perInbox: 1000, inAll: 1000 }, pingEveryMs: 10_000, trustProxy: false, metricsToken: null },
    ...rest,
  });
  let closed: Promise<void> | null = null;
  const close = (): Promise<void> => {
    closed ??= relay.close();
    return closed;
  };
  onCleanup(close);
  return { port: relay.port, url: relay.url, close, backend, dataDir, log };
}

/** What a listener is refused with. */
class Refused extends Error {
  constructor(
    readonly status: number,
    readonly reason: string,
  ) {
    super(`${status}: ${reason}`);
  }
}

export interface RawListenerOptions {
  inbox?: string;
  key?: string;
  /** 32 hex digits. */
  listener?: string;
  lead?: boolean;
  protocols?: readonly string[];
  headers?: Record<string, string>;
}

type Deliver = Extract<RelayMessage, { type: 'deliver' }>;

/** A listener that does nothing by itself. */
class RawListener {
  readonly messages: RelayMessage[] = [];
  readonly bodies: Buffer[] = [];
  closed: { code: number; reason: string } | null = null;
  /** What is done with a delivery as it comes. */
  onDeliver: (message: Deliver, body: Buffer) => void = () => undefined;

  constructor(
    readonly socket: WebSocket,
    readonly listener: string,
  ) {
    socket.on('message', (data: Buffer) => {
      const { head, body } = decodeMessage(data);
      this.messages.push(head);
      this.bodies.push(body);
      if (head.type === 'deliver') this.onDeliver(head, body);
    });
    socket.on('close', (code, reason) => {
      this.closed = { code, reason: reason.toString() };
    });
    socket.on('error', () => undefined);
    onCleanup(() => socket.terminate());
  }

  /** Those that came. */
  get delivers(): (Deliver & { body: Buffer })[] {
    return this.messages.flatMap((head, i) =>
      head.type === 'deliver' ? [{ ...head, body: this.bodies[i]! }] : [],
    );
  }

  /** Resolves with the first message of a type, past or to come. */
  first<T extends RelayMessage['type']>(type: T): Promise<Extract<RelayMessage, { type: T }>> {
    return waitFor(
      () => this.messages.find((each): each is Extract<RelayMessage, { type: T }> => each.type === type),
      { what: `a message "${type}"` },
    );
  }

  /** Resolves with the deliveries once there are `count`. */
  delivered(count: number) {
    return waitFor(() => (this.delivers.length >= count ? this.delivers : null), {
      what: `${count} deliveries (${this.delivers.length} came)`,
    });
  }

  send(head: RelayMessage, body?: Uint8Array): void {
    this.socket.send(encodeMessage(head, body));
  }

  /** Answers and has everything, from now on. */
  obliging(status = 200, body = 'done'): this {
    this.onDeliver = ({ how, request: { id } }) => {
      if (how === 'kept' || how === 'copy') this.send({ type: 'have', id });
      else this.send({ type: 'answer', id, answer: { status, headers: [] } }, Buffer.from(body));
    };
    return this;
  }
}

export const aKey = 'a key of sixteen characters or more'.replaceAll(' ', '-');
export const newListener = (): string => randomBytes(16).toString('hex');

/** Connects one. @throws Refused */
export async function rawListener(
  { port }: Pick<Relay, 'port'>,
  options: RawListenerOptions = {},
): Promise<RawListener> {
  const { inbox = 'box', key = aKey, listener = newListener(), lead = false } = options;
  const { protocols = [subprotocolOf(1)], headers = {} } = options;
  const url = `ws://127.0.0.1:${port}${listenPath}${inbox}?listener=${listener}${lead ? '&lead=1' : ''}`;
  const socket = new WebSocket(url, [...protocols], {
    headers: { ...(key === '' ? {} : { authorization: `Bearer ${key}` }), ...headers },
    perMessageDeflate: false,
  });
  const raw = new RawListener(socket, listener);
  await new Promise<void>((resolve, reject) => {
    socket.once('open', () => resolve());
    socket.once('error', reject);
    socket.once('unexpected-response', async (_, response) => {
      const text = Buffer.concat(await response.toArray()).toString();
      reject(new Refused(response.statusCode!, (JSON.parse(text) as { error: string }).error));
    });
  });
  await raw.first('hello');
  return raw;
}

/** Says what a connection of a listener is refused with. */
export const refusalFor = (relay: Pick<Relay, 'port'>, options: RawListenerOptions = {}): Promise<Refused> =>
  rawListener(relay, options).then(
    () => {
      throw new Error('it was taken');
    },
    (error: unknown) => {
      if (error instanceof Refused) return error;
      throw error;
    },
  );

let requests = 0;

/** A request as a relay passes it on. */
export const relayedRequest = (rest: Partial<RelayedRequest> = {}): RelayedRequest => ({
  ...{ id: `rly_${++requests}`, at: Date.now(), method: 'POST', target: '/webhook', httpVersion: '1.1' },
  ...{ headers: [['Host', 'x']], remoteAddress: '203.0.113.9', body: Buffer.from('{}') },
  ...rest,
});
