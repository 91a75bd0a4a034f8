import fc from 'fast-check';
import { expect, test } from 'vitest';
import { slotsFor } from '../../src/web/slots.ts';

test('rows that stay keep their slots, others get those of rows that have gone, none is given twice', () => {
  const rows = fc.uniqueArray(fc.nat(60), { maxLength: 40 });
  fc.assert(
    fc.property(fc.array(rows, { minLength: 1, maxLength: 8 }), (steps) => {
      let known = new Map<string | number, number>();
      let most = 0;
      for (const ids of steps) {
        const slots = slotsFor(ids, known);
        most = Math.max(most, ids.length);
        expect(new Set(slots).size).toBe(ids.length);
        expect(Math.max(-1, ...slots)).toBeLessThan(most);
        for (const [i, id] of ids.entries()) if (known.has(id)) expect(slots[i]).toBe(known.get(id));
        known = new Map(ids.map((id, i) => [id, slots[i]!]));
      }
    }),
  );
});
