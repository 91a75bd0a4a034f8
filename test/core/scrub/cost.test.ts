import { describe, expect, test } from 'vitest';
import { pathRules } from '../../../src/core/scrub/place.ts';
import { Scrubber } from '../../../src/core/scrub/scrubber.ts';
import { delivery } from '../../support/deliveries.ts';
import { expectLinear } from '../../support/growth.ts';

const scrubbed = (body: string) =>
  new Scrubber(Buffer.from('key'), pathRules(['a.b', '*.c'], ['a.d'])).item({
    delivery: delivery({ body: Buffer.from(body), headers: [] }),
    attempts: [],
  }).delivery.body.length;

// What the patterns and the paths of a scrub could look at again and again; cost.test.ts has what any reader could.
const hostile: Record<string, (size: number) => string> = {
  'words between dots': (size) => 'a.'.repeat(size / 2),
  'words before a mail sign': (size) => `${'a.'.repeat(size / 2)}@`,
  'mail signs': (size) => 'a@'.repeat(size / 2),
  'URLs in URLs': (size) => 'a://b/?c='.repeat(size / 9),
  'URLs that begin': (size) => '://a'.repeat(size / 4),
  'numbers between dots': (size) => '1.'.repeat(size / 2),
  'colons between numbers': (size) => '1:'.repeat(size / 2),
  'signs before numbers': (size) => '+1 '.repeat(size / 3),
  'an id of any length': (size) => 'a1'.repeat(size / 2),
  'beginnings of dates': (size) => '2024-01-'.repeat(size / 8),
  'deep members': (size) => `${'{"a":'.repeat(size / 6)}1${'}'.repeat(size / 6)}`,
  'long names': (size) => `{"${'a'.repeat(size)}":{"${'b'.repeat(size)}":"x"}}`,
  'JSON in strings': (size) =>
    JSON.stringify({ a: JSON.stringify({ a: JSON.stringify({ a: 'x '.repeat(size / 2) }) }) }),
  'cut JSON': (size) => '{"a":"b1",'.repeat(size / 10),
};

describe('a scrub costs no more than its length', () => {
  test.each(Object.entries(hostile))('%s', (_, make) =>
    expectLinear((size) => {
      const body = make(size);
      return () => scrubbed(body);
    }, 12_000),
  );
});

test('what is counted of a hostile body is bounded', () => {
  const scrubber = new Scrubber(Buffer.from('key'));
  const body = `{${Array.from({ length: 2000 }, (_, i) => `"k${i}${'x'.repeat(200)}":"v"`).join(',')}}`;
  for (let seq = 1; seq <= 3; seq++)
    scrubber.item({ delivery: delivery({ seq, body: Buffer.from(body), headers: [] }), attempts: [] });
  expect(scrubber.tally.paths.size).toBe(1000);
  expect(Math.max(...[...scrubber.tally.paths.keys()].map(({ length }) => length))).toBeLessThan(130);
});
