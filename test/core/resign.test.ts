import fc from 'fast-check';
import { Webhook as StandardWebhook } from 'standardwebhooks';
import { Webhook } from 'svix';
import { describe, expect, it } from 'vitest';
import type { HeaderPair } from '../../src/core/delivery.ts';
import { resign, signLate, signReplay } from '../../src/core/resign.ts';
import { signatureHeaders, signedHeaders, signingKey, verifySignature } from '../../src/core/signature.ts';
import type { Verdict } from '../../src/core/verification.ts';

const secret = `whsec_${Buffer.from('a key of 24 bytes length').toString('base64')}`;
const key = signingKey(secret);
const yesterday = 1_700_000_000;
const now = (yesterday + 86_400) * 1000 + 999;
const body = Buffer.from('{"status":"Completed","job_id":"j1"}');

const signed = (prefix = 'svix'): HeaderPair[] => [
  ['Host', 'a.test'],
  [`${prefix}-ID`, 'msg_1'],
  ['X-Between', '1'],
  [`${prefix}-timestamp`, String(yesterday)],
  [`${prefix}-signature`, 'v1,old v1a,other'],
];

describe('signing anew', () => {
  it('convinces the svix and standardwebhooks libraries, whatever the body', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary' }),
        fc.constantFrom('svix', 'webhook', 'Webhook'),
        fc.string({ unit: fc.constantFrom(...'msg_-.019'), minLength: 1 }),
        (payload, prefix, id) => {
          const headers = signed(prefix).map(
            ([name, value]): HeaderPair => [name, name.endsWith('-ID') ? id : value],
          );
          const object = Object.fromEntries(
            resign({ headers, body: Buffer.from(payload) }, key, Date.now()).map(([name, value]) => [
              name.toLowerCase(),
              value,
            ]),
          );
          // The libraries verify first; what they do with the payload afterwards needs it to be JSON.
          const verify = (judge: {
            verify(payload: string, headers: Record<string, string>): unknown;
          }): void => {
            try {
              judge.verify(payload, object);
            } catch (error) {
              if (!(error instanceof SyntaxError)) throw error;
            }
          };
          verify(new Webhook(secret));
          if (prefix !== 'svix') verify(new StandardWebhook(secret));
        },
      ),
      { numRuns: 40 },
    );
  });

  it('keeps every name, place and other header', () => {
    const headers = resign({ headers: signed(), body }, key, now);
    expect(headers.map(([name]) => name)).toEqual(signed().map(([name]) => name));
    expect(headers.slice(0, 4)).toEqual([
      ['Host', 'a.test'],
      ['svix-ID', 'msg_1'],
      ['X-Between', '1'],
      ['svix-timestamp', String(yesterday + 86_400)],
    ]);
    expect(headers[4]![1]).toMatch(/^v1,[\w+/]{43}=$/);
  });

  it('signs both sets of headers where a sender gives both, each under its own id', () => {
    const both = [
      ...signed(),
      ...signed('webhook').map(([n, v]): HeaderPair => [n, v === 'msg_1' ? 'msg_2' : v]),
    ];
    const headers = resign({ headers: both, body }, key, now);
    expect(headers[4]![1]).not.toBe(headers[9]![1]);
    expect(headers.map(([, value]) => value)).not.toContain(String(yesterday));
  });

  it('leaves what was not signed', () => {
    for (const name of ['svix-ID', 'svix-timestamp', 'svix-signature']) {
      const headers = signed().filter(([other]) => other !== name);
      expect(resign({ headers, body }, key, now)).toEqual(headers);
    }
  });
});

describe('a replay', () => {
  const fresh = { key, now, mode: 'fresh', changed: false } as const;
  const note = (options: Partial<Parameters<typeof signReplay>[1]>, headers = signed()) =>
    signReplay({ headers, body }, { ...fresh, ...options });

  it.each([
    [{}, 'signed anew, same svix-id'],
    [{ changed: true }, 'signed anew, same svix-id'],
    [{ mode: 'stale' as const }, 'kept the old signature: it is 86400 s old'],
    [{ mode: 'stale' as const, now: (yesterday - 5) * 1000 }, 'kept the old signature: it is 5 s ahead'],
    [{ mode: 'stale' as const, changed: true }, 'changed body, old signature: as asked'],
    [{ key: null }, 'kept the old signature: it is 86400 s old, no --svix-secret'],
    [{ key: null, changed: true }, 'changed body, old signature: no --svix-secret'],
  ])('%j: %s', (options, expected) => {
    const { headers, note: said } = note(options);
    expect(said).toBe(expected);
    expect(headers[4]![1] === 'v1,old v1a,other').toBe(!expected.startsWith('signed'));
  });

  it('names the header it kept, and says when there is no signature', () => {
    expect(note({}, signed('webhook')).note).toBe('signed anew, same webhook-id');
    expect(note({}, [['Host', 'a.test']]).note).toBe('not signed');
    const odd = signed().map(
      ([name, value]): HeaderPair => [name, name === 'svix-timestamp' ? 'soon' : value],
    );
    expect(note({ mode: 'stale' }, odd).note).toBe(
      'kept the old signature: its timestamp is not a number of seconds',
    );
  });
});

describe('what goes out late', () => {
  const good = signedHeaders(key, { id: 'msg_1', timestamp: yesterday }, body);
  const late = (verdict: Verdict['verdict'] | null, at: number, by: Buffer | null = key) => {
    const svix = verdict === null ? null : { verdict, reason: '' };
    return signLate({ headers: good, body, verification: { secret: null, svix } }, by, at);
  };

  it('is signed anew once it is too old, and was good', () => {
    const { headers, notes } = late('ok', now);
    expect(verifySignature(key, signatureHeaders(headers), body, now).verdict).toBe('ok');
    expect(notes).toEqual(['signed anew, same svix-id']);
  });

  it.each([
    ['it is young', late('ok', yesterday * 1000 + 299_000)],
    ['no key is known', late('ok', now, null)],
    ['it was never verified', late(null, now)],
    ['it was forged', late('bad signature', now)],
    ['it was too old when it came', late('expired timestamp', now)],
  ])('stays as it is where %s', (_, { headers, notes }) => {
    expect(headers).toBe(good);
    expect(notes).toEqual([]);
  });
});
