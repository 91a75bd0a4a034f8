import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { mostLooks, Narrowing } from '../../src/checks/narrowing.ts';

/** Looks for a moment, in ms, which comes `late` by some ms at each look. @returns the looks, in ms behind that moment */
function looksFor(momentMs: number, spanMs: number, late: (look: number) => number = () => 0): number[] {
  const narrowing = new Narrowing();
  const looks: number[] = [];
  while (!narrowing.done && looks.length < mostLooks) {
    const share = narrowing.next(spanMs);
    const behind = share * spanMs - momentMs - late(looks.length);
    narrowing.saw(share, behind >= 0);
    looks.push(behind);
  }
  return looks;
}

const inWindow = (behindMs: number): boolean => behindMs >= 0 && behindMs <= 25;

describe('narrowing down on the moment of an effect', () => {
  test('a window of 25 ms behind the moment is met, however long the work takes', () => {
    const spans = fc.integer({ min: 40, max: 1500 });
    fc.assert(
      fc.property(spans, fc.double({ min: 0.02, max: 0.95, noNaN: true }), (spanMs, share) => {
        expect(looksFor(share * spanMs, spanMs).some(inWindow)).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });

  test('it is met nearly always where the moment comes up to 20 ms earlier or later each time', () => {
    let met = 0;
    const runs = fc.sample(
      fc.record({
        spanMs: fc.integer({ min: 100, max: 800 }),
        share: fc.double({ min: 0.1, max: 0.9, noNaN: true }),
        late: fc.array(fc.integer({ min: -20, max: 20 }), { minLength: mostLooks, maxLength: mostLooks }),
      }),
      { numRuns: 1000, seed: 1 },
    );
    for (const { spanMs, share, late } of runs)
      if (looksFor(share * spanMs, spanMs, (look) => late[look]!).some(inWindow)) met += 1;
    expect(met).toBeGreaterThan(930);
  });

  test('what is over soon is looked at less often', () => {
    expect(looksFor(35, 40)).toHaveLength(7);
    expect(looksFor(1000, 1500)).toHaveLength(mostLooks);
  });

  test('moments that were given narrow it down before the first is chosen', () => {
    const narrowing = new Narrowing();
    narrowing.saw(0.4, false);
    narrowing.saw(0.6, true);
    expect(narrowing.next(1000)).toBe(0.5);
  });
});
