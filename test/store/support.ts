import fc from 'fast-check';
import type { Acknowledgement, Delivery, HeaderPair, Outcome } from '../../src/core/delivery.ts';
import type { Verification } from '../../src/core/verification.ts';
import { openStore, type StoreOptions } from '../../src/store/sqlite-store.ts';
import type { Change, NewDelivery, Store } from '../../src/store/store.ts';
import { onCleanup, tempDir } from '../support/cleanup.ts';
import { newAttempt, newDelivery, payload } from '../support/deliveries.ts';

/** Makes an attempt from its beginning to its end. */
export async function attempt(store: Store, delivery: Delivery, outcome: Outcome, durationMs = 12.5) {
  const { attempt, stored } = store.startAttempt(newAttempt(delivery));
  await stored;
  return store.finishAttempt(attempt, durationMs, outcome);
}

/** A store that is closed when the test ends; closing it before does no harm. */
export function openTemp(
  options: StoreOptions = {},
  dir = tempDir(),
): { store: Store; dir: string; changes: Change[] } {
  const store = openStore(dir, options);
  const changes: Change[] = [];
  store.subscribe((change) => changes.push(change));
  let open = true;
  const close = store.close.bind(store);
  store.close = async () => {
    if (open) await close();
    open = false;
  };
  onCleanup(() => store.close());
  return { store, dir, changes };
}

/** Bytes as plain arrays of numbers, so that Buffer and Uint8Array compare as equal. */
export const plain = <T>(value: T): T =>
  (value instanceof Uint8Array
    ? [...value]
    : Array.isArray(value)
      ? value.map(plain)
      : typeof value === 'object' && value !== null
        ? Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, plain(inner)]))
        : value) as T;

const text = fc.string({ unit: 'grapheme' }).map((value) => value.replaceAll('\0', ''));
const headers: fc.Arbitrary<HeaderPair[]> = fc.array(
  fc.tuple(fc.string({ unit: 'grapheme-ascii', minLength: 1 }), fc.string({ unit: 'binary-ascii' })),
  { maxLength: 6 },
);
const verdict = fc.option(
  fc.record({
    verdict: fc.constantFrom('ok' as const, 'missing' as const, 'mismatch' as const),
    reason: text,
  }),
);
const acknowledgements: fc.Arbitrary<Acknowledgement> = fc.record({
  status: fc.option(fc.constantFrom(200, 204, 401, 502)),
  by: fc.constantFrom('app', 'tool', 'nobody'),
  note: fc.option(text),
  at: fc.integer({ min: 0, max: 2 ** 45 }),
  durationMs: fc.double({ min: 0, max: 1e6, noNaN: true }),
});

const word = fc.constantFrom(
  'acme',
  'ACME',
  'a%c',
  'a_c',
  'a\\c',
  'a*c',
  '100',
  'true',
  'null',
  'Grüße',
  "o'neil",
  '"',
  '',
);
const metadata = fc.option(
  fc.oneof(
    word,
    fc.constantFrom(0, 100, -1, 1.5, 1e21, true, false, null),
    fc.dictionary(
      fc.constantFrom('user', 'a', 'b', 'user-id', '__proto__', 'a.b', 'full name', 'user.user'),
      fc.oneof(
        word,
        fc.constantFrom(100, 1.5, 1e21, true, null),
        fc.constantFrom(
          [1, 'acme'],
          { user: 'acme' },
          { 'first.name': 'acme' },
          { first: { name: 'ACME' } },
          {},
        ),
      ),
    ),
  ),
);
const bodies = fc.oneof(
  fc.uint8Array({ maxLength: 200 }),
  fc
    .tuple(
      fc.constantFrom('204a39e4', '204A', 'job_abc123', 'a%c'),
      metadata,
      fc.constantFrom('Completed', 'Failed', 'completed'),
    )
    .map(([jobId, data, status]) => Buffer.from(payload(jobId, data, status))),
);

/** Deliveries of every kind. */
export const deliveries: fc.Arbitrary<NewDelivery> = fc
  .record({
    receivedAt: fc.integer({ min: 0, max: 2 ** 45 }),
    source: fc.constantFrom('tunnel', 'local', 'trigger', 'check', 'emulator', 'import'),
    method: fc.constantFrom('POST', 'GET', 'PUT', 'M-SEARCH'),
    target: fc.constantFrom('/', '/webhook', '/webhook?token=100%25', '/a_c', '/A%C', "/o'neil\\"),
    httpVersion: fc.constantFrom('1.0', '1.1'),
    headers,
    body: bodies,
    remoteAddress: fc.constantFrom('127.0.0.1', '::ffff:10.0.0.1', ''),
    intake: fc.constantFrom('complete', 'aborted', 'too-large'),
    acknowledgement: fc.option(acknowledgements),
  })
  .chain((fields) =>
    fc
      .record({ secret: verdict, svix: verdict })
      .map((verification: Verification) => newDelivery(fields.body, { ...fields, verification })),
  );
