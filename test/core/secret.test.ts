import { describe, expect, test } from 'vitest';
import { cleanSecret, cleanSvixSecret } from '../../src/core/secret.ts';
import { signingKey } from '../../src/core/signature.ts';
import { createVerifier } from '../../src/core/verification.ts';

const whsec = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';

describe('a secret as it is pasted', () => {
  test.each([
    's3cret',
    ' s3cret ',
    's3cret\r',
    's3cret\r\n',
    '"s3cret"',
    "'s3cret'",
    '"s3cret"\r\n',
    '" s3cret "',
  ])('%j is the secret', (text) => {
    expect(cleanSecret(text)).toBe('s3cret');
  });

  test.each(['"half', "it's", '"', 'a"b"', '\'mixed"'])('%j keeps its quotes', (text) => {
    expect(cleanSecret(text)).toBe(text);
  });

  test.each([whsec, `${whsec}\r`, `"${whsec}"`, `v1,${whsec}`, whsec.replace('whsec_', '')])(
    '%j is a key',
    (text) => {
      expect(signingKey(text)).toEqual(signingKey(whsec));
    },
  );

  test('a signature in its place is named', () => {
    expect(() => cleanSvixSecret('v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=')).toThrow(
      /is a signature, not the secret/,
    );
  });
});

test('with a Svix secret that is none no signature is good, with the reason, and nothing else stops', () => {
  const verify = createVerifier({ secret: ' s3cret\r', svixSecret: 'whsec_%%%' });
  const metadata = { secret: 's3cret' };
  const recognition = {
    kind: 'reducto',
    status: 'Failed',
    jobId: 'j',
    metadata,
    metadataText: '',
    note: null,
  } as const;
  expect(verify([['svix-id', 'x']], Buffer.from('{}'), recognition, 0)).toEqual({
    secret: { verdict: 'ok', reason: 'metadata.secret is the expected one' },
    svix: { verdict: 'bad signature', reason: expect.stringContaining('not base64') },
  });
});
