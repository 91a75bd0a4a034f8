import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { HeaderPair } from '../../src/core/delivery.ts';
import { maskBody, maskBodyText, maskHeaders, maskTarget, maskText } from '../../src/core/mask.ts';
import { recognise } from '../../src/core/payload.ts';
import { attemptRecord, bodyBytes, bodyRecord, deliveryRecord, freshSummary } from '../../src/core/record.ts';
import { decodeUtf8 } from '../../src/core/utf8.ts';
import { answer, delivery, endedAttempt } from '../support/deliveries.ts';
import { expectLinear } from '../support/growth.ts';

// Cannot be part of anything else that is generated.
const secret = fc.stringMatching(/^[A-Za-z0-9!#%&'()*+,./:;<=>@^`{|}~ -]{0,12}$/).map((text) => `§${text}§`);
/** A JSON string literal in which any character may be escaped, as a sender may write it. */
const escaped = (text: string): fc.Arbitrary<string> =>
  fc.array(fc.boolean(), { minLength: text.length, maxLength: text.length }).map((choices) => {
    const unit = (char: string, i: number): string =>
      choices[i]
        ? `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`
        : JSON.stringify(char).slice(1, -1);
    return `"${[...text].map(unit).join('')}"`;
  });
const key = escaped('secret');
const space = fc.constantFrom('', ' ', '\n\t');

/** What shows a secret in a text: the text itself, or the text that its JSON escapes spell. */
const shows = (text: string, value: string): boolean =>
  text.includes(value.slice(0, -1)) ||
  text.includes(JSON.stringify(value).slice(1, -2)) ||
  text
    .replace(/\\u([0-9a-f]{4})/g, (_, code) => String.fromCharCode(Number.parseInt(code, 16)))
    .includes('§');

describe('a body', () => {
  const withSecret = secret.chain((value) =>
    fc
      .tuple(key, escaped(value), space, fc.json({ noUnicodeString: true }), fc.boolean())
      .map(([name, literal, gap, other, wrapped]) => {
        const pair = `${name}${gap}:${gap}${wrapped ? `[{"a":${literal}}, 1]` : literal}`;
        return { value, pair, other };
      }),
  );

  test('never shows the secret, however it is written, nested or repeated', () => {
    fc.assert(
      fc.property(withSecret, ({ value, pair, other }) => {
        const bodies = [
          `{"metadata":{${pair}}}`,
          `{"metadata":{"a":${other},${pair}},"status":"Completed"}`,
          `{"metadata":{},"metadata":{${pair},${pair}},"metadata":{"b":{${pair}}}}`,
          `{"received":[{"metadata":{${pair}}}],"secret":1,"metadata":{"secret":"x"}}`,
          `{"metadata":{"secret":"x","rest":${other}}}\n{"metadata":{${pair}}}`,
          `\ufeff{"metadata":{${pair}}}`,
          `{"echo":${JSON.stringify(`{"metadata":{"secret":${JSON.stringify(value)}}}`)}}`,
        ];
        for (const body of bodies) {
          const masked = maskBodyText(body);
          expect(shows(masked, value), `${body} => ${masked}`).toBe(false);
          expect(masked).toContain(maskText);
        }
      }),
    );
  });

  test('never shows the secret when it is cut off anywhere', () => {
    fc.assert(
      fc.property(withSecret, ({ value, pair }) => {
        const body = `{"status":"Completed","metadata":{"secret":"x","n":{${pair}},${pair}},"job_id":"j"}`;
        for (let end = 0; end <= body.length; end++)
          expect(shows(maskBodyText(body.slice(0, end)), value), body.slice(0, end)).toBe(false);
      }),
      { numRuns: 50 },
    );
  });

  test.each([
    ['12345', 'a number'],
    ['{"v":"12345"}', 'an object'],
    ['[["12345"]]', 'an array'],
    ['-1.2345e5', 'a number with an exponent'],
    ["'12345'", 'what is no JSON at all'],
    ['12345 + "12345"', 'more than one value'],
  ])('hides the secret %s (%s), whole or cut off', (value) => {
    const body = `{"metadata":{"secret": ${value} , "z": 1}}`;
    expect(maskBodyText(body)).toBe(
      body.replace(/(?<="secret": ).*(?=, "z")/, (old) => `"${maskText}"${old.endsWith(' ') ? ' ' : ''}`),
    );
    const start = body.indexOf(value);
    for (let end = start + 1; end <= start + value.length; end++)
      expect(maskBodyText(body.slice(0, end)).slice(start).trimEnd()).toBe(`"${maskText}"`);
  });

  test('keeps every other character, and stays the same JSON but for the secrets', () => {
    const plain = fc.jsonValue().map((value) => JSON.stringify(value, null, 1));
    fc.assert(
      fc.property(plain, plain, secret, (before, after, value) => {
        const body = (inside: string): string =>
          `{ "a":${before} ,\r\n"metadata":{"secret" :${inside},"b":${after}}, "big":123456789012345678901 }`;
        expect(maskBodyText(body(JSON.stringify(value)))).toBe(body(`"${maskText}"`));
      }),
    );
  });

  test('without a key "secret" is not touched', () => {
    const bodies = [
      '',
      'secret=hunter2',
      '{"secretary":"x","a":"secret","b":["secret",":"]}',
      '{"a":"the \\"secret\\" is out"}',
      '{"secret"}',
      '{"a":"\\u0041"}',
    ];
    for (const body of bodies) expect(maskBodyText(body)).toBe(body);
    fc.assert(
      fc.property(fc.uint8Array(), (body) => {
        if (!Buffer.from(body).includes('secret')) expect(maskBody(body)).toBe(body);
      }),
    );
  });

  test('that is no UTF-8 hides its secret too, and keeps all other bytes', () => {
    const tail = Buffer.from([0x22, 0x7d, 0x7d, 0xe2, 0x82]);
    const cut = Buffer.concat([Buffer.from('{"metadata":{"name":"é","secret":"hunter2'), tail]);
    expect(decodeUtf8(cut)).toBeNull();
    const expected = Buffer.concat([Buffer.from(`{"metadata":{"name":"é","secret":"${maskText}`), tail]);
    expect(Buffer.from(maskBody(cut))).toEqual(expected);
    const record = bodyRecord(cut, { secrets: false });
    expect(record).toMatchObject({ encoding: 'base64', size: cut.length, masked: true });
    expect(bodyBytes(record)).toEqual(expected);
    expect(bodyBytes(bodyRecord(cut, { secrets: true }))).toEqual(cut);
  });

  test.each(['x', '"', '\\', '{"secret":', '"secret":"', '\\"secret\\":\\"', '{'])(
    'of two megabytes of %j is masked in linear time',
    (part) =>
      expectLinear((size) => {
        const body = `"secret ${part.repeat(size / part.length)}`;
        return () => maskBodyText(body);
      }, 256 * 1024),
  );
});

describe('headers', () => {
  test.each([
    'Authorization',
    'proxy-authorization',
    'X-Forwarded-Authorization',
    'Cookie',
    'Set-Cookie',
    'X-Api-Key',
    'apikey',
    'x-api_key',
    'X-Auth-Token',
    'X-Webhook-Secret',
    'svix-signature',
    'Webhook-Signature',
    'X-Hub-Signature-256',
    'X-Password',
  ])('hide %s', (name) => {
    expect(maskHeaders([[name, 'Bearer hunter2']])).toEqual([[name, maskText]]);
  });

  test('show all others, in order and as they came', () => {
    const headers: HeaderPair[] = [
      ['Host', 'a'],
      ['svix-id', 'msg_1'],
      ['svix-timestamp', '1'],
      ['X-A', ''],
      ['x-a', 'b'],
      ['Content-Type', 'application/json'],
    ];
    expect(maskHeaders(headers)).toEqual(headers);
  });
});

describe('a target', () => {
  test.each([
    ['/hook?token=hunter2', `/hook?token=${maskText}`],
    ['/hook?a=1&secret=hunter2&b=2', `/hook?a=1&secret=${maskText}&b=2`],
    ['/hook?webhook_secret=hunter2', `/hook?webhook_secret=${maskText}`],
    ['/hook?API-KEY=hunter2#top', `/hook?API-KEY=${maskText}#top`],
    ['/hook?s%65cret=hunter2', `/hook?s%65cret=${maskText}`],
    ['/hook?token=a=hunter2', `/hook?token=${maskText}`],
    ['/hook?token=x&token=hunter2', `/hook?token=${maskText}&token=${maskText}`],
    ['http://localhost:3000/?sig=hunter2', `http://localhost:3000/?sig=${maskText}`],
  ])('%s hides its secret', (target, masked) => {
    expect(maskTarget(target)).toBe(masked);
  });

  test.each(['/', '/hook?', '/hook?a=b&&c', '/token=1', '/hook?monkey=1', '/hook?%zz=1', '/a?b=%20+c', '*'])(
    '%s stays as it is',
    (target) => {
      expect(maskTarget(target)).toBe(target);
    },
  );
});

test('a delivery and its attempts, as JSON, show the secret nowhere unless asked to', () => {
  const value = 'hunter2§';
  const body = Buffer.from(`{"status":"Completed","job_id":"j","metadata":{"secret":"${value}"}}`);
  const headers: HeaderPair[] = [['X-Secret', value]];
  const one = delivery({ target: `/?token=${value}`, headers, body });
  const attempt = endedAttempt(answer(200, JSON.stringify({ echo: String(body) }), headers), {
    requestBody: body.subarray(0, -2),
    request: { method: 'POST', url: `http://localhost/?token=${value}`, headers },
  });
  const records = (secrets: boolean): string =>
    JSON.stringify([deliveryRecord(one, freshSummary(one), secrets), attemptRecord(attempt, secrets)]);
  expect(records(false)).not.toContain('hunter');
  expect(records(true).split('hunter').length - 1).toBe(9);
  const broken = {
    ...one,
    body: Buffer.from(`{"metadata":{"secret":"${value}"`),
    recognition: recognise(Buffer.from(`"secret":"${value}"`)),
  };
  expect(JSON.stringify(deliveryRecord(broken, freshSummary(broken), false))).not.toContain('hunter');
});
