import { applyPatch } from 'diff';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { HeaderPair } from '../../src/core/delivery.ts';
import { type Comparable, difference, unifiedText } from '../../src/core/diff.ts';
import { prettyJson } from '../../src/core/formats/json-text.ts';
import { isSame } from '../../src/core/text-diff.ts';

const of = (body: string | Uint8Array, headers: HeaderPair[] = [], start = 'POST /'): Comparable => ({
  start,
  headers,
  body: Buffer.from(body),
});
const text = (before: string | Uint8Array, after: string | Uint8Array): string =>
  unifiedText(difference(of(before), of(after)));

describe('the difference between two requests', () => {
  it('is nothing between equals', () => {
    const same = difference(of('{"a":1}', [['X', '1']]), of('{"a":1}', [['x', '1']]));
    expect(isSame(same)).toBe(true);
    expect(unifiedText(same)).toBe('');
  });

  it('names headers that were added, removed and changed', () => {
    const { start, headers, body } = difference(
      of(
        '',
        [
          ['A', '1'],
          ['B', '2'],
          ['Twice', 'x'],
          ['Twice', 'y'],
        ],
        'POST /a',
      ),
      of(
        '',
        [
          ['twice', 'x'],
          ['a', '9'],
          ['C', '3'],
          ['twice', 'z'],
        ],
        'POST /b',
      ),
    );
    expect(start).toEqual({ before: 'POST /a', after: 'POST /b' });
    expect(headers).toEqual([
      { name: 'A', before: '1', after: '9' },
      { name: 'B', before: '2', after: null },
      { name: 'Twice', before: 'y', after: 'z' },
      { name: 'C', before: null, after: '3' },
    ]);
    expect(unifiedText({ start, headers, body })).toBe(
      '-POST /a\n+POST /b\n-A: 1\n+A: 9\n-B: 2\n-Twice: y\n+Twice: z\n+C: 3\n',
    );
  });

  it('shows JSON by its values, as they were sent', () => {
    const before = '{"a":1.0,"b":{"c":[1,2]},"d":{}}';
    const after = '{"a":1.00, "b":{"c":[1,"\\u0032"]},"d":{}}\n';
    expect(difference(of(before), of(after)).body).toMatchObject({ kind: 'lines', json: true });
    expect(text(before, after).split('\n')).toEqual([
      '@@ -1,9 +1,9 @@',
      ' {',
      '-  "a": 1.0,',
      '+  "a": 1.00,',
      '   "b": {',
      '     "c": [',
      '       1,',
      '-      2',
      '+      "\\u0032"',
      '     ]',
      '   },',
      '   "d": {}',
      '',
    ]);
    expect(text('[1]', '[2]')).toBe('@@ -1,3 +1,3 @@\n [\n-  1\n+  2\n ]\n');
  });

  it('shows JSON as text when only its spaces differ, and text as text', () => {
    expect(text('{"a":1}\n', '{"a": 1}\n')).toBe('@@ -1,1 +1,1 @@\n-{"a":1}\n+{"a": 1}\n');
    expect(text('a\nb\n', 'a\r\nb\n')).toBe('@@ -1,2 +1,2 @@\n-a\n+a\\r\n b\n');
    expect(text('', 'a\x1b[31m\n')).toBe('@@ -0,0 +1,1 @@\n+a\\x1b[31m\n');
  });

  it('says no more of bytes than their number', () => {
    expect(text(new Uint8Array([0xff]), 'ab')).toBe('body binary differs: 1 and 2 bytes\n');
  });

  it('gives the second body when it is applied to the first', () => {
    const lines = fc.array(fc.constantFrom('a', 'b', 'c', '', '-x', '+y', '\\z'), { maxLength: 12 });
    fc.assert(
      fc.property(lines, lines, fc.boolean(), (left, right, end) => {
        const [before, after] = [left, right].map(
          (all) => all.map((line) => `${line}\n`).join('') + (end ? 'e' : ''),
        );
        const patch = text(before!, after!);
        expect(patch === '' ? before : applyPatch(before!, `--- a\n+++ b\n${patch}`)).toBe(after);
      }),
      { numRuns: 300 },
    );
  });
});

describe('bodies that are long', () => {
  const lines = (count: number, word: string): string =>
    Array.from({ length: count }, (_, i) => `${word} ${i}\n`).join('');

  it('that differ in one line of many show that one', () => {
    const before = lines(30_000, 'x');
    expect(text(before, before.replace('x 777\n', 'y\n'))).toMatch(/^@@ -775,7 \+775,7 @@/);
  });

  it('that differ in everything, are huge, or are nested without end, do not hold up', () => {
    expect(text(lines(30_000, 'x'), lines(30_000, 'y'))).toMatch(
      /^body differs: .* in more than 1000 lines\n$/,
    );
    expect(text('a'.repeat(2_000_000), 'b')).toBe(
      'body differs: 2000000 and 1 bytes, and over 256 KB is not compared\n',
    );
    const deep = (value: string): string => `${'['.repeat(100_000)}${value}${']'.repeat(100_000)}`;
    expect(text(deep('1'), deep('2'))).toContain('\n-');
  });
});

describe('pretty JSON', () => {
  it('has the same value, and null for what is no JSON', () => {
    fc.assert(
      fc.property(fc.json(), (json) => {
        const pretty = prettyJson(json)!;
        expect(JSON.parse(pretty)).toEqual(JSON.parse(json));
        expect(pretty).toBe(prettyJson(pretty));
      }),
    );
    expect(prettyJson('{"a":1,}')).toBeNull();
    expect(prettyJson('')).toBeNull();
  });
});
