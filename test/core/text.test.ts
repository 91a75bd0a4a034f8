import fc from 'fast-check';
import { expect, test } from 'vitest';
import { printable } from '../../src/core/text.ts';

const anything = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({ unit: fc.integer({ min: 0, max: 0xffff }).map((code) => String.fromCharCode(code)) }),
);
const dangerous = /[\p{Cc}\p{Bidi_Control}\p{Zl}\p{Zp}\ud800-\udfff]/u;

test('no control, direction-changing or broken character gets through', () => {
  fc.assert(
    fc.property(anything, (text) => {
      expect(printable(text)).not.toMatch(dangerous);
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
