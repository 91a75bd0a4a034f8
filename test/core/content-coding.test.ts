import * as zlib from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { codingsOf, decodeBody, encodeBody, maxDecoded } from '../../src/core/content-coding.ts';
import { maskBody } from '../../src/core/mask.ts';
import { bodyRecord } from '../../src/core/record.ts';

const coded = (...names: string[]): [string, string][] => names.map((name) => ['Content-Encoding', name]);
const page = Buffer.from(`<h1>TypeError: Grüße</h1>${'<p>at handler (webhook.ts:12)</p>'.repeat(60)}`);

describe('a compressed body', () => {
  test.each([
    ['gzip', zlib.gzipSync(page)],
    ['x-gzip', zlib.gzipSync(page)],
    ['GZip', Buffer.concat([zlib.gzipSync(page.subarray(0, 100)), zlib.gzipSync(page.subarray(100))])],
    ['deflate', zlib.deflateSync(page)],
    ['deflate', zlib.deflateRawSync(page)],
    ['br', zlib.brotliCompressSync(page)],
    ['identity, gzip', zlib.gzipSync(page)],
    ['gzip, br', zlib.brotliCompressSync(zlib.gzipSync(page))],
  ])('of %s is read', (name, body) => {
    expect(Buffer.from(decodeBody(body, coded(name))!.bytes)).toEqual(page);
    expect(bodyRecord(body, { secrets: true, headers: coded(name) }).decoded).toEqual({
      codings: codingsOf(coded(name)).join(', '),
      text: page.toString(),
      size: page.length,
      whole: true,
    });
  });

  test('is read over several header lines, in their order', () => {
    const body = zlib.brotliCompressSync(zlib.gzipSync(page));
    expect(decodeBody(body, coded('gzip', 'br'))?.whole).toBe(true);
    expect(decodeBody(body, coded('br', 'gzip'))).toBeNull();
  });

  test('that was cut off is read as far as it goes, and no character in halves', () => {
    const text = Buffer.from('ä'.repeat(5000));
    for (const [name, body] of [
      ['gzip', zlib.gzipSync(text, { level: 0 })],
      ['deflate', zlib.deflateRawSync(text, { level: 0 })],
    ] as const) {
      const found = bodyRecord(body.subarray(0, 3000), { secrets: true, headers: coded(name) }).decoded!;
      expect(found.whole).toBe(false);
      expect(found.text).toMatch(/^ä{1000,}$/);
    }
  });

  test('that is a bomb gives its beginning, and no more than is looked at', () => {
    const zeros = Buffer.alloc(200 * 1024 * 1024, 'x');
    for (const [name, body] of [
      ['gzip', zlib.gzipSync(zeros)],
      ['gzip, gzip', zlib.gzipSync(zlib.gzipSync(zeros))],
    ] as const) {
      const found = decodeBody(body, coded(name))!;
      expect(found.whole).toBe(false);
      expect(found.bytes.length).toBeLessThanOrEqual(maxDecoded);
    }
    const { bytes, whole } = decodeBody(zlib.gzipSync(zeros), coded('gzip'))!;
    expect(whole).toBe(false);
    expect(bytes.length).toBeGreaterThan(maxDecoded / 4);
  });

  test('with a coding that is none, or is not what was sent, is left alone', () => {
    for (const name of ['nonsense', '__proto__', 'constructor', 'gzip, gzip, gzip, gzip, gzip, gzip', ''])
      expect(decodeBody(zlib.gzipSync(page), coded(name))).toBeNull();
    expect(decodeBody(page, coded('gzip'))).toBeNull();
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 300 }),
        fc.constantFrom('gzip', 'deflate', 'br', 'zstd', 'br, gzip'),
        (bytes, name) => void decodeBody(bytes, coded(name)),
      ),
    );
  });

  test('is masked inside, and stays one that can be read', () => {
    for (const codings of [['gzip'], ['deflate'], ['br'], ['gzip', 'br']]) {
      const headers = coded(...codings);
      const body = encodeBody(Buffer.from('{"metadata":{"secret":"hunter2","a":10.0}}'), codings)!;
      const masked = decodeBody(maskBody(body, headers), headers)!;
      expect(Buffer.from(masked.bytes).toString()).toBe('{"metadata":{"secret":"••••••","a":10.0}}');
      const other = encodeBody(page, codings)!;
      expect(maskBody(other, headers)).toBe(other);
    }
  });
});
