import fc from 'fast-check';
import { expect, test } from 'vitest';
import { printable, printableJson } from '../../src/core/text.ts';
import { hostileText } from '../support/matchers.ts';

const anything = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({ unit: fc.integer({ min: 0, max: 0xffff }).map((code) => String.fromCharCode(code)) }),
);
const dangerous = /[\p{Cc}\p{Bidi_Control}\p{Zl}\p{Zp}\ud800-\udfff]/u;

test('no control, direction-changing or broken character gets through', () => {
  fc.assert(
    fc.property(anything, (text) => {
      expect(printable(text)).not.toMatch(dangerous);
      expect(printable(text, true)).toBePrintable();
      expect(printable(text, true).replace(/[\n\t]/g, '')).not.toMatch(dangerous);
    }),
    { numRuns: 1000 },
  );
});

test('every single character of the two control blocks is escaped', () => {
  for (let code = 0; code < 0xa0; code++)
    if (code < 0x20 || code >= 0x7f)
      expect(printable(String.fromCharCode(code))).toMatch(/^\\(x[0-9a-f]{2}|[nrt])$/);
});

test('what is harmless stays as it is', () => {
  const harmless = 'Grüße, 日本語 👩‍👩‍👧 e\u0301 \\x1b "quoted" a\u00a0b';
  expect(printable(harmless)).toBe(harmless);
  const words = fc
    .string({ unit: 'grapheme' })
    .filter((text) => !dangerous.test(text) && !/[\ufeff\ufff9-\ufffb]/.test(text));
  fc.assert(fc.property(words, (text) => void expect(printable(text)).toBe(text)));
});

test('escapes say what stood there', () => {
  expect(printable('\x1b[2J\x9b1m\r\n\t\x00\u202e\u2028\ufeff')).toBe(
    '\\x1b[2J\\x9b1m\\r\\n\\t\\x00\\u202e\\u2028\\ufeff',
  );
  expect(printable('a\ud800b')).toBe('a\\ud800b');
});

test('lines can be kept, carriage returns never', () => {
  expect(printable('a\n\tb\r\nc', true)).toBe('a\n\tb\\r\nc');
});

test('the matcher of the other tests sees what this is about, and lets a colour through when told', () => {
  for (const line of hostileText.split('\n').slice(0, 5)) expect(line).not.toBePrintable();
  expect(printable(hostileText, true)).toBePrintable();
  expect(printableJson(JSON.stringify(hostileText))).toBePrintable();
  expect('\x1b[31mred\x1b[0m').toBePrintable({ colours: true });
  expect('\x1b[2J').not.toBePrintable({ colours: true });
});

test('no line is a command to a CI job', () => {
  expect(printable('a\n \t::error::x\n::x\na ::b\n##[y] ##vso[z ## a', true)).toBe(
    'a\n \t\\x3a:error::x\n\\x3a:x\na ::b\n\\x23#[y] \\x23#vso[z ## a',
  );
});

test('JSON that is made printable is the same value', () => {
  fc.assert(
    fc.property(fc.jsonValue(), anything, (value, text) => {
      const json = JSON.stringify([value, text, hostileText], null, 1);
      expect(JSON.parse(printableJson(json))).toEqual(JSON.parse(json));
      expect(printableJson(json)).toBePrintable();
    }),
  );
});
