import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Gathering } from '../../src/core/gathering.ts';

/** Pieces of a body, some so long that all of them have a place before they come. */
const pieces = fc.array(
  fc
    .tuple(fc.constantFrom(0, 1, 700, 65_536, 200_000), fc.integer({ min: 0, max: 255 }))
    .map(([length, byte]) => new Uint8Array(length).fill(byte)),
  { maxLength: 6 },
);

test('a body is what came, whatever its pieces are and whatever was announced of it', () => {
  fc.assert(
    fc.property(pieces, fc.constantFrom(0, 1, 1.5), (chunks, factor) => {
      const whole = Buffer.concat(chunks);
      const body = new Gathering(Math.ceil(whole.length * factor));
      for (const chunk of chunks) body.add(chunk);
      expect(body.size).toBe(whole.length);
      expect(whole.equals(body.bytes)).toBe(true);
      body.drop();
      expect([body.size, body.bytes.length]).toEqual([0, 0]);
    }),
  );
});

test('a large one whose length is known is never there twice', () => {
  const body = new Gathering(2_000_000);
  body.add(new Uint8Array(1_000_000).fill(1));
  const { buffer } = body.bytes;
  body.add(new Uint8Array(1_000_000).fill(2));
  expect(body.bytes.buffer).toBe(buffer);
  expect(body.bytes.at(-1)).toBe(2);
});

test('a length that is announced takes no memory before something comes', () => {
  const before = process.memoryUsage().arrayBuffers;
  const bodies = Array.from({ length: 20 }, () => new Gathering(10_000_000));
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(10_000_000);
  expect(bodies.map(({ bytes }) => bytes.length)).toEqual(bodies.map(() => 0));
});
