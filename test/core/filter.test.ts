import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { FilterError, filterFields, parseFilter } from '../../src/core/filter.ts';
import { expectLinear } from '../support/growth.ts';

const match = (field: string, pattern: string, wild = false): unknown => ({
  op: 'match',
  field,
  pattern,
  wild,
});
const inMetadata = (path: string, pattern: string, wild = false): unknown => ({
  ...{ op: 'match', field: 'metadata', path },
  ...{ pattern, wild },
});
const words = (pattern: string, wild = false): unknown => ({ op: 'text', pattern, wild });
const compare = (field: string, relation: string, value: number): unknown => ({
  op: 'compare',
  field,
  relation,
  value,
});

describe('a filter', () => {
  test.each<[text: string, filter: unknown]>([
    ['', { op: 'all' }],
    [' \t', { op: 'all' }],
    ['status:failed', match('status', 'failed')],
    ['status:=failed', match('status', 'failed')],
    ['job:204a*', match('job', '204a*', true)],
    ['job:204a39e4-dd10-4c83-a978-0cee4af8cde2', match('job', '204a39e4-dd10-4c83-a978-0cee4af8cde2')],
    ['job:204e5', match('job', '204e5')],
    ['job:0123', match('job', '0123')],
    ['job:true', match('job', 'true')],
    ['(job:1.0)', match('job', '1.0')],
    [
      'NOT (job:1.50 OR job:-01)',
      { op: 'not', operand: { op: 'or', left: match('job', '1.50'), right: match('job', '-01') } },
    ],
    ['job:"204a*"', match('job', '204a*')],
    ["job:'a b'", match('job', 'a b')],
    ['id:dlv_01?', match('id', 'dlv_01?', true)],
    ['method:post', match('method', 'post')],
    ['path:*hook*', match('path', '*hook*', true)],
    ['path:"/hook?x=1"', match('path', '/hook?x=1')],
    ['path:/hook/b?x=1', match('path', '/hook/b?x=1', true)],
    ['path:/a*/b', match('path', '/a*/b', true)],
    ['source:tunnel', match('source', 'tunnel')],
    ['outcome:error', match('outcome', 'error')],
    ['metadata:acme', inMetadata('', 'acme')],
    ['metadata.user_id:123', inMetadata('user_id', '123')],
    ['metadata.user_id:00123', inMetadata('user_id', '00123')],
    ['metadata.user-id:1', inMetadata('user-id', '1')],
    ['metadata.a.b.c:"x y"', inMetadata('a.b.c', 'x y')],
    ['metadata.done:true', inMetadata('done', 'true')],
    ['code:500', compare('code', '=', 500)],
    ['code:=500', compare('code', '=', 500)],
    ['code:>=500', compare('code', '>=', 500)],
    ['duration:<1.5', compare('duration', '<', 1.5)],
    ['attempts:>1', compare('attempts', '>', 1)],
    ['size:<=10000', compare('size', '<=', 10_000)],
    ['seq:>100', compare('seq', '>', 100)],
    ['ack:502', compare('ack', '=', 502)],
    ['code:[500 TO 599]', { op: 'and', left: compare('code', '>=', 500), right: compare('code', '<=', 599) }],
    ['code:{500 TO 599}', { op: 'and', left: compare('code', '>', 500), right: compare('code', '<', 599) }],
    ['verified:true', { op: 'verified', value: true }],
    ['verified:false', { op: 'verified', value: false }],
    ['verified:none', { op: 'verified', value: null }],
    ['invoice', words('invoice')],
    ['inv*ce', words('inv*ce', true)],
    ['"in voice*"', words('in voice*')],
    ['-job:a', { op: 'not', operand: match('job', 'a') }],
    ['NOT job:a', { op: 'not', operand: match('job', 'a') }],
    ['a b', { op: 'and', left: words('a'), right: words('b') }],
    ['a AND b', { op: 'and', left: words('a'), right: words('b') }],
    [
      'a OR (b AND c)',
      { op: 'or', left: words('a'), right: { op: 'and', left: words('b'), right: words('c') } },
    ],
  ])('%j', (text, filter) => {
    expect(parseFilter(text)).toEqual(filter);
  });

  test('is read from every example that the help shows', () => {
    for (const [field, { example }] of Object.entries(filterFields)) {
      const filter = parseFilter(example);
      expect('field' in filter ? filter.field : filter.op).toBe(field);
    }
  });
});

describe('what cannot be read is told with its place', () => {
  test.each<[text: string, message: RegExp, offset: number]>([
    ['nosuch:1', /^There is no field "nosuch": use status, job, /, 0],
    ['a AND nosuch:1', /^There is no field "nosuch"/, 6],
    ['__proto__:1', /^There is no field "__proto__"/, 0],
    ['constructor:1', /^There is no field "constructor"/, 0],
    ['toString:1', /^There is no field "toString"/, 0],
    ['status:', /^A value is missing after ":"\.$/, 0],
    ['a AND job:', /^A value is missing/, 6],
    ['status:/fail/', /^Regular expressions are not supported/, 0],
    ['[1 TO 2]', /^A range needs a field, as in code:\[500 TO 599\]\.$/, 0],
    ['status:>5', /^"status" can't be compared with >\.$/, 0],
    ['metadata.a:>5', /^"metadata" can't be compared with >\.$/, 0],
    ['status:[1 TO 2]', /^"status" can't be such a range/, 7],
    ['code:abc', /^"code" is a number: write code:>=500\.$/, 0],
    ['code:"500"', /^"code" is a number/, 0],
    ['code:5*', /^"code" is a number/, 0],
    ['seq:1e400', /^"seq" is a number/, 0],
    ['code.x:5', /^"code" has no parts/, 0],
    ['status.x:5', /^"status" has no parts: write status:failed\.$/, 0],
    ['verified:maybe', /^"verified" is true, false or none\.$/, 0],
    ['verified:>true', /^"verified" can't be compared with >\.$/, 0],
    ['a)', /^Not understood at character 2: "\)"$/, 1],
    ['a AND )b', /^Not understood at character 7: "\)b"$/, 6],
    ['(a', /^Not complete: /, 2],
    ['"a', /^Not complete: /, 2],
    ['a OR', /^Not complete: /, 4],
    ['job:/hook', /^Not complete: .*\(a value with "\/" in front needs quotes\)/, 9],
    ['x'.repeat(1001), /^Too long: a filter has at most 1000 characters\.$/, 1000],
  ])('%j', (text, message, offset) => {
    let thrown: unknown;
    try {
      parseFilter(text);
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(FilterError);
    expect(thrown).toMatchObject({
      message: expect.stringMatching(message),
      offset,
      code: 'filter',
      exitCode: 2,
    });
  });
});

describe('hostile input', () => {
  const syntax = fc
    .array(
      fc.constantFrom(
        ...[
          'status',
          'code',
          'metadata.a',
          'verified',
          'x',
          ':',
          '>',
          '>=',
          '=',
          '*',
          '?',
          '"',
          "'",
          '\\',
          '/',
          '(',
          ')',
        ],
        ...[
          '[',
          ']',
          '{',
          '}',
          ' TO ',
          ' AND ',
          ' OR ',
          ' NOT ',
          '-',
          '!',
          '+',
          '.',
          ' ',
          '1',
          '1e9',
          'true',
          'null',
          '~',
          '^',
          '&&',
        ],
      ),
      { maxLength: 16 },
    )
    .map((parts) => parts.join(''));

  test('is read or refused with a FilterError: nothing else is ever thrown', () => {
    fc.assert(
      fc.property(fc.oneof(syntax, fc.string(), fc.string({ unit: 'binary' })), (text) => {
        try {
          expect(parseFilter(text)).toHaveProperty('op');
        } catch (error) {
          expect(error).toBeInstanceOf(FilterError);
          const { offset } = error as FilterError;
          if (offset !== null) {
            expect(offset).toBeGreaterThanOrEqual(0);
            expect(offset).toBeLessThanOrEqual(text.length);
          }
        }
      }),
      { numRuns: 1000 },
    );
  });

  test('a word of over 200 characters has to be in quotes', () => {
    const long = 'a'.repeat(201);
    expect(() => parseFilter(`job:x ${long}`)).toThrow(
      new FilterError('Too long a word: put what has over 200 characters in quotes.', 6),
    );
    expect(parseFilter(`"${long}"`)).toEqual(words(long));
    expect(parseFilter(`metadata.${long}"b":x`)).toEqual(inMetadata(`${long}b`, 'x'));
    expect(parseFilter(long.slice(1))).toEqual(words(long.slice(1)));
  });

  test.each([
    '(',
    'a ',
    '-',
    'NOT ',
    'a OR ',
    '"',
    '(a OR ',
    'metadata.',
    'a.',
    'a',
    '*',
    '\\',
    ':',
    '[1 TO ',
  ])('of %j again and again is dealt with in linear time', (part) =>
    expectLinear((size) => {
      const open = part.repeat((size * 0.4) / part.length);
      const texts = [part.repeat(size / part.length), `${open}a${')'.repeat(size * 0.4)}`];
      return () => {
        for (const text of texts)
          try {
            parseFilter(text);
          } catch (error) {
            expect(error).toBeInstanceOf(FilterError);
          }
      };
    }, 125),
  );
});

describe('what people write beside the syntax', () => {
  test.each([
    ['status:failed and job:x', 'status:failed AND job:x'],
    ['a or not b', 'a OR NOT b'],
    ['(a or b) and c', '(a OR b) AND c'],
    ['metadata."full name":ann', "'metadata.full name':ann"],
    ["metadata.'a.b':x", '"metadata.a.b":x'],
  ])('%s is %s', (given, meant) => {
    expect(parseFilter(given)).toEqual(parseFilter(meant));
  });

  test.each(['"and"', 'metadata.a:and', 'metadata.a:"x and y"', 'sand', 'job:"not"', "'or'"])(
    'a word stays a word: %s',
    (text) => {
      const texts = JSON.stringify(parseFilter(text));
      expect(texts).toMatch(/and|or|not/);
      expect(texts).not.toMatch(/"op":"(and|or|not)"/);
    },
  );
});
