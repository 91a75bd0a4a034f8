import { describe, expect, test } from 'vitest';
import { recognise } from '../../src/core/payload.ts';
import { sign, signingKey } from '../../src/core/signature.ts';
import { createVerifier, isVerified, type Verification } from '../../src/core/verification.ts';

const now = 1_700_000_000_000;

const payload = (metadata: string): Buffer =>
  Buffer.from(`{"status":"Completed","job_id":"j","metadata":${metadata}}`);

function verify(
  secrets: { secret?: string; svixSecret?: string },
  body: Buffer,
  headers: [string, string][] = [],
) {
  return createVerifier(secrets)(headers, body, recognise(body), now);
}

describe('metadata.secret', () => {
  test.each([
    ['{"secret":"s3cret"}', 'ok', 'metadata.secret is the expected one'],
    ['{"secret":"s\\u0033cret"}', 'ok', 'metadata.secret is the expected one'],
    ['{"secret":"other","secret":"s3cret"}', 'ok', 'metadata.secret is the expected one'],
    ['{"secret":"s3cret "}', 'mismatch', 'metadata.secret is not the expected one'],
    ['{"secret":"S3CRET"}', 'mismatch', 'metadata.secret is not the expected one'],
    ['{"secret":""}', 'mismatch', 'metadata.secret is not the expected one'],
    ['{"secret":["s3cret"]}', 'mismatch', 'metadata.secret is not a string'],
    ['{"secret":true}', 'mismatch', 'metadata.secret is not a string'],
    ['{"secret":null}', 'missing', 'metadata has no "secret"'],
    ['{"__proto__":{"secret":"s3cret"}}', 'missing', 'metadata has no "secret"'],
    ['["s3cret"]', 'missing', 'metadata has no "secret"'],
    ['"s3cret"', 'missing', 'metadata has no "secret"'],
    ['null', 'missing', 'metadata has no "secret"'],
  ])('metadata %s is %s', (metadata, verdict, reason) => {
    expect(verify({ secret: 's3cret' }, payload(metadata)).secret).toEqual({ verdict, reason });
  });

  test('is missing from what is no Reducto payload, and the reason says why it is none', () => {
    expect(verify({ secret: 's' }, Buffer.from('[]')).secret).toEqual({
      verdict: 'missing',
      reason: 'not a Reducto payload: the body is an array, not a JSON object',
    });
  });
});

describe('both ways together', () => {
  const svixSecret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
  const body = payload('{"secret":"s"}');
  const signed: [string, string][] = [
    ['Svix-Id', 'msg_1'],
    ['SVIX-TIMESTAMP', String(now / 1000)],
    ['svix-signature', sign(signingKey(svixSecret), 'msg_1', now / 1000, body)],
  ];

  test('nothing was verified when no secret is known', () => {
    const verification = verify({}, body, signed);
    expect(verification).toEqual({ secret: null, svix: null });
    expect(isVerified(verification)).toBeNull();
  });

  test('each is checked by itself, and both have to be good', () => {
    const both = verify({ secret: 's', svixSecret }, body, signed);
    expect([both.secret?.verdict, both.svix?.verdict, isVerified(both)]).toEqual(['ok', 'ok', true]);
    const one = verify({ secret: 'other', svixSecret }, body, signed);
    expect([one.secret?.verdict, one.svix?.verdict, isVerified(one)]).toEqual(['mismatch', 'ok', false]);
    const other = verify({ secret: 's', svixSecret }, body);
    expect([other.secret?.verdict, other.svix?.verdict, isVerified(other)]).toEqual(['ok', 'missing', false]);
  });

  test('every verdict but ok counts as not verified', () => {
    for (const verdict of ['missing', 'mismatch', 'expired timestamp', 'bad signature'] as const) {
      const verification: Verification = { secret: null, svix: { verdict, reason: '' } };
      expect(isVerified(verification)).toBe(false);
    }
  });
});
