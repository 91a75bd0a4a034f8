import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  commonSubprotocol,
  decodeMessage,
  encodeMessage,
  isInboxName,
  type RelayMessage,
  subprotocolOf,
  versionsOf,
} from '../../src/core/relay.ts';

const name = fc.stringMatching(/^[A-Za-z][\w-]{0,20}$/);
const value = fc.stringMatching(/^[\t\x20-\x7e\x80-\xff]{0,40}$/);
const pairs = fc.array(fc.tuple(name, value));
const id = fc.string({ minLength: 1, maxLength: 100 });
const request = fc.record({
  id,
  at: fc.nat(),
  method: fc.constantFrom('GET', 'POST', 'M-SEARCH'),
  target: fc.stringMatching(/^\/[\x21-\xff]{0,40}$/),
  httpVersion: fc.constantFrom('1.0', '1.1'),
  headers: pairs,
  remoteAddress: fc.ipV6(),
});
const message: fc.Arbitrary<RelayMessage> = fc.oneof(
  fc.record({
    type: fc.constant('deliver' as const),
    how: fc.constantFrom('live', 'copy', 'kept', 'probe'),
    request,
  }),
  fc.record({
    type: fc.constant('answer' as const),
    id,
    answer: fc.record({ status: fc.integer({ min: 200, max: 999 }), headers: pairs }),
  }),
  fc.record({ type: fc.constantFrom('have' as const, 'again' as const), id }),
  fc.record({ type: fc.constant('leads' as const), leads: fc.boolean() }),
  fc.constant({ type: 'drain' as const }),
);

test('what was encoded is decoded: head and body', () => {
  fc.assert(
    fc.property(message, fc.uint8Array({ maxLength: 2000 }), (head, body) => {
      const decoded = decodeMessage(encodeMessage(head, body));
      expect(decoded.head).toEqual(head);
      expect(decoded.body.equals(body)).toBe(true);
    }),
  );
});

/** A frame with a head that is any JSON. */
const frame = (head: unknown): Buffer => encodeMessage(head as RelayMessage);
const withRequest = (rest: object): Buffer =>
  frame({
    type: 'deliver',
    how: 'live',
    request: {
      ...{ id: 'x', at: 1, method: 'POST', target: '/', httpVersion: '1.1', headers: [], remoteAddress: '' },
      ...rest,
    },
  });
const hello = (rest: object): Buffer =>
  frame({
    ...{ type: 'hello', url: 'https://a.example', leads: true, waiting: 0, maxBody: 1, pingWithin: 1 },
    ...rest,
  });

describe('what is no message is refused in one way', () => {
  test.each<[string, Buffer]>([
    ['nothing', Buffer.alloc(0)],
    ['too short for a length', Buffer.from([0, 0, 1])],
    ['a length beyond its end', Buffer.from([0, 0, 0, 9, 123, 125])],
    ['the longest length', Buffer.from([255, 255, 255, 255, 123, 125])],
    ['no JSON', Buffer.from('\0\0\0\x03abc', 'latin1')],
    ['an empty head', Buffer.alloc(4)],
    ['null', frame(null)],
    ['a list', frame([])],
    ['no type', frame({})],
    ['a type that is not known', frame({ type: 'execute' })],
    ['a request without an id', withRequest({ id: '' })],
    ['a header with a line break', withRequest({ headers: [['x', 'a\r\nb: c']] })],
    ['a header beyond latin1', withRequest({ headers: [['x', '€']] })],
    ['a header with a space in its name', withRequest({ headers: [['x y', '']] })],
    ['a header without a name', withRequest({ headers: [['', '']] })],
    ['a header that is no pair', withRequest({ headers: [['x']] })],
    ['a method that is none', withRequest({ method: 'POST / HTTP/1.1\r\n' })],
    ['a target with a space', withRequest({ target: '/a b' })],
    ['a target that is no path', withRequest({ target: 'http://other/' })],
    ['an answer below 200', frame({ type: 'answer', id: 'x', answer: { status: 101, headers: [] } })],
    [
      'an answer with a line break',
      frame({ type: 'answer', id: 'x', answer: { status: 200, headers: [['a', '\n']] } }),
    ],
    ['a URL of no tunnel', hello({ url: 'javascript:alert(1)' })],
    ['no URL', hello({ url: '' })],
    ['a time longer than timers wait', hello({ pingWithin: 2 ** 31 })],
  ])('%s', (_, bytes) => {
    expect(() => decodeMessage(bytes)).toThrow(
      expect.objectContaining({ name: 'UserError', code: 'relay-protocol' }),
    );
  });

  test('any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        expect(() => decodeMessage(Buffer.from(bytes))).toThrow(
          expect.objectContaining({ name: 'UserError' }),
        );
      }),
    );
  });

  test('a head of many MB', () => {
    const head = { type: 'have', id: 'x'.repeat(30_000_000), more: [[[]]] };
    expect(decodeMessage(frame(head)).head.type).toBe('have');
    const deep = Buffer.from(`${'['.repeat(1_000_000)}`);
    const length = Buffer.alloc(4);
    length.writeUInt32BE(deep.length);
    expect(() => decodeMessage(Buffer.concat([length, deep]))).toThrow(/no message/);
  });
});

test.each<[string[], string | null]>([
  [[subprotocolOf(1)], subprotocolOf(1)],
  [[subprotocolOf(7), subprotocolOf(1)], subprotocolOf(1)],
  [[subprotocolOf(2)], null],
  [['chat'], null],
  [[''], null],
  [[], null],
])('of the versions %j both speak %s', (offered, common) => {
  expect(commonSubprotocol(offered)).toBe(common);
});

test('versions are told by their numbers', () => {
  expect(versionsOf([subprotocolOf(2), 'chat', subprotocolOf(3)])).toBe('2, 3');
  expect(versionsOf(['chat'])).toBe('none');
});

test.each([
  ['a', true],
  ['0', true],
  ['a-b', true],
  ['a'.repeat(63), true],
  ['a'.repeat(64), false],
  ['', false],
  ['-a', false],
  ['a-', false],
  ['A', false],
  ['a.b', false],
  ['a_b', false],
  ['ä', false],
  ['..', false],
  ['%61', false],
  ['a\n', false],
])('%j may name an inbox: %s', (text, may) => {
  expect(isInboxName(text)).toBe(may);
});
