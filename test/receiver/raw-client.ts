import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { onCleanup } from '../support/cleanup.ts';
import { waitFor } from '../support/wait.ts';

/** An answer as it stood on the wire. */
export interface RawResponse {
  httpVersion: string;
  status: number;
  /** Pairs in the order and case of the wire. */
  headers: [name: string, value: string][];
  /** The first value of a header, by its name in any case. */
  header(name: string): string | undefined;
  body: Buffer;
}

/** A sender that writes its requests by hand, so that a test decides about every byte. */
export class RawClient {
  #received = Buffer.alloc(0);
  #closed = false;

  private constructor(readonly socket: Socket) {
    socket.on('data', (chunk) => {
      this.#received = Buffer.concat([this.#received, chunk]);
    });
    socket.on('close', () => {
      this.#closed = true;
    });
    // A reset by the other side is what some tests are about: "closed" tells it.
    socket.on('error', () => undefined);
    onCleanup(() => socket.destroy());
  }

  static async open(port: number, host = '127.0.0.1'): Promise<RawClient> {
    const socket = connect({ port, host, noDelay: true });
    await once(socket, 'connect');
    return new RawClient(socket);
  }

  /** Writes text (latin1, so that every character is one byte) or bytes. */
  write(...parts: (string | Uint8Array)[]): this {
    for (const part of parts)
      this.socket.write(typeof part === 'string' ? Buffer.from(part, 'latin1') : part);
    return this;
  }

  /** Bytes that came and belong to no response taken yet. */
  get pending(): Buffer {
    return this.#received;
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** Takes the next response off the connection. */
  async response({ toHead = false } = {}): Promise<RawResponse> {
    const parsed = await waitFor(() => parse(this.#received, this.#closed, toHead), {
      what: `a response (received so far: ${JSON.stringify(this.#received.toString('latin1').slice(0, 200))})`,
    });
    this.#received = this.#received.subarray(parsed.length);
    return parsed.response;
  }

  /** Resolves once the other side has closed the connection. */
  async untilClosed(): Promise<void> {
    await waitFor(() => this.#closed, { what: 'the connection to close' });
  }

  /** Goes away without a word. */
  leave(): void {
    this.socket.destroy();
  }
}

/** Sends one request on a connection of its own. */
export async function exchange(
  port: number,
  head: string | readonly string[],
  body: string | Uint8Array = '',
): Promise<RawResponse> {
  const client = await RawClient.open(port);
  client.write(`${typeof head === 'string' ? head : head.join('\r\n')}\r\n\r\n`, body);
  const response = await client.response({ toHead: String(head).startsWith('HEAD') });
  client.leave();
  return response;
}

/** POSTs a body to `target`. */
export const post = (
  port: number,
  body: string | Uint8Array = '{}',
  { target = '/', headers = [] as readonly string[] } = {},
): Promise<RawResponse> =>
  exchange(
    port,
    [`POST ${target} HTTP/1.1`, 'Host: x', `Content-Length: ${Buffer.byteLength(body)}`, ...headers],
    typeof body === 'string' ? Buffer.from(body) : body,
  );

function parse(
  bytes: Buffer,
  closed: boolean,
  toHead: boolean,
): { response: RawResponse; length: number } | null {
  const end = bytes.indexOf('\r\n\r\n');
  if (end === -1) return null;
  const [statusLine = '', ...lines] = bytes.subarray(0, end).toString('latin1').split('\r\n');
  const [, httpVersion, status] = /^HTTP\/(\d\.\d) (\d{3})/.exec(statusLine) ?? [];
  if (httpVersion === undefined) throw new Error(`not a status line: ${statusLine}`);
  const headers = lines.map((line): [string, string] => {
    const colon = line.indexOf(':');
    return [line.slice(0, colon), line.slice(colon + 1).trim()];
  });
  const header = (name: string): string | undefined =>
    headers.find(([key]) => key.toLowerCase() === name.toLowerCase())?.[1];
  const start = end + 4;
  const code = Number(status);
  const found =
    toHead || code < 200 || code === 204 || code === 304
      ? { body: Buffer.alloc(0), length: start }
      : header('transfer-encoding') === 'chunked'
        ? parseChunks(bytes, start)
        : parseCounted(bytes, start, header('content-length'), closed);
  return (
    found && {
      response: { httpVersion, status: code, headers, header, body: found.body },
      length: found.length,
    }
  );
}

function parseCounted(
  bytes: Buffer,
  start: number,
  contentLength: string | undefined,
  closed: boolean,
): { body: Buffer; length: number } | null {
  if (contentLength === undefined)
    return closed ? { body: bytes.subarray(start), length: bytes.length } : null;
  const length = start + Number(contentLength);
  return bytes.length < length ? null : { body: bytes.subarray(start, length), length };
}

function parseChunks(bytes: Buffer, start: number): { body: Buffer; length: number } | null {
  const chunks: Buffer[] = [];
  for (let at = start; ; ) {
    const lineEnd = bytes.indexOf('\r\n', at);
    if (lineEnd === -1) return null;
    const size = Number.parseInt(bytes.subarray(at, lineEnd).toString('latin1'), 16);
    const next = lineEnd + 2 + size + 2;
    if (bytes.length < next) return null;
    if (size === 0) return { body: Buffer.concat(chunks), length: next };
    chunks.push(bytes.subarray(lineEnd + 2, lineEnd + 2 + size));
    at = next;
  }
}
