import { createHash, timingSafeEqual } from 'node:crypto';
import { UserError } from './errors.ts';
import type { HeaderPair } from './headers.ts';
import type { Recognition } from './payload.ts';
import { cleanSecret } from './secret.ts';
import { signatureHeaders, signingKey, verifySignature } from './signature.ts';

/** The outcome of one way to verify, with the reason in a person's words. */
export interface Verdict {
  verdict: 'ok' | 'missing' | 'mismatch' | 'expired timestamp' | 'bad signature';
  reason: string;
}

/** Both ways; null where no secret to verify with was given. */
export interface Verification {
  secret: Verdict | null;
  svix: Verdict | null;
}

/** Checks a delivery; takes its headers, raw body, what was recognised in it, and the time in ms. */
export type Verifier = (
  headers: readonly HeaderPair[],
  body: Uint8Array,
  recognition: Recognition,
  now: number,
) => Verification;

/**
 * Builds the verifier for the secrets the user gave. With a Svix secret that is none, no signature is good: a slip
 * in it neither keeps deliveries out nor lets them in unseen.
 * @param secrets `secret` is compared with `metadata.secret`; `svixSecret` is a `whsec_…`
 */
export function createVerifier(secrets: {
  secret?: string | undefined;
  svixSecret?: string | undefined;
}): Verifier {
  const secret = secrets.secret === undefined ? null : cleanSecret(secrets.secret);
  const key = secrets.svixSecret === undefined ? null : keyOrReason(secrets.svixSecret);
  return (headers, body, recognition, now) => ({
    secret: secret === null ? null : checkSecret(secret, recognition),
    svix:
      key === null
        ? null
        : typeof key === 'string'
          ? { verdict: 'bad signature', reason: key }
          : verifySignature(key, signatureHeaders(headers), body, now),
  });
}

/** The key of a Svix secret, or why there is none, in a person's words. */
export function keyOrReason(svixSecret: string): Buffer | string {
  try {
    return signingKey(svixSecret);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return error.message;
  }
}

/** True or false when something was verified, null when nothing was asked for. */
export function isVerified({ secret, svix }: Verification): boolean | null {
  const verdicts = [secret, svix].filter((verdict) => verdict !== null);
  return verdicts.length === 0 ? null : verdicts.every(({ verdict }) => verdict === 'ok');
}

function checkSecret(expected: string, recognition: Recognition): Verdict {
  if (recognition.kind === 'other')
    return { verdict: 'missing', reason: `not a Reducto payload: ${recognition.reason}` };
  const { metadata } = recognition;
  const given =
    typeof metadata === 'object' && metadata !== null ? (metadata as { secret?: unknown }).secret : undefined;
  if (given === undefined || given === null)
    return { verdict: 'missing', reason: 'metadata has no "secret"' };
  if (typeof given !== 'string') return { verdict: 'mismatch', reason: 'metadata.secret is not a string' };
  return sameText(given, expected)
    ? { verdict: 'ok', reason: 'metadata.secret is the expected one' }
    : { verdict: 'mismatch', reason: 'metadata.secret is not the expected one' };
}

const sameText = (a: string, b: string): boolean => timingSafeEqual(sha256(a), sha256(b));
const sha256 = (text: string): Buffer => createHash('sha256').update(text).digest();
