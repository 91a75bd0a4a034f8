import { expect, test } from 'vitest';
import { completions, seenIn } from '../../src/view/complete.ts';
import { summaryOf } from '../tui/fixtures/deliveries.ts';

const seen = seenIn([
  undefined,
  { ...summaryOf(1), jobId: 'job-1', metadata: '{"user_id":"7","secret":"s3cret","full name":"Ann Lee"}' },
  { ...summaryOf(2), jobId: 'job-2', metadata: '{"user_id":8,"nested":{"a":1}}' },
  { ...summaryOf(3), metadata: 'cut {' },
]);
const offered = (text: string, at = text.length): string[] =>
  completions(text, at, seen).options.map((option) => option.text);

test.each([
  ['sta', ['status:']],
  ['status:f', ['Failed']],
  ['NOT (outcome:r', ['refused', 'reset']],
  ['status:failed AND sou', ['source:']],
  ['source:t', ['tunnel', 'trigger']],
  ['metadata.', ['metadata.user_id:', 'metadata."full name":']],
  ['metadata.user_id:', ['7', '8']],
  ['metadata."full name":', ['"Ann Lee"']],
  ['metadata."full name":"an', ['"Ann Lee"']],
  ['metadata.secret:', []],
  ['job:job-', ['job-1', 'job-2']],
  ['seq:>', []],
  ['nosuch:', []],
])('%s is completed to %j', (text, expected) => {
  expect(offered(text)).toEqual(expected);
});

test('a completion takes the place of what was typed of it, whatever follows', () => {
  expect(completions('status:fai AND seq:>1', 10, seen)).toMatchObject({
    from: 7,
    options: [{ text: 'Failed' }],
  });
});

test('everything that is offered can be read as a filter once it has a value', async () => {
  const { parseFilter } = await import('../../src/core/filter.ts');
  for (const field of offered('').filter((text) => text.endsWith(':')))
    for (const value of [...offered(field), '1', 'true'])
      try {
        parseFilter(field + value);
      } catch (error) {
        expect(String(error)).toMatch(/is a number|is true, false or none/);
      }
  for (const text of [
    'status:',
    'outcome:',
    'source:',
    'verified:',
    'metadata.user_id:',
    'metadata."full name":',
  ])
    for (const value of offered(text)) expect(() => parseFilter(text + value)).not.toThrow();
});
