import { createHmac, timingSafeEqual } from 'node:crypto';
import { usageError } from './errors.ts';
import { type HeaderPair, headerValue } from './headers.ts';
import { cleanSvixSecret } from './secret.ts';

/** Seconds that a timestamp may be off, either way: 300 passes, 301 fails (Svix and Standard Webhooks). */
const toleranceSeconds = 300;

/** The three signature headers; null where one is missing. */
export interface SignatureHeaders {
  /** How their names begin. */
  prefix: 'svix' | 'webhook';
  id: string | null;
  timestamp: string | null;
  signature: string | null;
}

/**
 * Reads each of `svix-*`, or `webhook-*` (Standard Webhooks) where there is none, as the svix library does; null
 * when none of them is there.
 */
export function signatureHeaders(headers: readonly HeaderPair[]): SignatureHeaders | null {
  const [own, standard] = (['svix', 'webhook'] as const).map((prefix) =>
    ['id', 'timestamp', 'signature'].map((name) => headerValue(headers, `${prefix}-${name}`)),
  );
  const [id, timestamp, signature] = own!.map((value, i) => value ?? standard![i] ?? null);
  if (!id && !timestamp && !signature) return null;
  return {
    prefix: own!.some(Boolean) ? 'svix' : 'webhook',
    id: id!,
    timestamp: timestamp!,
    signature: signature!,
  };
}

/**
 * The HMAC key in a `whsec_…` secret.
 * @throws UserError when what follows the prefix is not base64.
 */
export function signingKey(secret: string): Buffer {
  const encoded = cleanSvixSecret(secret).replace(/^whsec_/, '');
  const key = Buffer.from(encoded, 'base64');
  if (encoded === '' || key.toString('base64').replace(/=+$/, '') !== encoded.replace(/=+$/, ''))
    throw usageError(
      'svix-secret',
      'The Svix secret is not base64 after "whsec_": copy it again from the endpoint\'s page in the Svix portal.',
    );
  return key;
}

/**
 * Signs as Svix does: HMAC-SHA256 over `id.timestamp.body`.
 * @param timestamp Unix seconds
 * @returns one entry, `v1,<base64>`
 */
export function sign(key: Buffer, id: string, timestamp: number | string, body: Uint8Array): string {
  const digest = createHmac('sha256', key).update(`${id}.${timestamp}.`).update(body).digest('base64');
  return `v1,${digest}`;
}

/** What is signed besides the body. */
export interface Message {
  id: string;
  /** Unix seconds. */
  timestamp: number;
  /** How the headers' names begin: Svix's when absent, or those of Standard Webhooks. */
  prefix?: 'svix' | 'webhook';
}

/** The three headers that a signing sender adds. @param key of {@link signingKey} */
export function signedHeaders(
  key: Buffer,
  { id, timestamp, prefix = 'svix' }: Message,
  body: Uint8Array,
): HeaderPair[] {
  return [
    [`${prefix}-id`, id],
    [`${prefix}-timestamp`, String(timestamp)],
    [`${prefix}-signature`, sign(key, id, timestamp, body)],
  ];
}

const noHeaders: SignatureHeaders = { prefix: 'svix', id: null, timestamp: null, signature: null };

export type SignatureVerdict = 'ok' | 'missing' | 'expired timestamp' | 'bad signature';

/**
 * Verifies a signed body. Entries with an unknown version are skipped; one good entry is enough.
 * @param now ms since the epoch
 */
export function verifySignature(
  key: Buffer,
  headers: SignatureHeaders | null,
  body: Uint8Array,
  now: number,
): { verdict: SignatureVerdict; reason: string } {
  const { prefix, id, timestamp, signature } = headers ?? noHeaders;
  const absent = Object.entries({ id, timestamp, signature }).filter(([, value]) => !value);
  if (!id || !timestamp || !signature)
    return {
      verdict: 'missing',
      reason: `no ${absent.map(([name]) => `${prefix}-${name}`).join(', ')} header`,
    };
  if (!/^\d{1,12}$/.test(timestamp))
    return { verdict: 'expired timestamp', reason: 'the timestamp is not a number of seconds' };
  const age = Math.floor(now / 1000) - Number(timestamp);
  const expected = Buffer.from(sign(key, id, timestamp, body));
  const good = signature.split(' ').some((entry) => {
    const given = Buffer.from(entry);
    return given.length === expected.length && timingSafeEqual(given, expected);
  });
  if (!good) return { verdict: 'bad signature', reason: explainMismatch(signature) };
  if (Math.abs(age) > toleranceSeconds)
    return {
      verdict: 'expired timestamp',
      reason: `signed ${Math.abs(age)} s ${age > 0 ? 'ago' : 'ahead'}, ${toleranceSeconds} s are allowed`,
    };
  return { verdict: 'ok', reason: 'signature and timestamp are good' };
}

const explainMismatch = (signature: string): string =>
  signature.split(' ').some((entry) => entry.startsWith('v1,'))
    ? 'no v1 signature matches: another secret, or the body was changed on its way'
    : 'the header has no v1 signature';
