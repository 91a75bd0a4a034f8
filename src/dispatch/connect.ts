import dns from 'node:dns';
import net, { type LookupFunction, type Socket } from 'node:net';
import tls, { type TLSSocket } from 'node:tls';
import type { Agent, RequestInit, Response } from 'undici';
import { isLoopback, isLoopbackName } from '../core/endpoint.ts';
import { systemCode } from '../core/errors.ts';

/**
 * Node's own lookup, but for `localhost` and the names below it: they are this machine by both families (RFC 6761),
 * whatever the hosts file has of them, and glibc asks the DNS about `app.localhost` in vain.
 */
export const lookup: LookupFunction = (name, options, callback) => {
  if (!isLoopbackName(name)) return dns.lookup(name, options, callback);
  const both = [
    { address: '127.0.0.1', family: 4 },
    { address: '::1', family: 6 },
  ].filter(({ family }) => !options.family || options.family === family || options.family === `IPv${family}`);
  process.nextTick(() =>
    options.all ? callback(null, both) : callback(null, both[0]!.address, both[0]!.family),
  );
};

/** Where a connection goes. */
export interface Place {
  /** A name, or an address without brackets. */
  host: string;
  port: number;
  secure: boolean;
}

/** The place that an origin such as `https://[::1]:3000` names. */
export function placeOf(origin: string): Place {
  const { hostname, port, protocol } = new URL(origin);
  const secure = protocol === 'https:';
  return { host: hostname.replace(/^\[|\]$/g, ''), port: Number(port) || (secure ? 443 : 80), secure };
}

/** A certificate that nobody vouches for; `code` says what is wrong with it. */
export class CertificateError extends Error {
  constructor(readonly code: string) {
    super(code);
  }
}

/**
 * Connects, and shakes hands where the place is secure. All addresses of the name are tried. A certificate that
 * nobody vouches for is taken from this machine, where its developer made it, and from anywhere when `insecure`;
 * what is this machine is judged by the address that answered, not by the name.
 * @param signal gives up before the connection is up, and does nothing to it later
 * @throws the system's error, or a {@link CertificateError}
 */
export function connectTo(
  { host, port, secure }: Place,
  { insecure = false, signal }: { insecure?: boolean; signal?: AbortSignal | undefined } = {},
): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const where = { host, port, lookup, autoSelectFamily: true, noDelay: true };
    const socket = secure
      ? tls.connect({ ...where, servername: net.isIP(host) ? '' : host, rejectUnauthorized: false })
      : net.connect(where);
    // Who uses it learns of its errors by a listener of their own. One may come while nobody has it, as between an
    // answer and the rest of a request that the app does not read any more: it would end the process.
    socket.on('error', () => undefined);
    const settle = (error: unknown): void => {
      socket.off('error', settle);
      signal?.removeEventListener('abort', abort);
      if (error === null) return resolve(socket);
      socket.destroy();
      reject(error);
    };
    const abort = (): void => settle(signal!.reason);
    socket.once('error', settle);
    socket.once(secure ? 'secureConnect' : 'connect', () =>
      settle(secure && !insecure ? distrust(socket as TLSSocket) : null),
    );
    signal?.addEventListener('abort', abort, { once: true });
    if (signal?.aborted) abort();
  });
}

/** What is wrong with the certificate of a connection; null when it is good, or this machine's own. */
const distrust = ({ authorized, authorizationError, remoteAddress }: TLSSocket): CertificateError | null =>
  authorized || isLoopback(remoteAddress ?? '') ? null : new CertificateError(String(authorizationError));

/**
 * Connects to where an app should listen, and goes away again.
 * @returns the system's error code, or `ETIMEDOUT` after `timeoutMs`; null when something listens
 */
export async function knock(origin: string, timeoutMs: number): Promise<string | null> {
  const { host, port } = placeOf(origin);
  try {
    const signal = AbortSignal.timeout(timeoutMs);
    (await connectTo({ host, port, secure: false }, { signal })).destroy();
    return null;
  } catch (error) {
    if (error instanceof DOMException) return 'ETIMEDOUT';
    return systemCode(error) ?? String(error);
  }
}

/** Whether what listens at an origin answers a TLS handshake: https was meant where http was said. */
export async function speaksTls(origin: string, timeoutMs: number): Promise<boolean> {
  try {
    const options = { insecure: true, signal: AbortSignal.timeout(timeoutMs) };
    (await connectTo({ ...placeOf(origin), secure: true }, options)).destroy();
    return true;
  } catch {
    return false; // it may have gone since, or never spoken TLS
  }
}

const connector: Agent.Options = {
  pipelining: 0, // each over a connection of its own: an app may be started anew in between
  connect({ hostname, port, protocol }, callback) {
    const secure = protocol === 'https:';
    connectTo({ host: hostname, port: Number(port) || (secure ? 443 : 80), secure }).then(
      (socket) => callback(null, socket),
      (error: Error) => callback(error, null),
    );
  },
};
let agent: Agent | null = null;

/** `fetch` of something at the user's app, which is found as deliveries find it. */
export async function fetchFromApp(url: string, init?: RequestInit): Promise<Response> {
  const { Agent, fetch } = (await import('undici')).default; // most runs never need it
  agent ??= new Agent(connector);
  return await fetch(url, { ...init, dispatcher: agent });
}
