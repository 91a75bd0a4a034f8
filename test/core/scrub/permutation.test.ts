import { createCipheriv, randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ChaCha } from '../../../src/core/scrub/chacha.ts';
import { Permutation } from '../../../src/core/scrub/permutation.ts';

test('the block is that of RFC 8439, as OpenSSL has it', () => {
  for (let i = 0; i < 20; i++) {
    const [key, input] = [randomBytes(32), randomBytes(16)];
    const words = Int32Array.from({ length: 4 }, (_, at) => input.readInt32LE(4 * at));
    const block = new ChaCha(key).block(words);
    const bytes = Buffer.alloc(64);
    for (const [at, word] of block.entries()) bytes.writeInt32LE(word, 4 * at);
    expect(bytes).toEqual(createCipheriv('chacha20', key, input).update(Buffer.alloc(64)));
  }
});

test.each([[[2]], [[256]], [[9, 10]], [[26, 26]], [[3, 1, 7, 2]], [[26, 2, 26]], [[9, 10, 10, 10]]])(
  'each value of %j has one stand-in, another than itself',
  (radices) => {
    const permutation = new Permutation(Buffer.from('key'));
    const count = radices.reduce((product, radix) => product * radix, 1);
    const others = Array.from({ length: count }, (_, value) => {
      const digits = digitsOf(value, radices);
      const other = permutation.of(digits, radices);
      const fits = other.every((digit, i) => digit >= 0 && digit < radices[i]!);
      return fits && other.join() !== digits.join() ? other.join() : null;
    });
    expect(others).not.toContain(null);
    expect(new Set(others).size).toBe(count);
  },
);

function digitsOf(value: number, radices: readonly number[]): number[] {
  let rest = value;
  return radices.map((radix) => {
    const digit = rest % radix;
    rest = Math.floor(rest / radix);
    return digit;
  });
}

test('another key, other stand-ins', () => {
  const digits = fc.array(fc.integer({ min: 0, max: 25 }), { minLength: 6, maxLength: 16 });
  const [one, two] = [new Permutation(Buffer.from('1')), new Permutation(Buffer.from('2'))];
  let same = 0;
  fc.assert(
    fc.property(digits, (value) => {
      const radices = value.map(() => 26);
      expect(one.of(value, radices)).toEqual(one.of(value, radices));
      if (one.of(value, radices).join() === two.of(value, radices).join()) same += 1;
    }),
  );
  expect(same).toBeLessThan(3);
});
