import { expect, test } from 'vitest';
import { clockTime, fullTime, isSameDay, listTime, shortTime } from '../../src/core/time.ts';

const at = (year: number, month: number, day: number): number =>
  new Date(year, month - 1, day, 14, 3, 22, 123).getTime();
const now = at(2026, 11, 26);

test.each([
  [at(2026, 11, 26), '14:03:22', '14:03:22'],
  [at(2026, 11, 25), '2026-11-25 14:03:22', '11-25 14:03:22'],
  [at(2025, 11, 26), '2025-11-26 14:03:22', '2025-11-26 14:03:22'],
  [at(2027, 1, 1), '2027-01-01 14:03:22', '2027-01-01 14:03:22'],
])('the day is said where it is not today: %i', (time, list, short) => {
  expect([listTime(time, now), shortTime(time, now)]).toEqual([list, short]);
  expect(isSameDay(time, now)).toBe(list === clockTime(time));
});

test('the full time says the zone, which is that of all the others', () => {
  const full = fullTime(now);
  expect(full).toMatch(/^2026-11-26 14:03:22\.123 [+-]\d\d:\d\d$/);
  expect(Date.parse(full.replace(' ', 'T').replace(' ', ''))).toBe(now);
  expect(full).toContain(clockTime(now));
});
