import * as zlib from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { difference, unifiedText } from '../../src/core/diff.ts';
import { parseFilter } from '../../src/core/filter.ts';
import { type FormatName, formats } from '../../src/core/formats/index.ts';
import { prettyJson } from '../../src/core/formats/json-text.ts';
import { maskBody, maskBodyText, maskHeaders, maskTarget } from '../../src/core/mask.ts';
import { bodyRecord } from '../../src/core/record.ts';
import { Scrubber } from '../../src/core/scrub/scrubber.ts';
import { printable, printableJson } from '../../src/core/text.ts';
import { delivery } from '../support/deliveries.ts';
import { expectLinear } from '../support/growth.ts';
import { item } from './formats/arbitraries.ts';

// What an outsider can send, in any length: each of these once cost its square, or would be the first to.
const hostile: Record<string, (size: number) => string> = {
  'question marks': (size) => '?'.repeat(size),
  ampersands: (size) => '&a'.repeat(size / 2),
  'equals signs': (size) => `?${'=a&'.repeat(size / 3)}`,
  'percent signs': (size) => `?${'%'.repeat(size)}`,
  'at signs': (size) => `http://${':@'.repeat(size / 2)}`,
  'one long line': (size) => 'x'.repeat(size),
  lines: (size) => '\n'.repeat(size),
  spaces: (size) => `"secret"${' '.repeat(size)}x`,
  colons: (size) => `\n${' :'.repeat(size / 2)}`,
  hashes: (size) => '##a'.repeat(size / 3),
  backslashes: (size) => `"secret${'\\'.repeat(size / 3)}":${'\\'.repeat(size / 3)}"${'\\'.repeat(size / 3)}`,
  'open secrets': (size) => '"secret":"'.repeat(size / 10),
  'many secrets': (size) => `[${'{"secret":"x"},'.repeat(size / 15)}1]`,
  'secrets in strings': (size) => '\\"secret\\":\\"'.repeat(size / 14),
  escapes: (size) => '\\u0073'.repeat(size / 6),
  comments: (size) => `"secret":${'/*'.repeat(size / 2)}`,
  brackets: (size) => '['.repeat(size),
  'closed brackets': (size) => '['.repeat(size / 2) + ']'.repeat(size / 2),
  'small values': (size) => `[${'1,'.repeat(size / 2)}1]`,
  keys: (size) => `{${Array.from({ length: size / 12 }, (_, i) => `"k${i}":1`).join(',')}}`,
  'combining marks': (size) => `a${'\u0301'.repeat(size)}`,
  'bidi marks': (size) => '\u202e'.repeat(size),
  backticks: (size) => '`'.repeat(size),
  delimiters: (size) => '--b\r\n\r\n'.repeat(size / 8),
};

const form = [['Content-Type', 'application/x-www-form-urlencoded']] as const;
const multipart = [['Content-Type', 'multipart/form-data; boundary=b']] as const;
const gzip = [['Content-Encoding', 'gzip']] as const;

const paths: Record<string, (text: string) => unknown> = {
  'masking a target': maskTarget,
  'masking headers': (text) => maskHeaders([[text, text]]),
  'masking text': (text) => maskBodyText(text),
  'masking a form': (text) => maskBody(Buffer.from(text), form),
  'masking multipart': (text) => maskBody(Buffer.from(text), multipart),
  'masking many headers': (text) =>
    maskHeaders(Array.from({ length: text.length / 50 }, () => ['x-a', 'b?c=d'])),
  'reading a compressed body': (text) =>
    bodyRecord(zlib.gzipSync(text, { level: 1 }), { secrets: false, headers: gzip }),
  'laying JSON out': (text) => prettyJson(text),
  'making printable': (text) => [printable(text, true), printableJson(JSON.stringify(text))],
  scrubbing: (text) => {
    // Of a head 64 KB are taken, and each of its thousands of parameters has a place of its own.
    const target = `/${text.slice(0, text.length / 8).replace(/[^!-~]/g, '')}`;
    return new Scrubber(Buffer.from('key')).item(
      item(delivery({ body: Buffer.from(text), target, headers: [['X-A', target]] })),
    );
  },
  'scrubbing a form': (text) =>
    new Scrubber(Buffer.from('key')).item(item(delivery({ body: Buffer.from(text), headers: form }))),
  'scrubbing multipart': (text) =>
    new Scrubber(Buffer.from('key')).item(item(delivery({ body: Buffer.from(text), headers: multipart }))),
  comparing: (text) => {
    const of = (body: string) => ({ start: 'POST /', headers: [], body: Buffer.from(body) });
    return unifiedText(difference(of(text), of(`${text}!`)));
  },
  ...Object.fromEntries(
    Object.keys(formats).map((name) => [
      `export as ${name}`,
      (text: string) => {
        const target = `/${text.replace(/[^!-~]/g, '')}`;
        const one = item(delivery({ body: Buffer.from(text), target, headers: [['X-A', target]] }));
        return [...formats[name as FormatName].write([one], { secrets: false })].join('');
      },
    ]),
  ),
};

describe.each(Object.entries(paths))('%s', (_, path) => {
  test.each(Object.entries(hostile))('costs no more than its length: %s', (_name, make) =>
    expectLinear((size) => {
      const text = make(size);
      return () => path(text);
    }, 24_000),
  );
});

test('laid out, JSON is at most some times as long, however deep', () => {
  const deep = '['.repeat(100_000) + ']'.repeat(100_000);
  expect(prettyJson(deep)!.length).toBeLessThan(40 * deep.length);
  const body = Buffer.from(
    `[${Array.from({ length: 500 }, () => '['.repeat(400) + ']'.repeat(400)).join(',')}]`,
  );
  const text = [...formats.fixture.write([item({ body })], { secrets: true })].join('');
  expect(text.length).toBeLessThan(40 * body.length);
});

test.each(['(', 'not ', 'a ', 'a:', '"', 'a:b and ', '*'])('a filter of %j again and again', (part) =>
  expectLinear((size) => () => attempt(() => parseFilter(part.repeat(size / part.length))), 125),
);

function attempt(work: () => unknown): void {
  try {
    work();
  } catch (error) {
    if ((error as { code?: string }).code !== 'filter') throw error;
  }
}
