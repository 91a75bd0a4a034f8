import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compactJson, JsonText, membersOf, memberText, objectText, printJson } from '../../src/core/json.ts';

// Written as JSON allows it and JavaScript would not write it.
const written = fc.oneof(
  fc.constantFrom('9007199254740993', '10.0', '-0', '1e2', '0.10', '12345678901234567890123'),
  fc.constantFrom('{"2":"b","1":"a"}', '{"__proto__":1,"constructor":2}', '{"a":1,"a":2}'),
  fc.jsonValue().map((value) => JSON.stringify(value)),
);
const space = fc.constantFrom('', ' ', '\n', '\t \r\n');

describe('JSON as it was written', () => {
  it('stands in other JSON untouched', () => {
    fc.assert(
      fc.property(written, fc.jsonValue(), fc.constantFrom(undefined, 2), (text, other, indent) => {
        const printed = printJson({ before: other, list: [new JsonText(text)], after: other }, indent);
        expect(memberText(printed, ['list'])).toBe(`[${text}]`);
        const plain = JSON.parse(JSON.stringify(other));
        expect(JSON.parse(printed)).toEqual({ before: plain, list: [JSON.parse(text)], after: plain });
      }),
    );
  });

  it('is written by JSON.stringify as near as JavaScript can hold it', () => {
    expect(JSON.stringify({ n: new JsonText('10.0') })).toBe('{"n":10}');
  });

  it('is found in a text, with white space or without, by its keys', () => {
    fc.assert(
      fc.property(written, space, (text, s) => {
        const body = `${s}{${s}"x"${s}:${s}["metadata"]${s},${s}"metadata"${s}:${s}${text}${s}}${s}`;
        expect(memberText(body, ['metadata'])).toBe(text);
        expect(memberText(`{"async":${body}}`, ['async', 'metadata'])).toBe(text);
        expect(compactJson(body)).toBe(`{"x":["metadata"],"metadata":${text}}`);
      }),
    );
  });

  it('keeps the white space in strings, has no line breaks, and writes each character one way', () => {
    expect(compactJson('{ "a b" :\n "c  d" }')).toBe('{"a b":"c  d"}');
    expect(compactJson('["\\u00e9\\/", "\\ud800", "\\n"]')).toBe('["é/","\\ud800","\\n"]');
  });

  it('has the last of two members with one name, as JSON.parse has', () => {
    expect(memberText('{"metadata":1,"metadata":2.0}', ['metadata'])).toBe('2.0');
    expect(memberText('{"metadata":1}', ['other'])).toBeUndefined();
    expect(memberText('[1]', ['0'])).toBeUndefined();
  });

  it('is taken apart and put together in its order', () => {
    expect(membersOf('{"2": 1.0, "1": {"b": [ ]}}')).toEqual([
      ['2', '1.0'],
      ['1', '{"b":[]}'],
    ]);
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.tuple(fc.string(), written), { selector: ([name]) => name }),
        (members) => {
          expect(membersOf(objectText(members))).toEqual(members);
        },
      ),
    );
  });
});
