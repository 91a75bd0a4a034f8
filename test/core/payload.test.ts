import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { recognise } from '../../src/core/payload.ts';
import { decodeUtf8 } from '../../src/core/utf8.ts';
import { expectLinear } from '../support/growth.ts';

const id = '204a39e4-dd10-4c83-a978-0cee4af8cde2';

/** Why a body is none, or `reducto`. */
function verdict(body: string | Uint8Array): string {
  const recognition = recognise(typeof body === 'string' ? Buffer.from(body) : body);
  return recognition.kind === 'other' ? recognition.reason : 'reducto';
}

describe('a Reducto payload', () => {
  test('is recognised as the docs show it', () => {
    const body = `{"status":"Completed","job_id":"${id}","metadata":{"user_id":"123"}}`;
    expect(recognise(Buffer.from(body))).toEqual({
      kind: 'reducto',
      status: 'Completed',
      jobId: id,
      metadata: { user_id: '123' },
      metadataText: '{"user_id":"123"}',
      note: null,
    });
  });

  test.each([
    ['no metadata', ''],
    ['null', ',"metadata":null'],
    ['a number beyond the safe ones', ',"metadata":123456789012345678901234567890'],
    ['an array', ',"metadata":[1,"a"]'],
    ['fields that Reducto does not send', ',"metadata":{},"extra":{"a":1},"job":"x"'],
  ])('may have %s', (_, rest) => {
    expect(verdict(`{"status":"Failed","job_id":"job_abc123"${rest}}`)).toBe('reducto');
  });

  test('has the last of several values of a key, as every JSON parser takes it', () => {
    expect(
      recognise(Buffer.from('{"status":"Failed","job_id":"a","job_id":"b","status":"Completed"}')),
    ).toEqual({
      kind: 'reducto',
      status: 'Completed',
      jobId: 'b',
      metadata: undefined,
      metadataText: undefined,
      note: null,
    });
  });

  test('keeps every kind of metadata', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (metadata) => {
        const body = Buffer.from(JSON.stringify({ status: 'Completed', job_id: 'j', metadata }));
        expect(recognise(body)).toEqual({
          kind: 'reducto',
          status: 'Completed',
          jobId: 'j',
          metadata: JSON.parse(JSON.stringify(metadata)),
          metadataText: JSON.stringify(metadata),
          note: null,
        });
      }),
    );
  });
});

describe('metadata is kept as it was written', () => {
  const metadata = '{"2":9007199254740993,"1":10.0,"metadata":{"metadata":1e2}}';
  test.each([
    [`{"status":"Failed","job_id":"a","metadata":${metadata}}`],
    [`{"metadata":${metadata},"status":"Failed","job_id":"a"}`],
    [`{"metadata":0,"status":"Failed","job_id":"a","metadata" : ${metadata} }`],
    [`{"status":"Failed","job_id":"a","metadata":${metadata},"x":{"metadata":2}}`],
    [`{"status":"Failed","job_id":"a","x":"\\\\","metadata":${metadata}}`],
    [`{"status":"Failed","job_id":"a","metadata":${metadata},"x\\"metadata":{"user":"1"}}`],
  ])('%s', (body) => {
    expect(recognise(Buffer.from(body))).toMatchObject({ metadataText: metadata });
  });

  test('however deep something else is nested', () => {
    const body = `{"x":${'['.repeat(20_000)}${']'.repeat(20_000)},"metadata":${metadata},"status":"Failed","job_id":"a"}`;
    expect(recognise(Buffer.from(body))).toMatchObject({ metadataText: metadata });
  });
});

describe('a long body', () => {
  const long = 'x'.repeat(70_000);
  test('is recognised without a look into its metadata, but for the secret', () => {
    const metadata = `{"a":"${long}","secret":"s3cret"}`;
    const body = `{"status":"Failed","other":[{"status":1}],"job_id":"j","metadata":${metadata}}`;
    expect(recognise(Buffer.from(body))).toEqual({
      kind: 'reducto',
      status: 'Failed',
      jobId: 'j',
      metadata: { secret: 's3cret' },
      metadataText: undefined,
      note: '68.4 KB of metadata, which is not looked into',
    });
  });

  test('with short metadata is recognised whole', () => {
    const body = `{"x":"${long}","metadata":{"2":1.0,"1":2},"status":"Completed","job_id":"j"}`;
    expect(recognise(Buffer.from(body))).toMatchObject({
      jobId: 'j',
      metadataText: '{"2":1.0,"1":2}',
      note: null,
    });
  });

  test.each([
    [`["${long}"]`, 'the body is not a JSON object'],
    [`{"a":"${long}"`, 'the body is not a JSON object'],
    [`{"a":"${long}"}`, 'status is missing'],
    [`{"status":"${long}","job_id":"j"}`, 'status is missing'],
    [`{"status":"Failed","job_id":"${long}"}`, 'job_id is missing'],
    [`{"status":"Failed","a":"${long}","job_id":7}`, 'job_id is a number, not a string'],
  ])('that is none says why: %#', (body, reason) => {
    expect(recognise(Buffer.from(body))).toEqual({ kind: 'other', reason });
  });

  test.each([
    ['keys', (n: number) => `{${Array.from({ length: n / 10 }, (_, i) => `"k${i}":1`).join(',')}}`],
    ['numbers', (n: number) => `[${'1,'.repeat(n / 2)}1]`],
    ['levels', (n: number) => '['.repeat(n / 2) + ']'.repeat(n / 2)],
    ['escapes', (n: number) => `"${'\\u001b'.repeat(n / 7)}"`],
    ['quotes', (n: number) => `[${'"",'.repeat(n / 3)}1]`],
    ['secrets', (n: number) => `{${'"secret":{"secret":1},'.repeat(n / 22)}"a":1}`],
  ])('costs linear time: %s', (_, metadata) =>
    expectLinear((size) => {
      const body = Buffer.from(`{"status":"Failed","job_id":"j","metadata":${metadata(size)}}`);
      return () => recognise(body);
    }, 1_000_000),
  );
});

describe('anything else is told with the reason', () => {
  const shape = (fields: string): string => `{${fields}}`;
  test.each<[body: string | Uint8Array, reason: string]>([
    ['', 'the body is empty'],
    [Buffer.from([0x7b, 0xff, 0x7d]), 'the body is not UTF-8 text'],
    [Buffer.from('{"status":"é"}', 'latin1'), 'the body is not UTF-8 text'],
    [
      `\ufeff{"status":"Completed","job_id":"${id}"}`,
      'the body begins with a byte order mark (BOM): JSON has none',
    ],
    ['   ', 'the body is not JSON: Unexpected end of JSON input'],
    ['[]', 'the body is an array, not a JSON object'],
    [`[{"status":"Completed","job_id":"${id}"}]`, 'the body is an array, not a JSON object'],
    ['null', 'the body is null, not a JSON object'],
    ['"Completed"', 'the body is a string, not a JSON object'],
    ['42', 'the body is a number, not a JSON object'],
    ['true', 'the body is a boolean, not a JSON object'],
    ['{}', 'status is missing'],
    [shape('"job_id":"x"'), 'status is missing'],
    [shape('"status":"Completed"'), 'job_id is missing'],
    [
      shape('"status":"completed","job_id":"x"'),
      'status is "completed", where Reducto sends "Completed" or "Failed" (title case)',
    ],
    [
      shape('"status":null,"job_id":"x"'),
      'status is null, where Reducto sends "Completed" or "Failed" (title case)',
    ],
    [
      shape('"status":["Completed"],"job_id":"x"'),
      'status is an array, where Reducto sends "Completed" or "Failed" (title case)',
    ],
    [shape('"status":"Failed","job_id":""'), 'job_id is empty'],
    [shape('"status":"Failed","job_id":12345678901234567890'), 'job_id is a number, not a string'],
    [shape('"status":"Failed","job_id":null'), 'job_id is null, not a string'],
    [shape('"status":"Failed","job_id":{}'), 'job_id is an object, not a string'],
    [shape('"__proto__":{"status":"Completed","job_id":"x"}'), 'status is missing'],
    [shape('"constructor":{"status":"Completed"},"status":"Failed"'), 'job_id is missing'],
  ])('%j', (body, reason) => {
    expect(verdict(body)).toBe(reason);
  });

  test('a form, XML or cut off JSON is "not JSON"', () => {
    for (const body of [
      'status=Completed',
      '<status/>',
      '{"status":"Comp',
      '{"a":01}',
      "{'a':1}",
      'undefined',
    ])
      expect(verdict(body)).toMatch(/^the body is not JSON: ./);
  });

  test('metadata that only an attacker nests is told, and does not run anyone out of stack', () => {
    const nested = (depth: number): string =>
      `{"status":"Completed","job_id":"x","metadata":${'['.repeat(depth)}${']'.repeat(depth)}}`;
    expect(verdict(nested(400))).toBe('reducto');
    expect(verdict(nested(1_000_000))).toBe('reducto'); // so long that it is not looked into
    for (const depth of [600, 20_000])
      expect(verdict(nested(depth))).toBe('metadata is nested more than 500 levels deep');
  });

  test('the reason never quotes the body, which may hold a secret', () => {
    const secret = 'hunter2hunter2';
    const body = `{"status":"Completed","job_id":"x","metadata":{"secret":"${secret}"}}`;
    for (let at = 0; at < body.length; at++)
      for (const broken of [body.slice(0, at), `${body.slice(0, at)}%${body.slice(at)}`, body.slice(at)])
        expect(verdict(broken)).not.toContain('hunter');
  });
});

test('no body makes recognition throw', () => {
  const text = fc.oneof(fc.string({ unit: 'binary' }), fc.json()).map((value) => Buffer.from(value));
  fc.assert(fc.property(fc.oneof(fc.uint8Array(), text), (body) => void recognise(body)));
});

test('UTF-8 is decoded exactly, or not at all', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: 'grapheme' }),
      (text) => void expect(decodeUtf8(Buffer.from(text))).toBe(text),
    ),
  );
  expect(decodeUtf8(Buffer.from('\ufeffa'))).toBe('\ufeffa');
  for (const bytes of [
    [0xc0, 0x80],
    [0xed, 0xa0, 0x80],
    [0xe2, 0x82],
    [0xf8, 0x88, 0x80, 0x80, 0x80],
  ])
    expect(decodeUtf8(Uint8Array.from(bytes))).toBeNull();
});
