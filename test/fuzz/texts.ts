import fc from 'fast-check';

/** Texts of a language: its words and any other characters between. */
export const textOf = (...words: string[]): fc.Arbitrary<string> =>
  fc
    .array(
      fc.oneof(
        { weight: 4, arbitrary: fc.constantFrom(...words) },
        fc.string({ unit: 'binary', maxLength: 6 }),
      ),
      { maxLength: 14 },
    )
    .map((parts) => parts.join(''));

/** JSON, mostly broken. */
export const brokenJson = textOf(
  ...['{', '}', '[', ']', ',', ':', '"', '\\', '"a"', '1', '1e999', 'null', '__proto__', ' ', '\n'],
);
