import { createHash } from 'node:crypto';

/** Where the public URL is probed. The receiver answers here itself and keeps no delivery of it. */
export const probePath = '/.well-known/reducto-webhook-dev/probe';

/** Where it tells what has arrived of a request, for one that comes with a nonce too. */
export const mirrorPath = '/.well-known/reducto-webhook-dev/mirror';

/** The header (lower case) that carries a probe's nonce; only a nonce that is outstanding gets an answer. */
export const probeHeader = 'x-reducto-webhook-dev-probe';

/** What has arrived of a request, as the receiver tells it. */
export interface Arrival {
  method: string;
  /** Path and query. */
  target: string;
  /** Names and values in turn, as they came. */
  headers: readonly string[];
  /** Of the body: its bytes, and their digest. */
  bytes: number;
  sha256: string;
}

/** Bytes of a body that is compared, at most. */
export const mostMirrored = 2 * 1024 * 1024;

/** SHA-256 in hex. */
export const digestOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
