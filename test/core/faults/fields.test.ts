import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readFields, writeFields } from '../../../src/core/faults/fields.ts';
import { faultKinds, qualifiedName } from '../../../src/core/faults/index.ts';
import { joinFault, splitFault } from '../../../src/core/faults/words.ts';

describe.each(faultKinds.map((kind) => [qualifiedName(kind), kind] as const))(
  'the fields of %s',
  (_, kind) => {
    test('exist where it takes a value, and what they hold at first is one', () => {
      expect(kind.fields.length > 0).toBe(kind.form !== null);
      const value = writeFields(
        kind.fields,
        kind.fields.map(({ initial }) => initial),
      );
      expect(kind.parse(value)).not.toBeNull();
    });

    test('read what its example, and what it prints, say', () => {
      const { value } = splitFault(kind.example);
      const printed = kind.print(kind.parse(value));
      for (const text of [value, printed].filter((each) => each !== null))
        expect(writeFields(kind.fields, readFields(kind.fields, text))).toBe(text);
    });
  },
);

test('a word is put together again as it was', () => {
  fc.assert(
    fc.property(fc.stringMatching(/^[a-z.-]{1,9}(=[a-z0-9,/-]{0,6})?(:[0-9%]{0,4})?$/), (word) => {
      expect(joinFault(splitFault(word))).toBe(word);
    }),
  );
});
