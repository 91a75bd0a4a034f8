import fc from 'fast-check';
import type { Attempt, Delivery, HeaderPair } from '../../../src/core/delivery.ts';
import type { ExportItem } from '../../../src/core/formats/format.ts';
import { delivery } from '../../support/deliveries.ts';

export const item = (change: Partial<Delivery> = {}, attempts: Attempt[] = []): ExportItem => ({
  delivery: delivery(change),
  attempts,
});

const chars = (from: number, to: number, ...more: number[]): fc.Arbitrary<string> =>
  fc
    .oneof(fc.integer({ min: from, max: to }), ...more.map((code) => fc.constant(code)))
    .map((code) => String.fromCharCode(code));

const token = fc.string({
  unit: fc.constantFrom(..."!#$%&'*+-.^_`|~09azAZ"),
  minLength: 1,
  maxLength: 12,
});

/** Values as Node reads them: any byte but controls, and no spaces at the ends. */
const headerValue = fc
  .string({ unit: fc.oneof(chars(0x20, 0x7e, 0x09), chars(0x80, 0xff)), maxLength: 30 })
  .map((value) => value.replace(/^[ \t]+|[ \t]+$/g, ''));

const headers: fc.Arbitrary<HeaderPair[]> = fc.array(
  fc.tuple(
    fc.oneof(token, fc.constantFrom('Host', 'svix-id', 'X-A', 'x-a', '__proto__', 'Content-Type')),
    headerValue,
  ),
  { maxLength: 8 },
);

/** Any bytes, with text, JSON in several hands, and text with a byte order mark among them. */
const body: fc.Arbitrary<Uint8Array> = fc.oneof(
  fc.uint8Array({ maxLength: 60 }),
  fc.string({ unit: 'binary', maxLength: 40 }).map((text) => Buffer.from(text)),
  fc.json().map((text) => Buffer.from(text)),
  fc.jsonValue().map((value) => Buffer.from(JSON.stringify(value, null, 1))),
  fc
    .constantFrom('', '\ufeff{}', '{"a":1,"a":2}', '{"1":0,"__proto__":[1.0]}', '@x', 'null')
    .map((text) => Buffer.from(text)),
);

const target: fc.Arbitrary<string> = fc.oneof(
  fc.webPath().map((path) => (path.startsWith('/') ? path : `/${path}`)),
  fc.string({ unit: chars(0x21, 0x7e), maxLength: 20 }).map((rest) => `/${rest}`),
  fc.constantFrom('*', 'http://other.test/x?y#z', '//double', '/a/../b?%zz', '/caf\xe9?token=1'),
);

/** Any delivery that can arrive. */
export const anyDelivery: fc.Arbitrary<Delivery> = fc
  .record({
    receivedAt: fc.integer({ min: 0, max: Date.UTC(9999, 0) }),
    source: fc.constantFrom('tunnel' as const, 'local' as const, 'import' as const),
    method: fc.constantFrom('POST', 'GET', 'M-SEARCH', 'PUT'),
    target,
    httpVersion: fc.constantFrom('1.0', '1.1', '2.0'),
    headers,
    body,
    remoteAddress: fc.constantFrom('', '127.0.0.1', '::1'),
    intake: fc.constantFrom('complete' as const, 'aborted' as const, 'too-large' as const),
  })
  .map(delivery);
