import * as zlib from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Delivery, HeaderPair } from '../../../src/core/delivery.ts';
import { headerValue } from '../../../src/core/headers.ts';
import { recognise } from '../../../src/core/payload.ts';
import { pathRules } from '../../../src/core/scrub/place.ts';
import { Scrubber } from '../../../src/core/scrub/scrubber.ts';
import { standInSecrets } from '../../../src/core/scrub/secrets.ts';
import { scrubLines, scrubSummary } from '../../../src/core/scrub/summary.ts';
import { signedHeaders, signingKey } from '../../../src/core/signature.ts';
import { createVerifier } from '../../../src/core/verification.ts';
import { answer, delivery, endedAttempt, payload } from '../../support/deliveries.ts';

const json: HeaderPair[] = [['Content-Type', 'application/json']];

function scrub(change: Partial<Delivery>, scrubPath: string[] = [], scrubKeep: string[] = []) {
  const scrubber = new Scrubber(Buffer.from('key'), pathRules(scrubPath, scrubKeep));
  const item = { delivery: delivery({ headers: json, ...change }), attempts: [] };
  const { delivery: scrubbed } = scrubber.item(item);
  return { ...scrubbed, text: Buffer.from(scrubbed.body).toString(), tally: scrubber.tally };
}

const scrubBody = (body: string | Uint8Array, ...more: [string[]?, string[]?]) =>
  scrub({ body: Buffer.from(body as Uint8Array) }, ...more);

describe('JSON', () => {
  test('is the same but for the values: white space, order and form of numbers, twice the same key', () => {
    const body =
      '{ "status":"Completed",\n "b":[-12.50e3, 0, 0.05, true,null ],"a":"Ada","a":"M\\u00fcller" }';
    expect(scrubBody(body).text).toMatch(
      /^\{ "status":"Completed",\n "b":\[-[1-9]\d\.[1-9]\de3, 0, 0\.0[1-9], true,null \],"a":"[A-Z][a-z]{2}","a":"[A-Z]\\u00[def][\da-f][a-z]{4}" \}$/,
    );
  });

  test.each([
    ['{"status":"Failed","job_id":"j"}', /"status":"Failed"/],
    ['{"type":"async.update"}', /"type":"async\.update"/],
    [
      '{"blocks":[{"type":"Section Header","bbox":{"left":0.25,"page":3}}]}',
      /"type":"Section Header","bbox":\{"left":0\.25,"page":3\}/,
    ],
    [
      '{"created_at":1700000000,"at":"2024-05-01T10:00:00Z","invoice_date":"2024-05-01"}',
      /1700000000.*2024-05-01T10.*2024-05-01"/,
    ],
  ])('%s: what says what it is stays', (body, stays) => {
    expect(scrubBody(body).text).toMatch(stays);
  });

  test.each([
    ['{"name":"Completed"}', 'Completed'],
    ['{"type":"Ada Lovelace"}', 'Ada'],
    ['{"date_of_birth":"1980-02-03"}', '1980-02-03'],
    ['{"n":1700000000}', '1700000000'],
    ['{"x":"{\\"name\\":\\"Lovelace\\"}"}', 'Lovelace'],
    ['{"by":{"ada@acme.com":1}}', 'acme'],
    ['{"by":{"204a39e4-dd10-4c83-a978-0cee4af8cde2":1}}', '204a39e4'],
    ['"Lovelace"', 'Lovelace'],
    ['\ufeff{"a":"Lovelace"}', 'Lovelace'],
    ['{"a":"Lovelace"}\n{"a":"Byron"}\n', 'Byron'],
    ['{"a":"Lovelace', 'Lovelace'],
  ])('%s: what says whose it is does not', (body, gone) => {
    const { text } = scrubBody(body);
    expect(text).not.toContain(gone);
    expect(text.replace(/[\p{L}\p{N}]/gu, 'x')).toContain(body.replace(/[\p{L}\p{N}]/gu, 'x').slice(0, 5));
  });

  test('a birthday is another day', () => {
    const { birthday } = JSON.parse(scrubBody('{"birthday":"1980-02-29"}').text) as { birthday: string };
    expect(new Date(birthday).toISOString().slice(0, 10)).toBe(birthday);
  });

  test('what the user names is replaced, or stays, the deeper path first', () => {
    const body = payload('j1', {
      at: '2024-05-01',
      kind: 'invoice',
      items: [{ sku: 'A-1', page: 3, x: { sku: 'B2' } }],
    });
    const named = scrubBody(
      body,
      ['metadata.at', 'metadata.items.page', 'metadata.items.x'],
      ['metadata.kind', 'metadata.items', 'metadata.*.x.sku'],
    );
    expect(named.text).toMatch(
      /"at":"(?!2024-05-01)\d{4}-\d\d-\d\d","kind":"invoice","items":\[\{"sku":"A-1","page":[124-9],"x":\{"[a-z]{3}":"B2"\}/,
    );
  });

  test.each(['', 'a..b', 'header:', '.a', 'a['])('"%s" is no path', (path) => {
    expect(() => pathRules([path], [])).toThrow(/is not a path/);
  });
});

describe('other bodies', () => {
  const headers = (type: string, coding?: string): HeaderPair[] => [
    ['Content-Type', type],
    ...(coding === undefined ? [] : [['Content-Encoding', coding] as const]),
  ];

  test('a form', () => {
    const body = Buffer.from('name=Ada+Lovelace&mail=ada%40acme.com&ok=true&status=Failed');
    expect(scrub({ body, headers: headers('application/x-www-form-urlencoded') }).text).toMatch(
      /^name=[A-Z][a-z]{2}\+[A-Z][a-z]{7}&mail=[a-z]{3}%40[a-z]{4}\.com\.example&ok=true&status=Failed$/,
    );
  });

  test('multipart: fields, JSON and files by what they are', () => {
    const binary = Buffer.from([0, 1, 2, 255, 254, 65, 100, 97]);
    const body = Buffer.concat([
      Buffer.from('--b\r\nContent-Disposition: form-data; name="customer"\r\n\r\nAda\r\n--b\r\n'),
      Buffer.from(
        'Content-Disposition: form-data; name="meta"; filename="ada.json"\r\nContent-Type: application/json\r\n\r\n{"n":"Ada"}\r\n--b\r\n',
      ),
      Buffer.from(
        'Content-Disposition: form-data; name="file"; filename="Ada.pdf"\r\nContent-Type: application/pdf\r\n\r\n',
      ),
      Buffer.concat([binary, Buffer.from('\r\n--b--\r\n')]),
    ]);
    const {
      body: scrubbed,
      text,
      tally,
    } = scrub({ body, headers: headers('multipart/form-data; boundary=b') });
    expect(text).not.toMatch(/ada/i);
    expect(text).toMatch(/name="customer"\r\n\r\n[A-Z][a-z]{2}\r\n--b\r\n/);
    expect(text).toMatch(
      /filename="[a-z]{3}\.json"\r\nContent-Type: application\/json\r\n\r\n\{"n":"[A-Z][a-z]{2}"\}/,
    );
    expect(scrubbed).toHaveLength(body.length);
    expect(tally.notes).toEqual([
      '#1: its body has a part that is not text: as many random bytes stand for it',
    ]);
  });

  test('that is too long to be looked at word by word is replaced whole', () => {
    const body = Buffer.from(JSON.stringify({ names: Array.from({ length: 60_000 }, (_, i) => `ada${i}`) }));
    const { body: scrubbed, text, tally } = scrub({ body });
    expect(text).not.toMatch(/ada/);
    expect(scrubbed).toHaveLength(body.length);
    expect(tally.notes).toEqual(['#1: its body is longer than 512 KB: as many random bytes stand for it']);
  });

  test.each(['gzip', 'deflate', 'br'])('%s is compressed again', (coding) => {
    const encode = { gzip: zlib.gzipSync, deflate: zlib.deflateSync, br: zlib.brotliCompressSync }[coding]!;
    const decode = { gzip: zlib.gunzipSync, deflate: zlib.inflateSync, br: zlib.brotliDecompressSync }[
      coding
    ]!;
    const packed = encode('{"name":"Ada"}');
    const { body, headers: pairs } = scrub({
      body: packed,
      headers: [...headers('application/json', coding), ['content-length', String(packed.length)]],
    });
    expect(String(decode(body))).toMatch(/^\{"name":"(?!Ada)[A-Z][a-z]{2}"\}$/);
    expect(headerValue(pairs, 'content-length')).toBe(String(body.length));
  });

  test.each([
    ['bytes', Buffer.from([0, 1, 2, 3, 250, 65, 100, 97, 33]), undefined, 'is not text'],
    ['a coding that it is not', Buffer.from('Ada Lovelace'), 'gzip', 'is not what its content-encoding says'],
  ])('%s: as many others, and told', (_, body, coding, why) => {
    const scrubbed = scrub({ body, headers: headers('application/octet-stream', coding) });
    expect(scrubbed.body).toHaveLength(body.length);
    expect(Buffer.from(scrubbed.body).equals(body)).toBe(false);
    expect(scrubbed.tally.notes.join()).toContain(why);
  });
});

test.each<[name: string, value: string, becomes: RegExp]>([
  ['User-Agent', 'Ada/1.0', /^Ada\/1\.0$/],
  ['Host', 'my-tunnel.loca.lt:443', /^[a-z]{2}-[a-z]{6}\.[a-z]{4}\.lt\.example:443$/],
  ['X-Forwarded-For', '8.8.8.8, 10.0.0.7', /^(?!8\.8)[\d.]+, 10\.(?!0\.0\.7)[\d.]+$/],
  ['Authorization', 'Bearer abc123', /^Bearer (?!abc123)[a-z]{3}\d{3}$/],
  ['Cookie', 'sid=abc; t=%7Bx1', /^sid=(?!abc)[a-z]{3}; t=%7B[a-z]\d$/],
  [
    'Set-Cookie',
    'sid=abc; Path=/; Domain=acme.io; HttpOnly',
    /^sid=(?!abc)[a-z]{3}; Path=\/; Domain=(?!acme)[a-z.]+; HttpOnly$/,
  ],
  ['X-Customer', 'M\xc3\xbcller', /^(?!M\xc3\xbc)[A-Z]\xc3[\x80-\xbf][a-z]{4}$/],
  [
    'Referer',
    'https://acme.io/Ada?x=1',
    /^https:\/\/(?!acme)[a-z]{4}\.io\.example\/(?!Ada)[A-Z][a-z]{2}\?x=[2-9]$/,
  ],
])('the header %s: %s', (name, value, becomes) => {
  const { headers } = scrub({ headers: [[name, value]] });
  expect(headers).toEqual([[name, expect.stringMatching(becomes)]]);
});

test('a target keeps its route, and what the user wants of it', () => {
  const target = '/api/webhook/acme?customer=Ada&token=abc1&ok=true';
  expect(scrub({ target }).target).toMatch(
    /^\/api\/webhook\/(?!acme)[a-z]{4}\?customer=(?!Ada)[A-Z][a-z]{2}&token=(?!abc1)[a-z]{3}\d&ok=true$/,
  );
  expect(scrub({ target }, ['path:'], ['query:customer']).target).toMatch(
    /^\/(?!api)[a-z]{3}\/(?!webhook)[a-z]{7}\/[a-z]{4}\?customer=Ada&/,
  );
  expect(scrub({ target }, [], ['path:']).target).toMatch(/^\/api\/webhook\/acme\?customer=(?!Ada)/);
});

describe('signatures', () => {
  const now = Date.UTC(2026, 4, 6, 7, 8, 9);
  const key = signingKey('whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw');
  const body = Buffer.from(
    payload('204a39e4-dd10-4c83-a978-0cee4af8cde2', { secret: 'hunter22', name: 'Ada' }),
  );
  const verify = createVerifier(standInSecrets);

  test.each(['svix', 'webhook'] as const)(
    'of %s-* are good with the stand-in secrets, under another id',
    (prefix) => {
      const headers = [
        ...json,
        ...signedHeaders(key, { id: 'msg_2abcdefghi', timestamp: now / 1000, prefix }, body),
      ];
      const { body: scrubbed, headers: pairs, tally } = scrub({ body, headers });
      expect(verify(pairs, scrubbed, recognise(scrubbed), now)).toEqual({
        secret: { verdict: 'ok', reason: expect.anything() as string },
        svix: { verdict: 'ok', reason: expect.anything() as string },
      });
      expect(headerValue(pairs, `${prefix}-id`)).toMatch(/^msg_(?!2abcdefghi)/);
      expect([tally.signed, tally.secrets]).toEqual([1, 1]);
    },
  );

  test('that were bad are bad, and so are secrets', () => {
    const headers = [...json, ...signedHeaders(key, { id: 'msg_2abcdefghi', timestamp: now / 1000 }, body)];
    const verification = createVerifier({ secret: 'another', svixSecret: standInSecrets.svixSecret })(
      headers,
      body,
      recognise(body),
      now,
    );
    const { body: scrubbed, headers: pairs } = scrub({ body, headers, verification });
    const verdicts = verify(pairs, scrubbed, recognise(scrubbed), now);
    expect([verdicts.secret?.verdict, verdicts.svix?.verdict]).toEqual(['mismatch', 'bad signature']);
  });
});

test('what came back from the app is scrubbed with it', () => {
  const scrubber = new Scrubber(Buffer.from('key'));
  const { delivery: scrubbed, attempts } = scrubber.item({
    delivery: delivery({ body: Buffer.from('{"user":"Lovelace"}') }),
    attempts: [
      endedAttempt(answer(200, '{"of":"Lovelace"}', [['x-user', 'Lovelace']]), {
        ...{ endpoint: 'http://acme.io/Lovelace', notes: ['for Lovelace'] },
        request: { method: 'POST', url: 'http://acme.io/Lovelace', headers: [['x-user', 'Lovelace']] },
        requestBody: Buffer.from('Lovelace'),
      }),
    ],
  });
  const told = JSON.stringify([scrubbed, attempts], (_, value: unknown) =>
    value instanceof Uint8Array ? Buffer.from(value).toString() : value,
  );
  expect(told).not.toContain('Lovelace');
  const [, user] = /"user\\?":\\?"(\w+)/.exec(Buffer.from(scrubbed.body).toString())!;
  expect(attempts[0]!.outcome).toMatchObject({ headers: [['x-user', user]], bodySize: 17 });
});

test('the summary says what and where, never what stood there', () => {
  const { tally } = scrub({
    body: Buffer.from(
      payload('204a39e4-dd10-4c83-a978-0cee4af8cde2', {
        name: 'Ada',
        mail: 'ada@x.io',
        by: { '+4915123456789': 'x' },
      }),
    ),
    target: '/webhook?ada%40acme.com=Lovelace',
  });
  const lines = scrubLines(scrubSummary(tally)).join('\n');
  expect(lines).toMatch(/^Scrubbed: 1 name, 1 mail address, 1 IP address, /);
  expect(lines).toContain('metadata.name (1)');
  expect(lines).not.toMatch(/ada@|acme|Lovelace|49151234/i);
});

test('the structure of any JSON is the same, and so is that of a scrubbed one', () => {
  const shape = (value: unknown): unknown =>
    Array.isArray(value)
      ? value.map(shape)
      : typeof value === 'object' && value !== null
        ? Object.values(value).map(shape)
        : typeof value === 'string' || typeof value === 'number'
          ? typeof value
          : value;
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const once = scrubBody(JSON.stringify(value)).text;
      expect(shape(JSON.parse(once))).toEqual(shape(value));
      expect(shape(JSON.parse(scrubBody(once).text))).toEqual(shape(value));
    }),
  );
});
