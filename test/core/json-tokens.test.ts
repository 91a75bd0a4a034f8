import fc from 'fast-check';
import { expect, test } from 'vitest';
import { JsonTokens, stringValue } from '../../src/core/json-tokens.ts';
import { bodyBytes, bodyRecord } from '../../src/core/record.ts';
import { isPrintable, printable } from '../../src/core/text.ts';

function tokensOf(text: string): string[] {
  const tokens = new JsonTokens(text);
  const found: string[] = [];
  while (tokens.next() !== 'end') found.push(tokens.text);
  return found;
}

test('the tokens of JSON are its text without the white space between them', () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.constantFrom(undefined, 1, '\t'), (value, indent) => {
      expect(tokensOf(JSON.stringify(value, null, indent)).join('')).toBe(JSON.stringify(value));
    }),
  );
});

test('what is no JSON has an end, and loses no more than white space and comments', () => {
  const text = fc
    .array(fc.constantFrom('"', '\\', '/', '*', '//', '/*', '*/', '{', ',', ':', 'a', ' ', '\n', '\r'))
    .map((parts) => parts.join(''));
  fc.assert(
    fc.property(text, (source) => {
      const tokens = new JsonTokens(source);
      let before = 0;
      while (tokens.next() !== 'end') {
        expect(source.slice(before, tokens.from)).toMatch(/^(\s|\/\/[^\r\n]*|\/\*[\s\S]*?\*\/)*$/);
        expect(tokens.to).toBeGreaterThan(tokens.from);
        before = tokens.to;
      }
    }),
    { numRuns: 1000 },
  );
});

test('a string that is not closed ends with its line', () => {
  expect(tokensOf('"a\\"b\n"c" d//e\n/* f */ g')).toEqual(['"a\\"b', '"c"', 'd', 'g']);
  expect(stringValue('"\\u0061\\n"')).toBe('a\n');
});

test('text is printable when it needs no escape', () => {
  const text = fc.string({
    unit: fc.constantFrom('a', '\n', '\t', '\r', ':', '#', '[', ' ', '\x1b', '\u202e'),
  });
  fc.assert(
    fc.property(text, fc.boolean(), (given, keepLines) => {
      expect(isPrintable(given, keepLines)).toBe(printable(given, keepLines) === given);
    }),
    { numRuns: 1000 },
  );
});

test('bytes that JSON would make six of each are written as base64, and are the same again', () => {
  expect(bodyRecord(Buffer.alloc(100), { secrets: true }).encoding).toBe('base64');
  expect(bodyRecord(Buffer.from('\x1b[31mred\x1b[0m and more text'), { secrets: true }).encoding).toBe(
    'utf8',
  );
  fc.assert(
    fc.property(fc.uint8Array({ max: 0x1f }), (bytes) => {
      expect(Buffer.from(bodyBytes(bodyRecord(bytes, { secrets: true }))).equals(bytes)).toBe(true);
    }),
  );
});
