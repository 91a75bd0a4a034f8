import http, { type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import https from 'node:https';
import { messageOf, systemCode, UserError } from '../core/errors.ts';
import { printable } from '../core/text.ts';
import { lookup } from '../dispatch/connect.ts';

/** An answer, as far as it was read. */
export interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  /** The first bytes of the body as UTF-8. */
  body: string;
}

/** A request on a connection of its own. */
export interface Ask {
  method?: 'GET' | 'POST';
  /** Names and values in turn, as they are to go out. */
  headers?: readonly string[];
  body?: Uint8Array;
  /** Of the answer's body to read; the rest is not waited for. */
  maxBytes: number;
  signal: AbortSignal;
}

/**
 * Makes one request on a connection of its own; follows no redirect.
 * @throws UserError whose message is a clause such as `example.com refused the connection`; the signal's reason
 *   when it was aborted
 */
export async function ask(url: URL, options: Ask): Promise<Answer> {
  try {
    const response = await send(url, options);
    const { statusCode = 0, headers } = response;
    return { status: statusCode, headers, body: await readStart(response, options.maxBytes) };
  } catch (error) {
    options.signal.throwIfAborted();
    throw explain(error, url.host);
  }
}

function send(url: URL, { method = 'GET', headers = [], body, signal }: Ask): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const { request } = url.protocol === 'https:' ? https : http;
    const length = body === undefined ? [] : ['content-length', String(body.byteLength)];
    const all = ['host', url.host, ...headers, ...length];
    request(url, { method, headers: all, signal, lookup, agent: false }, resolve)
      .on('error', reject)
      .end(body);
  });
}

/** The beginning of a body, as text. */
export async function readStart(response: IncomingMessage, maxBytes: number): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    size += chunk.length;
    if (size >= maxBytes) break;
  }
  return Buffer.concat(chunks).subarray(0, maxBytes).toString();
}

const explanations: Record<string, (host: string) => string> = {
  ENOTFOUND: (host) => `the name ${host} is not known (DNS)`,
  EAI_AGAIN: (host) => `no DNS answer for ${host}: is this machine online?`,
  ECONNREFUSED: (host) => `${host} refused the connection`,
  ECONNRESET: (host) => `${host} closed the connection without an answer`,
  ETIMEDOUT: (host) => `the connection to ${host} timed out`,
  ENETUNREACH: (host) => `there is no network route to ${host}: is this machine online?`,
  EHOSTUNREACH: (host) => `${host} is unreachable`,
};

/** What keeps a connection from coming about, as a clause such as `example.com refused the connection`. */
export function explain(error: unknown, host: string): UserError {
  const code = systemCode(error) ?? 'failed';
  const explained =
    explanations[code]?.(host) ?? `the request to ${host} failed: ${printable(messageOf(error))}`;
  return new UserError(code, explained, 1, { cause: error });
}
