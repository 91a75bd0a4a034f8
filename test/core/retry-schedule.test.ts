import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { UserError } from '../../src/core/errors.ts';
import { retrySchedule } from '../../src/core/retry-schedule.ts';

const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;

test("svix is Svix's published schedule, with nothing assumed", () => {
  expect(retrySchedule('svix')).toEqual({
    name: 'svix',
    delays: [5 * second, 5 * minute, 30 * minute, 2 * hour, 5 * hour, 10 * hour, 10 * hour],
    assumed: null,
  });
});

describe('reducto-direct', () => {
  test('is three retries, and says that their pauses are assumed', () => {
    const { delays, assumed } = retrySchedule('reducto-direct');
    expect(delays).toEqual([1000, 2000, 4000]);
    expect(assumed).toMatch(/assumed.*1000 ms.*2 times.*no figures/);
  });

  test('grows by its factor from its base', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 60_000 }), fc.integer({ min: 1, max: 10 }), (base, factor) => {
        const { delays, assumed } = retrySchedule('reducto-direct', base, factor);
        expect(delays).toHaveLength(3);
        expect(delays[0]).toBe(base);
        for (const i of [1, 2]) expect(delays[i]).toBe(delays[i - 1]! * factor);
        expect(assumed).toContain(`${base} ms`);
      }),
    );
  });
});

describe('a custom schedule', () => {
  const units = { ms: 1, s: second, m: minute, h: hour };
  const pause = fc
    .tuple(
      fc.integer({ min: 0, max: 999 }),
      fc.constantFrom(...(Object.keys(units) as (keyof typeof units)[])),
    )
    .map(([value, unit]) => ({ text: `${value}${unit}`, ms: value * units[unit] }));

  test('is the pauses as they are written', () => {
    fc.assert(
      fc.property(
        fc.array(pause, { minLength: 1, maxLength: 12 }),
        fc.constantFrom(',', ', '),
        (pauses, comma) => {
          const schedule = retrySchedule(pauses.map(({ text }) => text).join(comma));
          expect(schedule).toEqual({ name: 'custom', delays: pauses.map(({ ms }) => ms), assumed: null });
        },
      ),
    );
  });

  test.each([
    ['', /"" is no retry schedule: use reducto-direct, svix, or pauses such as 1s,5s,30s/],
    ['Svix', /"Svix" is no retry schedule/],
    ['1s,soon,3s', /"soon" in "1s,soon,3s" is no/],
    ['1s,', /"" in "1s," is no/],
    ['-1s', /"-1s" is no/],
  ])('%j is none', (text, message) => {
    expect(() => retrySchedule(text)).toThrow(UserError);
    expect(() => retrySchedule(text)).toThrow(message);
  });
});
