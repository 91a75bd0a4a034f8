import fc from 'fast-check';
import type { Acknowledgement, Attempt, Delivery, HeaderPair } from '../../../src/core/delivery.ts';
import type { ExportItem } from '../../../src/core/formats/format.ts';
import { recognise } from '../../../src/core/payload.ts';

/** A delivery as the store has it. */
export function delivery(change: Partial<Delivery> = {}): Delivery {
  const body = change.body ?? Buffer.from('{"status":"Completed","job_id":"j1","metadata":{"user_id":7}}');
  return {
    seq: 1,
    id: 'dlv_01jt3z5w9k00abcd',
    receivedAt: Date.UTC(2026, 4, 6, 7, 8, 9, 10),
    source: 'tunnel',
    method: 'POST',
    target: '/webhook?a=1',
    httpVersion: '1.1',
    headers: [
      ['Host', 'x.loca.lt'],
      ['Content-Type', 'application/json'],
    ],
    remoteAddress: '203.0.113.9',
    intake: 'complete',
    verification: { secret: null, svix: null },
    acknowledgement: null,
    ...change,
    body,
    recognition: recognise(body),
  };
}

export const item = (change: Partial<Delivery> = {}, attempts: Attempt[] = []): ExportItem => ({
  delivery: delivery(change),
  attempts,
});

/** An attempt that the app answered. */
export const answered = (
  status: number,
  headers: HeaderPair[],
  body: Uint8Array,
  change: Partial<Attempt> = {},
): Attempt => ({
  id: 'att_01jt3z5w9k00abcd',
  deliveryId: 'dlv_01jt3z5w9k00abcd',
  deliverySeq: 1,
  number: 1,
  endpoint: 'http://localhost:3000',
  reason: 'forward',
  request: { method: 'POST', url: 'http://localhost:3000/webhook', headers: [] },
  requestBody: null,
  faults: [],
  notes: [],
  startedAt: 0,
  durationMs: 12,
  outcome: { kind: 'response', status, headers, body, bodySize: body.length },
  ...change,
});

export const acknowledged = (status: number | null, by: Acknowledgement['by']): Acknowledgement => ({
  status,
  by,
  note: null,
  at: 0,
  durationMs: 12.5,
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
