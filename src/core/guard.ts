import { isIP } from 'node:net';
import { isLoopback } from './endpoint.ts';

/** What of a request tells whose page it comes from, as its headers have it. */
export interface Origins {
  host?: string | undefined;
  origin?: string | undefined;
  /** `Sec-Fetch-Site`, which a page can't forge. */
  fetchSite?: string | undefined;
}

/**
 * Why a request to a port on this machine is refused; null when it may pass. A page on the web can reach such a port
 * under a name of its own (DNS rebinding), but can't hide that name; and where it calls the port by its right name, the
 * browser says whose page it is (Fetch Metadata; RFC 6454).
 * @param allowed names besides those of this machine, as `Host` and `Origin` have them without port; `*` for any
 */
export function strangerOf({ host, origin, fetchSite }: Origins, allowed: readonly string[]): string | null {
  const known = (name: string): boolean =>
    isLoopback(name) ||
    isLocalName(name) ||
    allowed.some((each) => each === '*' || each.toLowerCase() === name);
  if (host !== undefined) {
    const name = nameOf(host);
    if (!known(name) && isIP(name.replace(/^\[|\]$/g, '')) === 0)
      return `it was called by the name "${name}"`;
  }
  if (origin !== undefined) {
    const name = URL.canParse(origin) ? new URL(origin).hostname : '';
    const own = host !== undefined && name === nameOf(host);
    if (!known(name) && !own) return `it comes from a web page of ${name || 'unknown origin'}`;
  }
  // What its own host sends is allowed by name where it is allowed at all.
  return fetchSite === 'cross-site' && origin === undefined
    ? 'it comes from a web page of another site'
    : null;
}

/** Whether a name has no domain, as those of containers and of machines nearby: nobody's page has such a one. */
const isLocalName = (name: string): boolean => /^[a-z0-9_-]+$/.test(name);

/** The host's name without its port, in lower case. */
const nameOf = (host: string): string => host.replace(/:\d*$/, '').toLowerCase();
