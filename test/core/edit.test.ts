import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { HeaderPair } from '../../src/core/delivery.ts';
import { applyEdits, type Edit, parseHeaderEdit, parseSet } from '../../src/core/edit.ts';
import { UserError } from '../../src/core/errors.ts';

const body =
  '{ "status":"Completed",\n\t"job_id": "j1", "n": 1.0, "metadata": {"user_id" : 123, "tags":["a", "b"]} }\n';

const edited = (text: string, ...sets: string[]): string =>
  Buffer.from(applyEdits({ headers: [], body: Buffer.from(text) }, sets.map(parseSet)).body).toString();

const editedHeaders = (headers: HeaderPair[], ...edits: string[]): readonly HeaderPair[] =>
  applyEdits({ headers, body: Buffer.alloc(0) }, edits.map(parseHeaderEdit)).headers;

describe('--set', () => {
  it.each([
    ['a=7', '7'],
    ['a=-1.5', '-1.5'],
    ['a=true', 'true'],
    ['a=null', 'null'],
    ['a=[1.0, "x"]', '[1.0, "x"]'],
    ['a={"b":12345678901234567890}', '{"b":12345678901234567890}'],
    ['a="7"', '"7"'],
    ['a=Failed', '"Failed"'],
    ['a=', '""'],
    ['a=x=y', '"x=y"'],
    ['a=say "hi"', '"say \\"hi\\""'],
    // No numbers: a job id may look like any of these.
    ['a=007', '"007"'],
    ['a=1.0', '"1.0"'],
    ['a=204e5', '"204e5"'],
    ['a=12345678901234567890', '"12345678901234567890"'],
    ['a= 7', '" 7"'],
    ['a={"b":', '"{\\"b\\":"'],
  ])('%s sets %s', (text, json) => {
    expect(parseSet(text)).toEqual({ kind: 'set', path: 'a', json });
    expect(edited('{"a":0}', text)).toBe(`{"a":${json}}`);
  });

  it('changes the value and nothing else', () => {
    expect(edited(body, 'metadata.user_id=7')).toBe(body.replace('123', '7'));
    expect(edited(body, 'status=Failed')).toBe(body.replace('Completed', 'Failed'));
    expect(edited(body, 'metadata.tags[0]=x')).toBe(body.replace('"a"', '"x"'));
    expect(edited(body, 'n=1', 'metadata["tags"][1]={}')).toBe(body.replace('1.0', '1').replace('"b"', '{}'));
  });

  it('adds what is not there', () => {
    expect(edited('{}', 'a.b[0].c=1')).toBe('{"a": {"b":[{"c":1}]}}');
    expect(edited('{"a":0}', 'b0=10')).toBe('{"a":0,"b0": 10}');
    expect(edited(body, 'metadata.tags[2]=c')).toBe(body.replace('"b"', '"b","c"'));
    expect(edited('[]', '[0]=x')).toBe('["x"]');
    expect(edited('{"a":[]}', 'a[0]=$&')).toBe('{"a":["$&"]}');
    expect(edited('{"":1}', '[""]=2', '["a.b=c"]=3', '__proto__=4')).toBe('{"":2,"a.b=c": 3,"__proto__": 4}');
  });

  it.each([
    ['{}', 'a', /is not PATH=VALUE/],
    ['{}', '=1', /is not PATH=VALUE/],
    ['{}', 'a..b=1', /is not PATH=VALUE/],
    ['{}', '.a=1', /is not PATH=VALUE/],
    ['{}', 'a[x]=1', /is not PATH=VALUE/],
    ['{}', 'a[-1]=1', /is not PATH=VALUE/],
    ['{}', '["\\x"]=1', /is not a quoted name/],
    ['', 'a=1', /body is not JSON/],
    ['{"a":1,}', 'a=1', /body is not JSON/],
    ['\ufeff{}', 'a=1', /body is not JSON/],
    [`${'['.repeat(30_000)}${']'.repeat(30_000)}`, 'a=1', /over 500 levels/],
    ['[]', 'a=1', /the body is an array, not an object/],
    ['7', 'a=1', /the body is a number, not an object/],
    ['{"metadata":null}', 'metadata.user_id=1', /metadata is null, not an object/],
    ['{"a":{"b c":"x"}}', 'a.b c.d=1', /a\.b c is a string, not an object/],
    ['{"a":{}}', 'a[0]=1', /a is an object, not an array/],
    ['{"a":["x"]}', 'a[2]=1', /a has 1 items: \[1\] would be the next/],
    ['{}', 'a[1]=1', /a is not there: start with \[0\]/],
    ['{"a":1,"a":2}', 'a=3', /the body has "a" 2 times/],
  ])('%j can not have %s', (text, set, message) => {
    expect(() => edited(text, set)).toThrow(UserError);
    expect(() => edited(text, set)).toThrow(message);
  });

  it('refuses edits that the parsers would not make', () => {
    const apply = (edit: Edit) => () => applyEdits({ headers: [], body: Buffer.from('{}') }, [edit]);
    expect(apply({ kind: 'set', path: 'a]', json: '1' })).toThrow(/"a\]" is not a path/);
    expect(apply({ kind: 'set', path: '', json: '1' })).toThrow(/"" is not a path/);
    expect(apply({ kind: 'set', path: 'a', json: '1}, {' })).toThrow(/value of a is not JSON/);
    expect(apply({ kind: 'header', name: 'a b', value: '1' })).toThrow(/"a b" is not a header name/);
    expect(apply({ kind: 'header', name: 'a', value: '1\r\nb: 2' })).toThrow(/control characters/);
  });

  it('leaves every other byte as it was, and the value is what was set', () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.string(), fc.jsonValue(), { minKeys: 1, maxKeys: 5, noNullPrototype: true }),
        fc.nat(),
        fc.jsonValue(),
        fc.constantFrom(undefined, 1, '\t', '  \n '),
        (object, pick, value, indent) => {
          const keys = Object.keys(object);
          const key = keys[pick % keys.length]!;
          const text = JSON.stringify(object, null, indent);
          const marked = JSON.stringify({ ...object, [key]: 'MARK#' }, null, indent);
          const path = `[${JSON.stringify(key)}]`;
          const json = JSON.stringify(value);
          const after = applyEdits({ headers: [], body: Buffer.from(text) }, [
            { kind: 'set', path, json },
          ]).body;
          expect(Buffer.from(after).toString()).toBe(marked.replace('"MARK#"', () => json));
        },
      ),
      { numRuns: 500 },
    );
  });

  it('has nothing but UserErrors for hostile input', () => {
    const text = fc.oneof(fc.string(), fc.string({ unit: fc.constantFrom(...'ab.[]"\\=:0{}') }));
    fc.assert(
      fc.property(text, fc.oneof(text, fc.json()), (set, json) => {
        try {
          edited(json, set);
          editedHeaders([], set);
        } catch (error) {
          if (!(error instanceof UserError)) throw error;
        }
      }),
      { numRuns: 2000 },
    );
  });
});

describe('--header', () => {
  const headers: HeaderPair[] = [
    ['X-A', '1'],
    ['Y', '2'],
    ['x-a', '3'],
  ];

  it('replaces in its place, with its name as it was', () => {
    expect(editedHeaders(headers, 'x-a:new', 'y: a:b ')).toEqual([
      ['X-A', 'new'],
      ['Y', 'a:b'],
    ]);
  });

  it('appends and removes', () => {
    expect(editedHeaders(headers, 'X-New:é', 'x-A:')).toEqual([
      ['Y', '2'],
      ['X-New', Buffer.from('é').toString('latin1')],
    ]);
    expect(editedHeaders(headers, 'absent:')).toEqual(headers);
  });

  it.each(['x', ':y', 'a b:c'])('%s is none', (text) => {
    expect(() => editedHeaders([], text)).toThrow(UserError);
  });
});
