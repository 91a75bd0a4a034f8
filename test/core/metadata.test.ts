import { describe, expect, it } from 'vitest';
import { metadataMembers, parseMetadata } from '../../src/core/metadata.ts';

const text = (...pairs: string[]): string | undefined => parseMetadata(pairs, undefined)?.text;

describe('metadata given by flags', () => {
  it.each<[pairs: string[], metadata: string]>([
    [['user_id=123'], '{"user_id":"123"}'],
    [['pages:=3'], '{"pages":3}'],
    [['order:=9007199254740993', 'amount:=10.0'], '{"order":9007199254740993,"amount":10.0}'],
    [['{"2": "b", "1": "a"}'], '{"2":"b","1":"a"}'],
    [['2=b', '1=a'], '{"2":"b","1":"a"}'],
    [['__proto__=x', 'constructor:=null'], '{"__proto__":"x","constructor":null}'],
    [['a=1', 'a=2'], '{"a":"2"}'],
    [['text=with = and : in it'], '{"text":"with = and : in it"}'],
  ])('%j is %s', (pairs, metadata) => {
    expect(text(...pairs)).toBe(metadata);
  });

  it('has the secret as a member of its own', () => {
    expect(parseMetadata(['a=b'], 's3cret')?.text).toBe('{"a":"b","secret":"s3cret"}');
    expect(parseMetadata([], undefined)).toBeUndefined();
  });

  it('can be taken apart, odd names too', () => {
    expect(Object.keys(metadataMembers(parseMetadata(['__proto__=x', 'b=1'], undefined)))).toEqual([
      '__proto__',
      'b',
    ]);
  });

  it.each([['novalue'], ['=x'], ['n:=oops'], ['{"a":'], ['{"a":1}]']])(
    '%s is refused in one line',
    (pair) => {
      expect(() => text(pair)).toThrow(/^--metadata: [^\n]+\.$/);
    },
  );
});
