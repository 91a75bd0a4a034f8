import http, { type IncomingMessage } from 'node:http';
import https from 'node:https';
import { messageOf, systemCode, UserError } from '../core/errors.ts';
import { printable } from '../core/text.ts';
import { lookup } from '../dispatch/connect.ts';

/** An answer, as far as it was read. */
export interface Answer {
  status: number;
  /** The first bytes of the body as UTF-8. */
  body: string;
}

/**
 * Makes one GET request on a connection of its own; follows no redirect.
 * @param maxBytes of the body to read; the rest is not waited for
 * @throws UserError whose message is a clause such as `example.com refused the connection`; the signal's reason
 *   when it was aborted
 */
export async function get(
  url: URL,
  options: { headers?: Record<string, string>; maxBytes: number; signal: AbortSignal },
): Promise<Answer> {
  try {
    const response = await send(url, options.headers ?? {}, options.signal);
    return { status: response.statusCode ?? 0, body: await readStart(response, options.maxBytes) };
  } catch (error) {
    options.signal.throwIfAborted();
    throw explain(error, url.host);
  }
}

function send(url: URL, headers: Record<string, string>, signal: AbortSignal): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const { get } = url.protocol === 'https:' ? https : http;
    get(url, { headers, signal, lookup, agent: false }, resolve).on('error', reject);
  });
}

async function readStart(response: IncomingMessage, maxBytes: number): Promise<string> {
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

function explain(error: unknown, host: string): UserError {
  const code = systemCode(error) ?? 'failed';
  const explained =
    explanations[code]?.(host) ?? `the request to ${host} failed: ${printable(messageOf(error))}`;
  return new UserError(code, explained, 1, { cause: error });
}
