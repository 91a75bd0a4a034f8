import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { Webhook as StandardWebhook } from 'standardwebhooks';
import { Webhook as SvixWebhook } from 'svix';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { HeaderPair } from '../../src/core/delivery.ts';
import { UserError } from '../../src/core/errors.ts';
import { sign, signatureHeaders, signingKey, verifySignature } from '../../src/core/signature.ts';
import published from '../fixtures/signatures.json' with { type: 'json' };

const [first] = published.vectors;
const sent = first!;
const key = signingKey(sent.secret);

const named = (prefix: string, id: string, timestamp: number | string, signature: string): HeaderPair[] => [
  [`${prefix}-id`, id],
  [`${prefix}-timestamp`, String(timestamp)],
  [`${prefix}-signature`, signature],
];

/** The verdict on the first vector with other headers or at another time. */
function verdict(headers: HeaderPair[], ageSeconds = 0): { verdict: string; reason: string } {
  const now = (sent.timestamp + ageSeconds) * 1000;
  return verifySignature(key, signatureHeaders(headers), Buffer.from(sent.body), now);
}

describe('the published vectors', () => {
  test.each(published.vectors)('$name', ({ secret, id, timestamp, body, signature }) => {
    expect(sign(signingKey(secret), id, timestamp, Buffer.from(body))).toBe(signature);
    const headers = signatureHeaders(named('svix', id, timestamp, signature));
    expect(verifySignature(signingKey(secret), headers, Buffer.from(body), timestamp * 1000).verdict).toBe(
      'ok',
    );
  });

  test.each(published.cases)('$name', ({ header, good }) => {
    const filled = header
      .replace('<GOOD:8>', sent.signature.slice(0, 8))
      .replace('<GOOD:-1>', sent.signature.slice(0, -1))
      .replace('<GOOD>', sent.signature)
      .replace('<DIGEST>', sent.signature.slice('v1,'.length));
    const expected = good ? 'ok' : 'bad signature';
    expect(verdict(named('svix', sent.id, sent.timestamp, filled)).verdict).toBe(expected);
  });

  test.each(published.ages)('signed $seconds s ago', ({ seconds, good }) => {
    const expected = good ? 'ok' : 'expired timestamp';
    expect(verdict(named('svix', sent.id, sent.timestamp, sent.signature), seconds).verdict).toBe(expected);
  });

  test('an asymmetric signature alone is not one that can be verified, and the reason says so', () => {
    const { id, timestamp, signature } = published.asymmetric;
    expect(verdict(named('svix', id, timestamp, signature))).toEqual({
      verdict: 'bad signature',
      reason: 'the header has no v1 signature',
    });
    expect(verdict(named('svix', id, timestamp, `${signature} ${sent.signature}`)).verdict).toBe('ok');
  });
});

describe('what is wrong is named', () => {
  test('the headers that are missing, by the names that the sender uses', () => {
    expect(verdict([]).reason).toBe('no svix-id, svix-timestamp, svix-signature header');
    expect(verdict(named('svix', sent.id, '', sent.signature)).reason).toBe('no svix-timestamp header');
    expect(verdict(named('webhook', sent.id, sent.timestamp, '')).reason).toBe('no webhook-signature header');
  });

  test('the age', () => {
    const headers = named('svix', sent.id, sent.timestamp, sent.signature);
    expect(verdict(headers, 301).reason).toBe('signed 301 s ago, 300 s are allowed');
    expect(verdict(headers, -4000).reason).toBe('signed 4000 s ahead, 300 s are allowed');
  });

  test.each(['abc', '1614265330.5', '-1614265330', '1e9', ' ', '9'.repeat(40)])(
    'a timestamp of %j',
    (timestamp) => {
      const signature = sign(key, sent.id, timestamp, Buffer.from(sent.body));
      expect(verdict(named('svix', sent.id, timestamp, signature))).toEqual({
        verdict: 'expired timestamp',
        reason: 'the timestamp is not a number of seconds',
      });
    },
  );

  test('a changed body, id or timestamp, and another secret', () => {
    const headers = named('svix', sent.id, sent.timestamp, sent.signature);
    const check = (body: string, secret = sent.secret): string =>
      verifySignature(signingKey(secret), signatureHeaders(headers), Buffer.from(body), sent.timestamp * 1000)
        .verdict;
    expect(check(sent.body)).toBe('ok');
    expect(check(sent.body.replace(' ', ''))).toBe('bad signature');
    expect(check(`${sent.body}\n`)).toBe('bad signature');
    expect(check(sent.body, 'whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD')).toBe('bad signature');
    expect(verdict(named('svix', `${sent.id}x`, sent.timestamp, sent.signature)).verdict).toBe(
      'bad signature',
    );
    expect(verdict(named('svix', sent.id, sent.timestamp + 1, sent.signature)).verdict).toBe('bad signature');
  });
});

describe('header names', () => {
  const good = (prefix: string): HeaderPair[] => named(prefix, sent.id, sent.timestamp, sent.signature);

  test('webhook-* (Standard Webhooks) is read as well, in any case', () => {
    expect(verdict(good('webhook')).verdict).toBe('ok');
    expect(verdict(good('WebHook')).verdict).toBe('ok');
  });

  test('svix-* wins where both are there', () => {
    const bad = named('svix', sent.id, sent.timestamp, 'v1,no');
    expect(verdict([...good('webhook'), ...bad]).verdict).toBe('bad signature');
    expect(verdict([...good('svix'), ...named('webhook', 'x', 1, 'v1,no')]).verdict).toBe('ok');
  });
});

describe('secrets', () => {
  test('are taken with and without their prefix and padding', () => {
    const padded = Buffer.alloc(25, 7).toString('base64');
    expect(padded.endsWith('=')).toBe(true);
    for (const secret of [`whsec_${padded}`, padded, padded.replace(/=+$/, '')])
      expect(signingKey(secret)).toEqual(Buffer.alloc(25, 7));
  });

  test.each([
    '',
    'whsec_',
    'whsec_a',
    'whsec_with space',
    'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaS_',
    'hunter2!',
  ])('%j is refused without being repeated', (secret) => {
    expect(() => signingKey(secret)).toThrow(UserError);
    expect(() => signingKey(secret)).toThrow(/not base64 after "whsec_"/);
  });
});

describe('the official libraries agree', () => {
  const timestamp = 1_700_000_000;
  beforeEach(() => void vi.useFakeTimers({ now: timestamp * 1000, toFake: ['Date'] }));
  afterEach(() => void vi.useRealTimers());

  const secret = fc
    .uint8Array({ minLength: 24, maxLength: 64 })
    .map((bytes) => `whsec_${Buffer.from(bytes).toString('base64')}`);
  const id = fc.stringMatching(/^msg_[A-Za-z0-9]{1,30}$/);
  const body = fc.json();

  /** Whether a library takes it. */
  function accepts(verify: () => unknown): boolean {
    try {
      verify();
      return true;
    } catch {
      return false; // their way to say no
    }
  }

  const both = (withSecret: string, text: string, headers: (prefix: string) => HeaderPair[]): boolean[] => [
    accepts(() => new SvixWebhook(withSecret).verify(text, Object.fromEntries(headers('svix')))),
    accepts(() => new StandardWebhook(withSecret).verify(text, Object.fromEntries(headers('webhook')))),
  ];

  test('what we sign they verify, and they sign what we sign', () => {
    fc.assert(
      fc.property(secret, id, body, (withSecret, msg, text) => {
        const signature = sign(signingKey(withSecret), msg, timestamp, Buffer.from(text));
        expect(both(withSecret, text, (prefix) => named(prefix, msg, timestamp, signature))).toEqual([
          true,
          true,
        ]);
        expect(new SvixWebhook(withSecret).sign(msg, new Date(), text)).toBe(signature);
        expect(new StandardWebhook(withSecret).sign(msg, new Date(), text)).toBe(signature);
      }),
      { numRuns: 200 },
    );
  });

  test('they and we give the same verdict on what was tampered with', () => {
    const entries = fc.array(fc.constantFrom('GOOD', 'v1,', 'v1', 'v2,GOOD', 'v1a,x', '', 'v1,AAAA', ','), {
      maxLength: 4,
    });
    const offset = fc.constantFrom(0, 1, 299, 300, 301, -300, -301, 100_000);
    fc.assert(
      fc.property(
        secret,
        id,
        body,
        entries,
        offset,
        fc.boolean(),
        (withSecret, msg, text, list, age, changed) => {
          const at = timestamp - age;
          const good = sign(signingKey(withSecret), msg, at, Buffer.from(text));
          const signature = list
            .map((entry) => entry.replace('v2,GOOD', good.replace('v1', 'v2')).replace('GOOD', good))
            .join(' ');
          const arrived = changed ? `${text} ` : text;
          const ours = verifySignature(
            signingKey(withSecret),
            signatureHeaders(named('svix', msg, at, signature)),
            Buffer.from(arrived),
            Date.now(),
          );
          const theirs = both(withSecret, arrived, (prefix) => named(prefix, msg, at, signature));
          expect(theirs).toEqual([ours.verdict === 'ok', ours.verdict === 'ok']);
        },
      ),
      { numRuns: 500 },
    );
  });

  test('any mixture of svix-* and webhook-* is to svix what it is to us', () => {
    const signature = sign(key, sent.id, timestamp, Buffer.from(sent.body));
    const all = ['svix', 'webhook'].flatMap((prefix) => named(prefix, sent.id, timestamp, signature));
    const headers = fc.subarray([...all, ...named('svix', '', 1, 'v1,no'), ...named('webhook', 'x', '', '')]);
    const distinct = headers.map((pairs) => [...new Map(pairs)]);
    fc.assert(
      fc.property(distinct, (pairs) => {
        const ours = verifySignature(
          key,
          signatureHeaders(pairs),
          Buffer.from(sent.body),
          Date.now(),
        ).verdict;
        const svix = new SvixWebhook(sent.secret);
        expect(accepts(() => svix.verify(sent.body, Object.fromEntries(pairs)))).toBe(ours === 'ok');
      }),
      { numRuns: 500 },
    );
  });

  test('bytes that are no text are signed as they are', () => {
    const bytes = randomBytes(1000);
    const headers = signatureHeaders(named('svix', 'm', timestamp, sign(key, 'm', timestamp, bytes)));
    expect(verifySignature(key, headers, bytes, Date.now()).verdict).toBe('ok');
    expect(verifySignature(key, headers, Buffer.from(bytes.toString('utf8')), Date.now()).verdict).toBe(
      'bad signature',
    );
  });
});
