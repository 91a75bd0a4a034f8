import { usageError } from './errors.ts';

/** Where attempts go: an app under development. */
export interface Endpoint {
  /** As the user named it, in full: `http://localhost:3000/webhook`. */
  name: string;
  origin: string;
  /** The fixed path, or null when the inbound path is kept. */
  path: string | null;
}

/**
 * Reads a port (`3000`), `host:port`, or a URL.
 * @throws UserError when it is none of these
 */
export function parseEndpoint(text: string): Endpoint {
  const url = toUrl(text);
  if (url === null || !/^https?:$/.test(url.protocol) || url.hostname === '' || url.port === '0')
    throw usageError(
      'endpoint',
      `"${text}" is not a port or an http(s) URL: give for example 3000 or http://localhost:3000/webhook.`,
    );
  if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '')
    throw usageError(
      'endpoint',
      `"${text}": an endpoint is a URL without user, query or fragment; the inbound query is kept.`,
    );
  const path = url.pathname === '/' ? null : url.pathname;
  return { name: `${url.origin}${path ?? ''}`, origin: url.origin, path };
}

function toUrl(text: string): URL | null {
  if (/^\d+$/.test(text)) {
    const port = Number(text);
    return port > 0 && port < 65536 ? new URL(`http://localhost:${port}`) : null;
  }
  const full = /^[a-z][a-z0-9+.-]*:\/\//i.test(text)
    ? text
    : /^[^/\s]+:\d+(\/|$)/.test(text)
      ? `http://${text}`
      : '';
  return URL.canParse(full) ? new URL(full) : null;
}

/** The value of a Host header for an origin as {@link URL} writes it: what follows the scheme. */
export const hostOf = (origin: string): string => origin.slice(origin.indexOf('//') + 2);

/** The URL that a request for `target` (path and query) goes to. */
export function endpointUrl(endpoint: Endpoint, target: string): string {
  // An absolute-form target ("GET http://x/y") still carries only its path and query to the app.
  const relative = target.startsWith('/')
    ? target
    : URL.canParse(target)
      ? pathAndQuery(new URL(target))
      : '/';
  if (endpoint.path === null) return endpoint.origin + relative;
  const query = relative.indexOf('?');
  return endpoint.origin + endpoint.path + (query === -1 ? '' : relative.slice(query));
}

// "mailto:x" has a path without a slash, which would run on from the origin into another host's name.
const pathAndQuery = ({ pathname, search }: URL): string =>
  `${pathname.startsWith('/') ? '' : '/'}${pathname}${search}`;

/** Whether a name stands for this machine (RFC 6761: `localhost` and everything below it). */
export const isLoopbackName = (name: string): boolean => /(^|\.)localhost\.?$/i.test(name);

/** Whether a host is this machine, by name or address (also an IPv4 one as IPv6 sockets write it). */
export const isLoopback = (host: string): boolean =>
  isLoopbackName(host) || /^(::ffff:)?127(\.\d{1,3}){3}$|^\[?::1\]?$/i.test(host);
