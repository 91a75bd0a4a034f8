import { randomUUID } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import type { Load, LoadResult } from '../load.ts';

/**
 * Speaks HTTP over bare sockets with requests made beforehand: on two cores a full HTTP client would take longer
 * for a request than the servers do, and flatter the slower one.
 */
const load = JSON.parse(process.argv[2]!) as Load;
const requests = makeRequests(new URL(load.url), load.bytes === undefined ? (load.spread ?? 1000) : 1);
const latencies: number[] = [];
const idle: Connection[] = [];
/** When requests became due for which no connection was free. */
const overdue: number[] = [];
let sent = 0;
let measuring = false;
let measuredFrom = 0;

class Connection {
  #began = 0;
  #head = '';
  #missing = -1;

  constructor(readonly socket: Socket) {
    socket.setNoDelay(true).on('data', (chunk: Buffer) => this.#read(chunk));
    socket.on('close', () => fail('a connection was closed'));
  }

  /** @param due when the request was to go: the time it waited for a connection counts */
  send(due: number): void {
    this.#began = due;
    this.socket.write(requests[sent++ % requests.length]!);
  }

  #read(chunk: Buffer): void {
    let rest = chunk;
    if (this.#missing < 0) {
      const text = this.#head + chunk.toString('latin1');
      const end = text.indexOf('\r\n\r\n');
      if (end < 0) {
        this.#head = text;
        return;
      }
      const length = /^HTTP\/1\.1 2[\s\S]*\r\ncontent-length: (\d+)/i.exec(text.slice(0, end))?.[1];
      if (length === undefined) fail(`unexpected answer: ${text.slice(0, 200)}`);
      this.#missing = Number(length);
      rest = chunk.subarray(end + 4 - this.#head.length);
      this.#head = '';
    }
    this.#missing -= rest.length;
    if (this.#missing > 0) return;
    this.#missing = -1;
    const now = performance.now();
    if (measuring && this.#began >= measuredFrom) latencies.push(now - this.#began);
    next(this, now);
  }
}

function next(connection: Connection, now: number): void {
  if (load.count !== undefined && latencies.length >= load.count) finish(now);
  if (load.rate === undefined) connection.send(now);
  else if (overdue.length > 0) connection.send(overdue.shift()!);
  else idle.push(connection);
}

/** Sends what is due at `rate`, as often as timers allow. */
function pace(rate: number): void {
  const start = performance.now();
  let released = 0;
  const tick = (): void => {
    const now = performance.now();
    for (const due = Math.floor(((now - start) / 1000) * rate); released < due; released++) {
      const connection = idle.shift(); // the longest idle: servers close those that idle for seconds
      if (connection) connection.send(now);
      else overdue.push(now);
    }
    setTimeout(tick, 1);
  };
  tick();
}

function finish(now: number): never {
  const seconds = (now - measuredFrom) / 1000;
  const sorted = Float64Array.from(latencies).sort();
  const at = (share: number): number =>
    sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]!;
  const result: LoadResult = {
    requests: sorted.length,
    perSecond: sorted.length / seconds,
    p50: at(0.5),
    p99: at(0.99),
  };
  process.stdout.write(JSON.stringify(result));
  process.exit(0);
}

function fail(reason: string): never {
  process.stderr.write(`load generator: ${reason}\n`);
  process.exit(1);
}

function makeRequests({ host, pathname }: URL, count: number): Buffer[] {
  const { bytes = 1024 } = load;
  return Array.from({ length: count }, (_, i) => {
    const metadata = { user_id: String(i), document_type: 'invoice', note: '' };
    const payload = { status: i % 10 === 0 ? 'Failed' : 'Completed', job_id: randomUUID(), metadata };
    metadata.note = 'x'.repeat(bytes - JSON.stringify(payload).length);
    const head = [
      `POST ${pathname.replace('*', String(i))} HTTP/1.1`,
      `Host: ${load.host ?? host}`,
      'User-Agent: bench',
      'Accept: */*',
      'Content-Type: application/json',
      `Content-Length: ${bytes}`,
    ];
    return Buffer.from(`${head.join('\r\n')}\r\n\r\n${JSON.stringify(payload)}`);
  });
}

const { hostname, port } = new URL(load.url);
const connections = await Promise.all(
  Array.from({ length: load.connections }, () => {
    return new Promise<Connection>((resolve, reject) => {
      const socket = connect(Number(port), hostname);
      socket.once('connect', () => resolve(new Connection(socket))).once('error', reject);
    });
  }),
);
if (load.rate === undefined) for (const connection of connections) connection.send(performance.now());
else {
  idle.push(...connections);
  pace(load.rate);
}
setTimeout(() => {
  measuring = true;
  measuredFrom = performance.now();
  if (load.durationMs !== undefined) setTimeout(() => finish(performance.now()), load.durationMs);
}, load.warmupMs);
