import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Delivery } from '../../../src/core/delivery.ts';
import { UserError } from '../../../src/core/errors.ts';
import { type FormatName, formats, maxImportBytes, readDeliveries } from '../../../src/core/formats/index.ts';
import { delivery } from '../../support/deliveries.ts';
import { anyDelivery } from './arbitraries.ts';

const now = Date.UTC(2026, 0, 2);

function written(name: FormatName, deliveries: Delivery[], secrets = true): string {
  return [
    ...formats[name].write(
      deliveries.map((one) => ({ delivery: one, attempts: [] })),
      { secrets },
    ),
  ].join('');
}

const roundTrip = (name: FormatName, deliveries: Delivery[], secrets = true) =>
  readDeliveries(Buffer.from(written(name, deliveries, secrets)), now).deliveries;

describe('what is exported and imported again', () => {
  it('ndjson is identical', () => {
    fc.assert(
      fc.property(fc.array(anyDelivery, { minLength: 1, maxLength: 4 }), (deliveries) => {
        expect(roundTrip('ndjson', deliveries)).toStrictEqual(
          deliveries.map((one) => ({
            receivedAt: one.receivedAt,
            method: one.method,
            target: one.target,
            httpVersion: one.httpVersion,
            headers: one.headers,
            body: Buffer.from(one.body),
            remoteAddress: one.remoteAddress,
            intake: one.intake,
            origin: { id: one.id, source: one.source },
            masked: false,
          })),
        );
      }),
      { numRuns: 400 },
    );
  });

  it.each(['fixture', 'har'] as const)('%s keeps time, method, target, headers, body and intake', (name) => {
    fc.assert(
      fc.property(fc.array(anyDelivery, { minLength: 1, maxLength: 3 }), (deliveries) => {
        const back = roundTrip(name, deliveries);
        expect(back).toHaveLength(deliveries.length);
        deliveries.forEach(({ receivedAt, method, target, headers, body, intake }, i) => {
          expect(back[i]).toMatchObject({ receivedAt, method, target, headers, intake, masked: false });
          expect(Buffer.from(back[i]!.body).equals(body)).toBe(true);
        });
      }),
      { numRuns: 400 },
    );
  });

  it('har keeps the HTTP version, the remote address and the origin too', () => {
    const [back] = roundTrip('har', [delivery({ httpVersion: '1.0' })]);
    expect(back).toMatchObject({
      httpVersion: '1.0',
      remoteAddress: '203.0.113.9',
      origin: { id: 'dlv_01jt3z5w9k00abcd', source: 'tunnel' },
    });
  });

  it('a long body comes back whole', () => {
    const body = Buffer.alloc(3_000_001, 0xfe);
    for (const name of ['ndjson', 'har', 'fixture'] as const)
      expect(body.equals(roundTrip(name, [delivery({ body })])[0]!.body)).toBe(true);
  });

  it('nothing at all can be written', () => {
    expect(written('ndjson', [])).toBe('');
    expect(() => roundTrip('har', [])).toThrow('The file holds no delivery.');
    expect(written('fixture', [])).toBe('[]\n');
    expect(written('curl', [])).toBe('');
  });
});

describe('secrets', () => {
  const secret = delivery({
    target: '/hook?token=hidden',
    headers: [
      ['Host', 'a.test'],
      ['Authorization', 'Bearer hidden'],
      ['svix-signature', 'v1,hidden'],
    ],
    body: Buffer.from('{"status":"Completed","job_id":"j","metadata":{"secret":"hidden"}}'),
  });

  it.each(Object.keys(formats) as FormatName[])('%s masks them and says so', (name) => {
    const text = written(name, [secret], false);
    expect(text).not.toContain('hidden');
    expect(text).toMatch(/"masked": ?true|Secrets are masked/);
    expect(written(name, [secret])).toContain('hidden');
    expect(written(name, [secret])).not.toMatch(/masked": ?true|Secrets are masked/);
  });

  it.each(['ndjson', 'har', 'fixture'] as const)('a masked %s is read, marked, and can be sent', (name) => {
    const [back] = roundTrip(name, [secret], false);
    expect(back!.masked).toBe(true);
    // Header values and targets that HTTP clients take: one byte a character.
    expect(JSON.stringify([back!.headers, back!.target])).toMatch(/^[\0-\xff]+$/);
    expect(Buffer.from(back!.headers[1]![1], 'latin1').toString()).toBe('••••••');
    expect(back!.target).toMatch(/^\/hook\?token=(%E2%80%A2){6}$/);
  });

  it('what has none is not marked', () => {
    expect(roundTrip('ndjson', [delivery()], false)[0]!.masked).toBe(false);
  });
});

describe('what can not be read', () => {
  const read = (text: string | Uint8Array) => () => readDeliveries(Buffer.from(text), now);
  const line = {
    v: 1,
    receivedAt: 1,
    method: 'POST',
    target: '/',
    headers: [],
    body: { encoding: 'utf8', data: '' },
  };
  const second = (change: object) => `\n\n${JSON.stringify({ ...line, ...change })}\n`;

  it.each([
    ['', /no format that can be read: har, ndjson, fixture/],
    ['hello', /no format/],
    ['[]', /no format/],
    ['{}', /no format/],
    [new Uint8Array([0x7b, 0xff, 0xfe]), /not UTF-8/],
    ['{"v":1,', /^line 1, column 8: broken JSON/],
    [`{"v":2}\n{"v":1,`, /^line 1: .* \(and 1 more like it\)$/],
    [second({ v: 2 }), /^line 3: v: .*version 1/],
    [second({ method: 'PO ST' }), /^line 3: method: is not an HTTP method/],
    [second({ target: '/a b' }), /^line 3: target: .*spaces/],
    [
      second({
        headers: [
          ['a', 'b'],
          ['x y', 'z'],
        ],
      }),
      /^line 3: headers\[1\]\[0\]: is not a header name/,
    ],
    [second({ headers: [['a', 'b\r\nx: y']] }), /^line 3: headers\[0\]\[1\]: has control characters/],
    [second({ body: { encoding: 'base64', data: '%%' } }), /^line 3: body.data: is not base64/],
    [second({ receivedAt: -1 }), /^line 3: receivedAt: /],
    ['{"log":{}}', /^HAR: log.entries: /],
    ['{"log":{"entries":[{"request":{"url":"data:x"}},{}]}}', /^entry 2: request: /],
    ['{"log":{"entries":[{"startedDateTime":"yesterday","request":[]}]}}', /^entry 1: request: /],
    ['{"fixture":9,"path":"/"}', /^fixture: fixture: .*version 1/],
    ['[{"fixture":1},{"fixture":1,"path":"/ "}]', /^fixture 1: path: .* \(and 1 more like it\)$/],
    ['{"fixture":1,"path":"/","body":1,"bodyText":"2"}', /^fixture: has body and bodyText/],
    [
      `{"fixture":1,"path":"/","body":${'['.repeat(30_000)}${']'.repeat(30_000)}}`,
      /^fixture: nested deeper than 500/,
    ],
    ['{"log":{"entries":[{"request":"\\u001b[31m"}]}}', /^entry 1: /],
  ])('%j', (text, message) => {
    expect(read(text)).toThrow(UserError);
    expect(read(text)).toThrow(message);
    try {
      read(text)();
    } catch (error) {
      expect((error as Error).message).not.toMatch(/[\n\x1b]/);
      expect(error).toMatchObject({ code: 'import', exitCode: 1 });
    }
  });

  it('a file over the limit is refused before it is read', () => {
    const huge = { length: maxImportBytes + 1 } as Uint8Array;
    expect(() => readDeliveries(huge, now)).toThrow(/over 256 MB/);
  });

  it('nothing but UserErrors come of hostile files', () => {
    const hostile = fc.oneof(
      fc.uint8Array({ maxLength: 60 }),
      fc.json().map((text) => Buffer.from(text)),
      // A good file with some of its text replaced.
      fc
        .tuple(
          fc.constantFrom('ndjson', 'har', 'fixture'),
          anyDelivery,
          fc.nat(),
          fc.nat({ max: 40 }),
          fc.oneof(fc.string({ maxLength: 8 }), fc.constantFrom('null', '1e999', '{}', '[', '"\\ud800"')),
        )
        .map(([name, one, at, length, by]) => {
          const text = written(name as FormatName, [one]);
          const start = at % text.length;
          return Buffer.from(text.slice(0, start) + by + text.slice(start + length));
        }),
      // A good file with one of its values replaced.
      fc
        .tuple(fc.constantFrom('ndjson', 'har', 'fixture'), anyDelivery, fc.nat(), fc.jsonValue())
        .map(([name, one, at, by]) => {
          let seen = 0;
          const json = JSON.parse(written(name as FormatName, [one])) as unknown;
          const pick = at % 60;
          return Buffer.from(
            JSON.stringify(json, (_, value: unknown) => (seen++ === pick ? by : value)) ?? '',
          );
        }),
    );
    fc.assert(
      fc.property(hostile, (bytes) => {
        try {
          readDeliveries(bytes, now);
        } catch (error) {
          if (!(error instanceof UserError)) throw error;
        }
      }),
      { numRuns: 3000 },
    );
  });
});
