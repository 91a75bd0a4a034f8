import { describe, expect, it } from 'vitest';
import { readTime } from '../../../src/core/formats/time-text.ts';

const iso = (value: unknown) => {
  const time = readTime(value);
  return time && new Date(time.at).toISOString();
};

describe('a time', () => {
  it.each([
    ['2026-11-20T10:00:00.000Z', '2026-11-20T10:00:00.000Z'],
    ['2026-11-20T10:00Z', '2026-11-20T10:00:00.000Z'],
    ['2026-11-20T10:00+05:30', '2026-11-20T04:30:00.000Z'],
    ['2026-11-20T10:00:00.5+0530', '2026-11-20T04:30:00.500Z'],
    ['2026-11-20T10Z', '2026-11-20T10:00:00.000Z'],
    ['2026-11-20 10:00:00,1234567 UTC', '2026-11-20T10:00:00.123Z'],
    ['20261120T100000Z', '2026-11-20T10:00:00.000Z'],
    ['2026-11-20T24:00:00Z', '2026-11-21T00:00:00.000Z'],
    ['Fri, 20 Nov 2026 10:00:00 GMT', '2026-11-20T10:00:00.000Z'],
    ['20 Nov 2026 10:00 +0100', '2026-11-20T09:00:00.000Z'],
    ['Fri Nov 20 2026 10:00:00 GMT+0100 (Central European Time)', '2026-11-20T09:00:00.000Z'],
    [1795168800, '2026-11-20T10:00:00.000Z'],
    [1795168800.25, '2026-11-20T10:00:00.250Z'],
    [1795168800000, '2026-11-20T10:00:00.000Z'],
    ['1795168800000', '2026-11-20T10:00:00.000Z'],
    [1795168800000123, '2026-11-20T10:00:00.000Z'],
    ['1795168800000123456', '2026-11-20T10:00:00.000Z'],
  ])('%j is read, with nothing guessed', (value, expected) => {
    expect(iso(value)).toBe(expected);
    expect(readTime(value)!.doubt).toBeNull();
  });

  it.each([
    ['2026-11-20', '2026-11-20T00:00:00.000Z', /midnight UTC/],
    ['20261120', '2026-11-20T00:00:00.000Z', /midnight UTC/],
    ['2026-11-20T10:00:00', new Date(2026, 10, 20, 10).toISOString(), /time zone/],
  ])('%j is read, and what was guessed is said', (value, expected, doubt) => {
    expect(iso(value)).toBe(expected);
    expect(readTime(value)!.doubt).toMatch(doubt);
  });

  it.each([
    'yesterday',
    '',
    null,
    undefined,
    {},
    true,
    '11/20/2026',
    '20.11.2026',
    '2026-02-30T10:00:00Z',
    '2026-13-01',
    '2026-11-20T25:00Z',
    '2026-11-20T10:00:00+99:99',
    '1960-01-01T00:00:00Z',
    5,
    -1795168800,
    1e300,
    20261120100000,
    'Fri, 20 Nov 2026 10:00:00',
    `2026-11-20T10:00:00Z${' '.repeat(100)}`,
  ])('%j is not read', (value) => {
    expect(readTime(value)).toBeNull();
  });
});
