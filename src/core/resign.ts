import type { Delivery, HeaderPair } from './delivery.ts';
import { headerValue } from './headers.ts';
import { sign, signatureHeaders, verifySignature } from './signature.ts';

/** A request that may carry a signature. */
export interface SignedRequest {
  headers: readonly HeaderPair[];
  body: Uint8Array;
}

// Svix's names, and those of Standard Webhooks; a sender may give both, and an app may read either.
const prefixes = ['svix', 'webhook'];

/** The prefixes whose three headers are all there, each with the id and the timestamp that were signed. */
export function signatures(
  headers: readonly HeaderPair[],
): { prefix: string; id: string; timestamp: string }[] {
  return prefixes.flatMap((prefix) => {
    const [id, timestamp, signature] = ['id', 'timestamp', 'signature'].map((part) =>
      headerValue(headers, `${prefix}-${part}`),
    );
    return id && timestamp && signature ? [{ prefix, id, timestamp }] : [];
  });
}

/**
 * The headers with a fresh timestamp and signature under the same id; their names, places and all other headers
 * stay. A request without the three headers was not signed and stays as it is.
 * @param key of {@link signingKey}
 * @param now ms since the epoch; null leaves the timestamps as they are
 */
export function resign({ headers, body }: SignedRequest, key: Buffer, now: number | null): HeaderPair[] {
  const fresh = new Map(
    signatures(headers).flatMap(({ prefix, id, timestamp: old }) => {
      const timestamp = now === null ? old : String(Math.floor(now / 1000));
      return [
        [`${prefix}-timestamp`, timestamp],
        [`${prefix}-signature`, sign(key, id, timestamp, body)],
      ];
    }),
  );
  return headers.map(([name, value]) => [name, fresh.get(name.toLowerCase()) ?? value]);
}

/** How a replay is signed. */
export interface SigningOptions {
  /** Null when no Svix secret is known. */
  key: Buffer | null;
  /** ms since the epoch. */
  now: number;
  /** `fresh` signs anew where the key is known; `stale` keeps the old signature on purpose. */
  mode: 'fresh' | 'stale';
  /** Whether the body is another one than the sender signed. */
  changed: boolean;
}

/** The headers of a replay, and in words what was done about their signature. */
export function signReplay(
  request: SignedRequest,
  { key, now, mode, changed }: SigningOptions,
): { headers: readonly HeaderPair[]; note: string } {
  const [first] = signatures(request.headers);
  if (!first) return { headers: request.headers, note: 'not signed' };
  if (key && mode === 'fresh')
    return { headers: resign(request, key, now), note: `signed anew, same ${first.prefix}-id` };
  const why = mode === 'stale' ? 'as asked' : 'no --svix-secret';
  const note = changed
    ? `changed body, old signature: ${why}`
    : `kept the old signature: ${age(first.timestamp, now)}${mode === 'stale' ? '' : `, ${why}`}`;
  return { headers: request.headers, note };
}

/**
 * What goes to the app long after it came. Where its signature was good then and is too old by now, it is signed anew: an app
 * that verifies it would refuse it.
 * @param key null when no Svix secret is known
 * @param now ms since the epoch
 */
export function signLate(
  { headers, body, verification }: SignedRequest & Pick<Delivery, 'verification'>,
  key: Buffer | null,
  now: number,
): { headers: readonly HeaderPair[]; notes: readonly string[] } {
  const wasGood = key !== null && verification.svix?.verdict === 'ok';
  if (!wasGood || verifySignature(key, signatureHeaders(headers), body, now).verdict === 'ok')
    return { headers, notes: [] };
  const signed = signReplay({ headers, body }, { key, now, mode: 'fresh', changed: false });
  return { headers: signed.headers, notes: [signed.note] };
}

function age(timestamp: string, now: number): string {
  if (!/^\d{1,12}$/.test(timestamp)) return 'its timestamp is not a number of seconds';
  const seconds = Math.floor(now / 1000) - Number(timestamp);
  return seconds >= 0 ? `it is ${seconds} s old` : `it is ${-seconds} s ahead`;
}
