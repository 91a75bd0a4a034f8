import * as zlib from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formats, readDeliveries } from '../../../src/core/formats/index.ts';
import { anyDelivery } from './arbitraries.ts';

const now = Date.UTC(2026, 0, 2);
const json = '{"status":"Completed","job_id":"j-1","metadata":{"k":"v & w=1"}}';
const request = (change: object = {}) => ({
  method: 'POST',
  url: 'http://localhost:4140/webhook?a=1',
  httpVersion: 'HTTP/1.1',
  headers: [{ name: 'Content-Type', value: 'application/json' }],
  postData: { mimeType: 'application/json', text: json },
  ...change,
});
const entry = (change: object = {}, time: unknown = '2026-11-20T10:00:00.000Z') => ({
  startedDateTime: time,
  request: request(change),
});
const har = (...entries: object[]): string => JSON.stringify({ log: { version: '1.2', entries } });
const read = (text: string | Uint8Array) => readDeliveries(Buffer.from(text), now);
const one = (change: object) => {
  const { deliveries, warnings } = read(har(entry(change)));
  return { ...deliveries[0]!, text: Buffer.from(deliveries[0]!.body).toString(), warnings };
};
const form = (mimeType: string, params: object[], bodySize = -1) =>
  one({ headers: [{ name: 'content-type', value: mimeType }], postData: { mimeType, params }, bodySize });

describe('a HAR whose bodies were decoded', () => {
  it.each([
    ['gzip', zlib.gunzipSync],
    ['br', zlib.brotliDecompressSync],
    ['deflate', zlib.inflateSync],
  ])('of %s are compressed again, so that headers and body agree', (coding, decode) => {
    const found = one({ headers: [{ name: 'Content-Encoding', value: coding }], bodySize: 77 });
    expect(decode(found.body).toString()).toBe(json);
    expect(found.intake).toBe('complete');
    expect(found.warnings).toEqual([expect.stringMatching(/^entry 1: .*compressed anew/)]);
  });

  it('of a coding that is not known are marked as incomplete', () => {
    const found = one({ headers: [{ name: 'Content-Encoding', value: 'nonsense' }] });
    expect(found).toMatchObject({ intake: 'aborted', text: json });
    expect(found.warnings).toHaveLength(1);
  });

  it('that were written as text although they are none are marked', () => {
    const gzip = [{ name: 'Content-Encoding', value: 'gzip' }];
    expect(one({ headers: gzip, postData: { text: '\x1f\ufffd\b' } })).toMatchObject({ intake: 'aborted' });
  });
});

describe('a HAR with the fields of a form in place of its text', () => {
  it('has its multipart body built again', () => {
    const found = form('multipart/form-data; boundary=----AbC', [
      { name: 'title', value: 'Invoice "1"' },
      { name: 'file', fileName: 'a.pdf', contentType: 'application/pdf', value: '%PDF-1.4' },
    ]);
    expect(found.text).toBe(
      [
        '------AbC',
        'Content-Disposition: form-data; name="title"',
        '',
        'Invoice "1"',
        '------AbC',
        'Content-Disposition: form-data; name="file"; filename="a.pdf"',
        'Content-Type: application/pdf',
        '',
        '%PDF-1.4',
        '------AbC--',
        '',
      ].join('\r\n'),
    );
    expect(found).toMatchObject({ intake: 'complete', warnings: [expect.stringContaining('built again')] });
  });

  it('without the contents of its files, or a boundary, is marked as incomplete', () => {
    const file = { name: 'file', fileName: 'a.pdf' };
    expect(form('multipart/form-data; boundary=x', [file]).intake).toBe('aborted');
    expect(form('multipart/form-data', [{ name: 'a', value: 'b' }]).intake).toBe('aborted');
  });

  it('has JSON that was posted as a form put together', () => {
    const [name, value] = json.split(/=(.*)/s) as [string, string];
    const [first, second] = name.split('&') as [string, string];
    const found = form('application/x-www-form-urlencoded', [{ name: first }, { name: second, value }]);
    expect(found).toMatchObject({ text: json, intake: 'complete', warnings: [] });
    const whole = form('application/json', [{ name: '{"a":1}', value: '' }]);
    expect(whole).toMatchObject({ text: '{"a":1}', intake: 'complete', warnings: [] });
    expect(form('application/json', [{ name: '{"a":', value: '1' }]).intake).toBe('aborted');
  });

  it('is written as the size says: encoded already, or not', () => {
    const params = [{ name: 'a', value: 'b%20c' }];
    expect(form('application/x-www-form-urlencoded', params, 7).text).toBe('a=b%20c');
    expect(form('application/x-www-form-urlencoded', params).text).toBe('a=b%2520c');
  });
});

describe('a HAR of other hands', () => {
  it.each([
    ['2026-11-20T10:00:00.000+0530', '2026-11-20T04:30:00.000Z'],
    ['2026-11-20T10:00:00+05', '2026-11-20T05:00:00.000Z'],
    ['2026-11-20T10:00:00Z', '2026-11-20T10:00:00.000Z'],
    ['2026-11-20 10:00:00.1234567Z', '2026-11-20T10:00:00.123Z'],
  ])('has the time %s', (time, expected) => {
    const [first] = read(har(entry({}, time))).deliveries;
    expect(new Date(first!.receivedAt).toISOString()).toBe(expected);
  });

  it.each([
    ['/webhook?a=1#x', '/webhook?a=1'],
    ['webhook', '/webhook'],
    ['//host.test/webhook', '/webhook'],
    ['?a=1', '/?a=1'],
  ])('has the relative URL %s', (url, target) => {
    expect(one({ url }).target).toBe(target);
  });

  it('never loses the good entries to the bad ones', () => {
    const bad = [{}, { request: null }, { request: 1 }, 3];
    const { deliveries, warnings } = read(har(entry(), ...(bad as object[]), entry()));
    expect(deliveries).toHaveLength(2);
    expect(warnings.map((warning) => warning.slice(0, 8))).toEqual(bad.map((_, i) => `entry ${i + 2}:`));
  });
});

describe('a file that is broken', () => {
  it('gives what is whole of a HAR that was cut off, and the place', () => {
    const text = har(entry(), entry());
    const cut = text.slice(0, text.lastIndexOf('"headers"'));
    const { deliveries, warnings } = read(cut);
    expect(deliveries).toHaveLength(1);
    expect(warnings).toEqual([
      `line 1, column ${cut.length + 1}: broken JSON; what is whole of it was read, the rest left out`,
    ]);
    expect(() => read(har(entry()).slice(0, 200))).toThrow(/^line 1, column \d+: broken JSON/);
  });

  it('gives all of one with a comma too many', () => {
    const text = har(entry(), entry()).replace(']}}', ',\n]}}');
    const { deliveries, warnings } = read(text);
    expect(deliveries).toHaveLength(2);
    expect(warnings).toEqual([expect.stringMatching(/^line 2, column 1: broken JSON/)]);
  });

  it('of lines gives the good ones, wherever the bad one stands', () => {
    fc.assert(
      fc.property(
        fc.array(anyDelivery, { minLength: 1, maxLength: 3 }),
        fc.nat({ max: 3 }),
        (deliveries, at) => {
          const items = deliveries.map((delivery) => ({ delivery, attempts: [] }));
          const lines = [...formats.ndjson.write(items, { secrets: true })].map((line) => line.trimEnd());
          lines.splice(at, 0, '{"v":1,');
          const found = read(`\ufeff${lines.join('\r\n')}`);
          expect(found.deliveries).toHaveLength(deliveries.length);
          expect(found.warnings).toHaveLength(1);
        },
      ),
    );
  });

  it('may begin with a byte order mark, of UTF-16 too', () => {
    expect(read(`\ufeff${har(entry())}`).deliveries).toHaveLength(1);
    expect(read(Buffer.from(`\ufeff${har(entry())}`, 'utf16le')).deliveries).toHaveLength(1);
  });
});
