import * as zlib from 'node:zlib';
import { expect, test } from 'vitest';
import { whyNotDecoded } from '../../src/core/content-coding.ts';
import { difference, unifiedText } from '../../src/core/diff.ts';
import { har } from '../../src/core/formats/har.ts';
import { codingInWords } from '../../src/core/outcome.ts';
import { bodyRecord } from '../../src/core/record.ts';
import { item } from './formats/arbitraries.ts';

// What can't be decoded is said in the same words wherever a body is shown.
const binary = (last: number): Uint8Array => new Uint8Array([0x28, 0xb5, 0x2f, 0xfd, 0xff, 0xfe, last]);

test.each([
  ...('zstdDecompressSync' in zlib
    ? []
    : [['zstd', "zstd, which this Node can't read: Node 22.15 and newer can"]]),
  ['compress', 'content-encoding "compress", which is not known here'],
  ['gzip', 'content-encoding gzip, but no text is in it'],
])('%s: in records, in a HAR file and in a comparison', (coding, words) => {
  const headers: [string, string][] = [['Content-Encoding', coding!]];
  expect(whyNotDecoded(headers)).toBe(words);
  expect(codingInWords(bodyRecord(binary(1), { secrets: false, headers }))).toContain(words);
  const file = [...har.write([item({ body: binary(1), headers })], { secrets: false })].join('');
  const [{ request }] = (JSON.parse(file) as { log: { entries: [{ request: { postData: object } }] } }).log
    .entries;
  expect(request.postData).toMatchObject({ comment: expect.stringContaining(words!) });
  const of = (last: number) => ({ start: '', headers, body: binary(last) });
  expect(unifiedText(difference(of(1), of(2)))).toBe(`body binary differs: 7 and 7 bytes (${words})\n`);
});

test('what inflates to control characters is no text, of which JSON would make six times as much', () => {
  const headers: [string, string][] = [['Content-Encoding', 'gzip']];
  const record = bodyRecord(zlib.gzipSync(Buffer.alloc(1000)), { secrets: false, headers });
  expect(record).toMatchObject({ encoding: 'base64', undecoded: expect.stringMatching(/no text is in it/) });
  expect(record).not.toHaveProperty('decoded');
});
