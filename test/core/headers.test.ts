import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { HeaderPair } from '../../src/core/delivery.ts';
import { endToEnd, headerValue, pairsOf } from '../../src/core/headers.ts';

test('the first of several values is given, whatever the case of the name', () => {
  const headers: HeaderPair[] = [
    ['X-ID', '1'],
    ['x-id', '2'],
    ['X-Empty', ''],
  ];
  expect(headerValue(headers, 'x-Id')).toBe('1');
  expect(headerValue(headers, 'x-empty')).toBe('');
  expect(headerValue(headers, 'constructor')).toBeUndefined();
});

test('pairs keep order, case and repetitions', () => {
  const pairs = fc.array(fc.tuple(fc.string(), fc.string()));
  fc.assert(fc.property(pairs, (expected) => void expect(pairsOf(expected.flat())).toEqual(expected)));
});

test('hop-by-hop headers stay behind', () => {
  const names =
    'Connection Keep-Alive Proxy-Authenticate Proxy-Authorization Proxy-Connection TE Trailer Transfer-Encoding Upgrade';
  expect(endToEnd(names.split(' ').map((name) => [name, 'x'] as const))).toEqual([]);
});

test('what Connection names stays behind too, in any case, in each of several Connection headers', () => {
  const headers: HeaderPair[] = [
    ['connection', 'close, X-One'],
    ['X-One', 'a'],
    ['Connection', ' x-two ,'],
    ['x-TWO', 'b'],
    ['X-Three', 'c'],
    ['Content-Type', 'text/plain'],
    ['x-three', 'd'],
  ];
  expect(endToEnd(headers)).toEqual([
    ['X-Three', 'c'],
    ['Content-Type', 'text/plain'],
    ['x-three', 'd'],
  ]);
});

test('more can be dropped', () => {
  const headers: HeaderPair[] = [
    ['Host', 'a'],
    ['Accept', 'b'],
  ];
  expect(endToEnd(headers, ['host'])).toEqual([['Accept', 'b']]);
});
