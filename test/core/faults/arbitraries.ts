import fc from 'fast-check';
import { faultKinds, qualifiedName } from '../../../src/core/faults/index.ts';

const ms = fc.oneof(fc.integer({ min: 0, max: 2 ** 31 - 1 }), fc.integer({ min: 0, max: 100_000 }));
const duration = fc.oneof(
  ms.map((value) => `${value}ms`),
  fc.integer({ min: 0, max: 2000 }).map((value) => `${value}s`),
  fc.integer({ min: 0, max: 30 }).map((value) => `${value}m`),
  fc.constantFrom('1.5s', '0.25m', '1h', '0', '0.0001ms'),
);
const int = (min: number, max: number): fc.Arbitrary<string> => fc.integer({ min, max }).map(String);

/** Every value that a fault takes, by its name; null for none. A new fault needs a row here. */
const values: Record<string, fc.Arbitrary<string | null>> = {
  duplicate: fc.oneof(
    fc.constant(null),
    fc.tuple(int(1, 1000), fc.constantFrom('', ',concurrent')).map((parts) => parts.join('')),
  ),
  delay: duration,
  jitter: fc
    .tuple(ms, ms)
    .map((pair) => pair.sort((a, b) => a - b))
    .chain(([from, to]) => fc.constantFrom(`${from}-${to}ms`, `${from}ms-${to}ms`)),
  reorder: int(2, 1000),
  drop: fc.constant(null),
  failed: fc.constant(null),
  'unknown-status': fc.option(fc.stringMatching(/^[\w-]{1,40}$/)),
  'extra-fields': fc.constant(null),
  'expired-job': fc.constant(null),
  'wrong-secret': fc.constant(null),
  'no-secret': fc.constant(null),
  'bad-signature': fc.constant(null),
  'stale-timestamp': fc.option(duration),
  truncate: int(0, 1_000_000),
  corrupt: fc.constant(null),
  'slow-body': fc.tuple(int(1, 1_000_000), fc.constantFrom('', '/s')).map((parts) => parts.join('')),
  status: int(200, 599),
  'sender.delay': duration,
  reset: fc.constant(null),
  hang: fc.constant(null),
  'lost-ack': fc.oneof(fc.constantFrom(null, 'reset', '504'), int(300, 599)),
};

const limit = fc.oneof(
  fc.constant(''),
  fc.integer({ min: 1, max: 999_999_999 }).map((count) => `:${count}`),
  fc.integer({ min: 0, max: 100_000 }).map((thousandths) => `:${thousandths / 1000}%`),
);

/** One fault, as someone may write it. */
export const anyFault: fc.Arbitrary<string> = fc
  .constantFrom(...faultKinds.map(qualifiedName))
  .chain((name) =>
    fc
      .tuple(values[name]!, limit)
      .map(([value, often]) => `${name}${value === null ? '' : `=${value}`}${often}`),
  );
