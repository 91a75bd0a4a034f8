import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Outline, outlineOf } from '../../src/core/json-outline.ts';

const names = ['status', 'job_id', 'metadata'];
const valuesOf = (text: string): Record<string, unknown> | null => {
  const bytes = Buffer.from(text);
  const outline: Outline | null = outlineOf(bytes, names);
  if (outline === null) return null;
  const values = [...outline].map(([name, span]) => [name, JSON.parse(bytes.subarray(...span).toString())]);
  return Object.fromEntries(values);
};

describe('the outline of a JSON object', () => {
  test('has the values that JSON.parse has, with white space or without', () => {
    const key = fc.oneof(fc.constantFrom(...names), fc.string({ unit: 'binary', maxLength: 8 }));
    const object = fc.dictionary(key, fc.jsonValue({ noNullPrototype: true } as object));
    fc.assert(
      fc.property(object, fc.constantFrom(undefined, 1, '\t'), (value, indent) => {
        const plain = JSON.parse(JSON.stringify(value)) as Record<string, unknown>;
        const wanted = Object.fromEntries(Object.entries(plain).filter(([name]) => names.includes(name)));
        expect(valuesOf(` ${JSON.stringify(value, null, indent)}\n`)).toEqual(wanted);
      }),
    );
  });

  test('has the last of two members, and knows an escaped name', () => {
    expect(valuesOf('{"status":1,"\\u0073tatus":2,"a":{"status":3}}')).toEqual({ status: 2 });
    expect(valuesOf('{"a":"\\\\","status":"\\"}"}')).toEqual({ status: '"}' });
  });

  test.each(['', ' ', '[]', '"{}"', '{', '{"a"', '{"a}', '{}}', '{"a":[}', '{} {}', 'null', '}{'])(
    'is none of %j',
    (text) => {
      expect(valuesOf(text)).toBeNull();
    },
  );

  test('ends for any bytes', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => void outlineOf(bytes, names)));
  });
});
