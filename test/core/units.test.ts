import fc from 'fast-check';
import { expect, test } from 'vitest';
import { formatDuration, formatSize, parseDuration, parseSize } from '../../src/core/units.ts';

test.each([
  ['0', 0],
  ['4096', 4096],
  ['4096b', 4096],
  ['10k', 10_240],
  ['10kb', 10_240],
  ['10KiB', 10_240],
  [' 10mb ', 10_485_760],
  ['10 mb', 10_485_760],
  ['1.5mb', 1_572_864],
  ['2G', 2_147_483_648],
])('the size %j is %d bytes', (text, bytes) => {
  expect(parseSize(text)).toBe(bytes);
});

test.each([
  '',
  'b',
  'mb',
  '-1',
  '1,5mb',
  '10 apples',
  '1e6',
  '10mbb',
  '0x10',
  'Infinity',
  '1mb 2kb',
  '9'.repeat(30),
])('%j is no size', (text) => {
  expect(parseSize(text)).toBeNull();
});

test.each([
  ['0', 0],
  ['500ms', 500],
  ['1.5s', 1500],
  [' 30 s ', 30_000],
  ['2m', 120_000],
  ['1H', 3_600_000],
  ['1d', 86_400_000],
])('the duration %j is %d ms', (text, ms) => {
  expect(parseDuration(text)).toBe(ms);
});

test.each(['', '250', 's', '-1s', '1 fortnight', '1y', '1e3', '1s 2ms', 'NaN', '9'.repeat(400)])(
  '%j is no duration',
  (text) => {
    expect(parseDuration(text)).toBeNull();
  },
);

test('text that makes no sense is null, never an error', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      for (const value of [parseSize(text), parseDuration(text)])
        if (value !== null) expect(value).toBeGreaterThanOrEqual(0);
    }),
  );
});

test('sizes are shown as people read them', () => {
  expect([0, 1, 1023, 1024, 1_536, 10_485_760].map(formatSize)).toEqual([
    '0 B',
    '1 B',
    '1023 B',
    '1 KB',
    '1.5 KB',
    '10 MB',
  ]);
});

test('durations are shown as people read them, without a "60 s" or "1000 ms" in between', () => {
  const shown: [number, string][] = [
    [0, '0 ms'],
    [0.4, '0 ms'],
    [12.3, '12 ms'],
    [999.4, '999 ms'],
    [999.6, '1.0 s'],
    [1449, '1.4 s'],
    [59_949, '59.9 s'],
    [59_951, '1m 00s'],
    [185_000, '3m 05s'],
    [3_599_400, '59m 59s'],
    [3_599_600, '1h 00m'],
    [90_061_000, '25h 01m'],
  ];
  for (const [ms, text] of shown) expect(formatDuration(ms)).toBe(text);
});
