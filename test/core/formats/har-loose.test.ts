import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { UserError } from '../../../src/core/errors.ts';
import { readDeliveries } from '../../../src/core/formats/index.ts';
import { importedLine, readLine } from '../../../src/core/formats/ndjson.ts';

const now = Date.UTC(2026, 10, 26);
const good = {
  startedDateTime: '2026-11-20T10:00:00.000Z',
  request: {
    method: 'POST',
    url: 'http://localhost:4140/webhook?a=1',
    httpVersion: 'HTTP/1.1',
    headers: [
      { name: 'Content-Type', value: 'application/json' },
      { name: 'Cookie', value: 'a=1' },
    ],
    cookies: [{ name: 'a', value: '1' }],
    queryString: [{ name: 'a', value: '1' }],
    bodySize: 7,
    postData: { mimeType: 'application/json', text: '{"a":1}' },
  },
};
const har = (...entries: unknown[]): string => JSON.stringify({ log: { version: '1.2', entries } });
const read = (...entries: unknown[]) => readDeliveries(Buffer.from(har(...entries)), now);
const one = (change: object) => {
  const { deliveries, warnings } = read({ ...good, request: { ...good.request, ...change } });
  const [delivery] = deliveries;
  return { ...delivery!, text: Buffer.from(delivery!.body).toString(), warnings };
};
const headers = (...pairs: unknown[][]) =>
  one({
    headers: [['Content-Type', 'x/y'], ['Cookie', ''], ...pairs].map(([name, value]) => ({ name, value })),
  });

describe('a header that none can send', () => {
  it.each<[unknown[], string[][], RegExp]>([
    [['X-A', 'one\r\n  two'], [['X-A', 'one two']], /"X-A" had line breaks/],
    [
      ['X-A', 'one\ntwo\r\nthree'],
      [
        ['X-A', 'one'],
        ['X-A', 'two'],
        ['X-A', 'three'],
      ],
      /lines of its header "X-A"/,
    ],
    [['X-A', 'one\r\n'], [['X-A', 'one']], /"X-A" had line breaks/],
    [['X-A', 'a\0b\x1b[2Jc'], [['X-A', 'a b [2Jc']], /"X-A" had line breaks or control characters/],
    [['X-A', null], [], /"X-A" is left out: its value is no text/],
    [['X-A', { b: 1 }], [], /"X-A" is left out: its value is no text/],
    [['X-A', 'a'.repeat(300_000)], [], /"X-A" is left out: its value is too long/],
    // Of two or three bytes each, which is what is sent.
    [['X-A', '名'.repeat(100_000)], [], /"X-A" is left out: its value is too long/],
    [['X A', 'b'], [], /"X A" is left out: is not a header name/],
    [[undefined, 'b'], [], /"" is left out/],
  ])('loses no other: case %#', (bad, expected, warning) => {
    const found = headers(['X-Before', '1'], bad, ['X-After', '2']);
    expect(found.headers.slice(2)).toEqual([['X-Before', '1'], ...expected, ['X-After', '2']]);
    expect(found.warnings).toEqual([expect.stringMatching(/^entry 1: /)]);
    expect(found.warnings[0]).toMatch(warning);
  });

  it('is left as it is where it can be sent', () => {
    const found = headers(['X-Number', 5], [' X-Space: ', 'a\tb'], [':authority', 'api.test']);
    expect(found.headers.slice(2)).toEqual([
      ['X-Number', '5'],
      ['X-Space', 'a\tb'],
    ]);
    expect(found.warnings).toEqual([]);
  });

  it('counts where there are too many: the first are taken', () => {
    const found = one({
      headers: Array.from({ length: 10_002 }, () => ({ name: 'X-A', value: '1' })),
      cookies: [],
    });
    expect(found.headers).toHaveLength(10_000);
    expect(found.warnings).toEqual(['entry 1: only 10000 of its 10002 headers are taken']);
  });

  it('is told of a few times for an entry', () => {
    const found = headers(...Array.from({ length: 9 }, () => ['X A', '1']));
    expect(found.warnings[0]).toMatch(/; 4 more$/);
  });
});

describe('what stands in another place only', () => {
  it.each<[string, object, object, RegExp]>([
    [
      'cookies',
      {
        headers: [{ name: 'A', value: '1' }],
        cookies: [
          { name: 'a', value: '1' },
          { name: 'b', value: '2' },
        ],
      },
      {
        headers: [
          ['A', '1'],
          ['Cookie', 'a=1; b=2'],
        ],
      },
      /cookie header was put together/,
    ],
    [
      'the type',
      { headers: null, cookies: [] },
      { headers: [['Content-Type', 'application/json']] },
      /no headers/,
    ],
    [
      'the query, as it was',
      {
        url: 'http://a/b',
        queryString: [
          { name: 'a', value: '%20%7B' },
          { name: 'c', value: '' },
        ],
      },
      { target: '/b?a=%20%7B&c=' },
      /query was put together/,
    ],
    [
      'the query, decoded',
      { url: 'http://a/b', queryString: [{ name: 'a b', value: '{&}' }] },
      { target: '/b?a+b=%7B%26%7D' },
      /query was put together/,
    ],
    [
      'the path of HTTP/2',
      {
        url: undefined,
        headers: [
          { name: ':path', value: '/p?q' },
          { name: 'Cookie', value: '' },
        ],
      },
      { target: '/p?q' },
      /^$/,
    ],
  ])('is taken from there: %s', (_name, change, expected, warning) => {
    const found = one(change);
    expect(found).toMatchObject(expected);
    expect(found.warnings.join()).toMatch(warning);
  });

  it('may be written as pairs, or as one object', () => {
    expect(one({ headers: { A: '1' }, cookies: [] }).headers).toEqual([['A', '1']]);
    expect(one({ headers: [['A', '1']], cookies: [] }).headers).toEqual([['A', '1']]);
  });
});

describe('a URL that none can send', () => {
  it.each([
    ['http://a/my hook?q=a b', '/my%20hook?q=a%20b', /had spaces/],
    ['http://a/a\tb\nc', '/abc', /had spaces/],
    ['http://a/\x01', '/%01', /had spaces or control/],
    [`http://a/${'名'.repeat(40_000)}`, '/', /too long/],
    ['', '/', /has no URL/],
    [null, '/', /has no URL/],
    [{}, '/', /has no URL/],
  ])('becomes one that can be sent: case %#', (url, target, warning) => {
    const found = one({ url, queryString: [] });
    expect(found.target).toBe(target);
    expect(found.warnings).toEqual([expect.stringMatching(warning)]);
  });

  it.each([
    ['  http://a/b  ', '/b'],
    ['localhost:3000/b?c', '/b?c'],
    ['api.test:443', '/'],
  ])('%j is no scheme of its own', (url, target) => {
    expect(one({ url, queryString: [] })).toMatchObject({ target, warnings: [] });
  });
});

describe('a body that is written otherwise', () => {
  const gzip = [
    { name: 'Content-Encoding', value: 'gzip' },
    { name: 'Cookie', value: '' },
  ];

  it.each<[string, object, string]>([
    ['without its type', { postData: { text: '{"a":1}' } }, '{"a":1}'],
    ['as the text alone', { postData: '{"a":1}' }, '{"a":1}'],
    ['in base64 of many lines', { postData: { text: 'eyJh\r\nIjox\nfQ==', encoding: 'base64' } }, '{"a":1}'],
    ['in base64 without its end', { postData: { text: 'eyJhIjoxfQ', encoding: 'BASE64' } }, '{"a":1}'],
    [
      'in base64 of URLs',
      { postData: { text: '_-8', encoding: 'base64' } },
      Buffer.from([0xff, 0xef]).toString(),
    ],
  ])('is whole: %s', (_name, change, text) => {
    expect(one(change)).toMatchObject({ text, intake: 'complete', warnings: [] });
  });

  it.each<[string, object, RegExp]>([
    [
      'base64 that is none',
      { postData: { text: '%%', encoding: 'base64' } },
      /base64 of its body can't be read/,
    ],
    ['text that is none', { postData: { text: { a: 1 } } }, /lacks its body of 7 bytes/],
    ['no postData', { postData: 5 }, /lacks its body of 7 bytes/],
  ])('is marked as incomplete: %s', (_name, change, warning) => {
    expect(one(change)).toMatchObject({
      text: '',
      intake: 'aborted',
      warnings: [expect.stringMatching(warning)],
    });
  });

  it('in base64 agrees with its content-encoding, decoded before or not', () => {
    const packed = gzipSync('{"a":1}');
    const sent = one({ headers: gzip, postData: { text: packed.toString('base64'), encoding: 'base64' } });
    expect(sent).toMatchObject({ body: packed, warnings: [] });
    const decoded = one({ headers: gzip, postData: { text: 'eyJhIjoxfQ==', encoding: 'base64' } });
    expect([...decoded.body.subarray(0, 2)]).toEqual([0x1f, 0x8b]);
    expect(decoded.warnings).toEqual([expect.stringMatching(/compressed anew/)]);
  });

  it('of bytes that were written a character each is taken as they are', () => {
    const packed = gzipSync('{"a":1}');
    const found = one({
      headers: gzip,
      bodySize: packed.length,
      postData: { text: packed.toString('latin1') },
    });
    expect(found).toMatchObject({ body: packed, warnings: [] });
  });
});

describe('any field', () => {
  const paths = [
    ['startedDateTime'],
    ...Object.keys(good.request).map((key) => ['request', key]),
    ['request', 'headers', '0'],
    ['request', 'headers', '0', 'name'],
    ['request', 'headers', '0', 'value'],
    ['request', 'cookies', '0', 'name'],
    ['request', 'queryString', '0', 'value'],
    ['request', 'postData', 'text'],
    ['request', 'postData', 'mimeType'],
    ['_delivery'],
    ['_delivery', 'target'],
    ['_delivery', 'intake'],
    ['_body'],
  ];

  it('that is bad loses neither its entry nor others, and what comes of it can be carried on', () => {
    fc.assert(
      fc.property(fc.constantFrom(...paths), fc.oneof(fc.jsonValue(), fc.string()), (path, by) => {
        const { deliveries, warnings } = read(good, withValue(good, path, by), good);
        const left =
          typeof by === 'string' && path.at(-1) === 'url' && /^[a-z][a-z0-9+.-]*:/i.test(by.trim());
        expect(deliveries).toHaveLength(left ? 2 : 3);
        expect(warnings.every((warning) => warning.startsWith('entry 2: '))).toBe(true);
        for (const delivery of deliveries) expect(readLine(importedLine(delivery), 'line')).toEqual(delivery);
      }),
      { numRuns: 2000 },
    );
  });
});

function withValue(of: object, [key, ...rest]: string[], by: unknown): object {
  const copy: Record<string, unknown> = structuredClone({ ...of });
  copy[key!] = rest.length === 0 ? by : withValue((copy[key!] as object | undefined) ?? {}, rest, by);
  if (!Array.isArray(of)) return copy;
  return Object.values(copy);
}

describe('a file in gzip', () => {
  const pack = (text: string) => gzipSync(text);

  it('is unpacked', () => {
    expect(readDeliveries(pack(har(good)), now)).toMatchObject({
      deliveries: [{ method: 'POST' }],
      warnings: [],
    });
  });

  it('that was cut off gives what is left, and says so', () => {
    const packed = gzipSync(har(...Array.from({ length: 50 }, (_, i) => ({ ...good, i: Math.sin(i) }))));
    const { deliveries, warnings } = readDeliveries(packed.subarray(0, -200), now);
    expect(deliveries.length).toBeLessThan(50);
    expect(deliveries[0]).toMatchObject({ method: 'POST', target: '/webhook?a=1' });
    expect(warnings).toEqual([expect.stringMatching(/cut off/), expect.stringMatching(/broken JSON/)]);
  });

  it.each<[string, Uint8Array, RegExp]>([
    ['damaged', Buffer.from([0x1f, 0x8b, 9, 9, 9]), /gzip is damaged/],
    ['too large', gzipSync(Buffer.alloc(2000)), /over 1000 B unpacked/],
    ['zip', Buffer.from('PK\x03\x04'), /zip archive/],
  ])('is refused: %s', (_name, bytes, message) => {
    const act = () => readDeliveries(bytes, now, 1000);
    expect(act).toThrow(UserError);
    expect(act).toThrow(message);
  });
});
