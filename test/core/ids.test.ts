import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createIdFactory, systemClock } from '../../src/core/ids.ts';

test('an id is its prefix and sixteen characters', () => {
  const newId = createIdFactory({ now: () => 1_700_000_000_000 }, () => 0);
  expect(newId('dlv')).toMatch(/^dlv_[0-9a-hjkmnp-tv-z]{16}$/);
  expect(newId('att')).toMatch(/^att_[0-9a-hjkmnp-tv-z]{16}$/);
});

test('ids are unique and sort in the order they were made, also when the clock stands still or goes back', () => {
  const times = fc.array(fc.integer({ min: 0, max: 2 ** 45 }), { minLength: 2, maxLength: 50 });
  fc.assert(
    fc.property(times, fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (nows, random) => {
      let step = 0;
      const newId = createIdFactory({ now: () => nows[step++]! }, () => random);
      const ids = nows.map(() => newId('dlv'));
      expect(new Set(ids).size).toBe(ids.length);
      expect([...ids].sort()).toEqual(ids);
    }),
  );
});

test('100,000 ids in a burst are unique and in order', () => {
  const newId = createIdFactory(systemClock);
  const ids = Array.from({ length: 100_000 }, () => newId('dlv'));
  expect(new Set(ids).size).toBe(ids.length);
  expect(ids.every((id, i) => i === 0 || ids[i - 1]! < id)).toBe(true);
});

test('two processes that start at the same time make different ones', () => {
  const clock = { now: () => 1_700_000_000_000 };
  const [one, two] = [createIdFactory(clock), createIdFactory(clock)];
  expect(one('dlv')).not.toBe(two('dlv'));
});
