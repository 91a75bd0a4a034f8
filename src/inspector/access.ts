import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { join } from 'node:path';
import { isLoopback } from '../core/endpoint.ts';
import { strangerOf } from '../core/guard.ts';
import { readDataFile, writeDataFile } from '../runtime/data-dir.ts';

/** Links that were handed out and not used: the oldest go first. */
const maxLinks = 20;
/** ms between two tries of a password. */
const tryMs = 1000;

/** The header that says whose API this is, to those who have the token. */
export const pidHeader = 'x-reducto-webhook-dev-pid';

/** Why a request is not served. */
export interface Refusal {
  status: 401 | 403;
  message: string;
}

/** A request, before anything of it is believed. */
export interface Caller {
  /** As the request line has it. */
  url?: string | undefined;
  headers: IncomingHttpHeaders;
}

/** Who is let in besides those with the token. */
export interface AccessOptions {
  /** Where the cookie's key is kept; null when no browser is let in. */
  dataDir: string | null;
  /** Lets a browser in that can't be given a link. */
  password?: string | undefined;
  /** Another address than loopback's that the page is served on. */
  host?: string | undefined;
}

/**
 * Who may use the API: programs by a token in a header, browsers by a cookie that a link sets, each link once. The
 * cookie's key is kept in the data directory, so that an open page survives a restart of the tool.
 */
export class Access {
  /** For programs of this user: it stands in the lock file, which nobody else can read. */
  readonly token = randomBytes(24).toString('base64url');
  readonly #key: Buffer | null;
  readonly #password: string | undefined;
  readonly #host: string | null;
  readonly #links = new Set<string>();
  /** When the next password may be tried, ms as `performance.now()` has them. */
  #nextTry = 0;

  /** @throws UserError when something else than a file stands in the key's place */
  constructor({ dataDir, password, host }: AccessOptions) {
    this.#key = dataDir === null ? null : cookieKey(dataDir);
    this.#password = password;
    this.#host = host === undefined || isLoopback(host) ? null : host.toLowerCase();
  }

  /** The path of a link that lets one browser in, once. */
  newLink(): string {
    const [oldest] = this.#links;
    if (this.#links.size >= maxLinks && oldest !== undefined) this.#links.delete(oldest);
    const name = randomBytes(12).toString('base64url');
    this.#links.add(name);
    return `/open/${name}`;
  }

  /** Uses a link up. @returns the `Set-Cookie` for whoever followed it; null when there is no such link (any more) */
  redeem(name: string, port: number): string | null {
    if (!this.#links.delete(name)) return null;
    return this.cookie(port);
  }

  /** Whether a password lets in a browser; one wrong try a second, so that none is found by trying. */
  login(password: unknown): 'in' | 'wrong' | 'wait' {
    if (performance.now() < this.#nextTry) return 'wait';
    if (this.#password !== undefined && typeof password === 'string' && sameText(password, this.#password))
      return 'in';
    this.#nextTry = performance.now() + tryMs;
    return 'wrong';
  }

  /** The `Set-Cookie` that lets a browser in. Cookies know no ports (RFC 6265, 8.5): the name and the value do. */
  cookie(port: number): string {
    return `${cookieName(port)}=${this.#cookieValue(port)}; HttpOnly; SameSite=Strict; Path=/`;
  }

  /**
   * Why a request may not call the API; null when it may.
   * @param port that it came to
   */
  refusal(caller: Caller, port: number): Refusal | null {
    const message = this.stranger(caller, port) ?? otherPage(caller);
    if (message !== null) return { status: 403, message };
    const { authorization, cookie = '' } = caller.headers;
    if (authorization !== undefined)
      return sameText(authorization, `Bearer ${this.token}`)
        ? null
        : { status: 401, message: 'the token is wrong' };
    return this.#hasCookie(cookie, port)
      ? null
      : { status: 401, message: 'a token or a cookie is needed: open the link that the terminal shows' };
  }

  /**
   * Why a request is not even for a page's files; null when it is. A page of the web can reach this machine under a name
   * of its own (DNS rebinding), but not hide that name; a proxy asks with the whole URL in the request line.
   */
  stranger({ url = '', headers: { host } }: Caller, port: number): string | null {
    if (!url.startsWith('/')) return 'its request line has no path';
    if (host === undefined) return 'it has no host';
    const [, name = '', ownPort = '80'] = /^(.*?)(?::(\d*))?$/s.exec(host)!;
    if (this.#host === null)
      return isLoopback(name) && ownPort === String(port)
        ? null
        : `it was called by the name "${host}", and only this machine may call it`;
    // Who opened it to others may have a proxy or a container's port in front.
    return strangerOf({ host }, [this.#host]);
  }

  #hasCookie(cookies: string, port: number): boolean {
    if (this.#key === null) return false;
    const own = `${cookieName(port)}=${this.#cookieValue(port)}`;
    return cookies.split(';').some((pair) => sameText(pair.trim(), own));
  }

  #cookieValue(port: number): string {
    return createHmac('sha256', this.#key!).update(`cookie:${port}`).digest('base64url');
  }
}

/**
 * Whether a request comes from a page that is not ours, even one of this machine; null when not. A browser says whose
 * page it is (Fetch Metadata; RFC 6454).
 */
export function otherPage({ headers }: Caller): string | null {
  const { origin, host } = headers;
  const site = headers['sec-fetch-site'];
  if (origin !== undefined && origin !== `http://${host}`) return 'it comes from a page of another origin';
  if (site !== undefined && site !== 'same-origin' && site !== 'none')
    return 'it comes from a page of another site';
  return null;
}

/** Cookies know no ports, so their name has it. */
export const cookieName = (port: number): string => `reducto-webhook-dev-${port}`;

function cookieKey(dataDir: string): Buffer {
  const path = join(dataDir, 'inspector.key');
  const kept = readDataFile(path)?.trim() ?? '';
  if (/^[\w-]{43}$/.test(kept)) return Buffer.from(kept, 'base64url');
  const key = randomBytes(32);
  writeDataFile(path, `${key.toString('base64url')}\n`, true);
  return key;
}

/** Compares in a time that tells nothing of where they differ. */
function sameText(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}
