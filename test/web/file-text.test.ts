import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { textOf } from '../../src/web/file-text.ts';

const file = (content: string | Uint8Array<ArrayBuffer>) => new File([content], 'a.har');

describe('a file that is dropped on the page', () => {
  test.each([
    ['as it is', file('{"a":"é"}')],
    ['with a byte order mark', file('\ufeff{"a":"é"}')],
    ['packed with gzip', file(gzipSync('{"a":"é"}'))],
  ])('is read: %s', async (_name, one) => {
    expect(await textOf(one)).toBe('{"a":"é"}');
  });

  test.each([
    ['no text', file(new Uint8Array([0x7b, 0xff])), /a\.har is not UTF-8 text/],
    ['too large', file('x'.repeat(101)), /a\.har is over 100 B/],
    ['too large once unpacked', file(gzipSync('x'.repeat(5000))), /a\.har is over 100 B/],
    ['damaged', file(new Uint8Array([0x1f, 0x8b, 9])), /can't be read/],
  ])('is refused: %s', async (_name, one, message) => {
    await expect(textOf(one, 100)).rejects.toThrow(message);
  });
});
