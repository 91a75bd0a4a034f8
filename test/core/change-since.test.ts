import { expect, test } from 'vitest';
import { changesSince } from '../../src/core/attempt-diff.ts';
import type { Attempt, Outcome } from '../../src/core/delivery.ts';
import { answer, endedAttempt } from '../support/deliveries.ts';

const refused: Outcome = { kind: 'error', code: 'refused', message: 'nothing listens there' };

/** What is told of the last of them. */
function changeSince(attempt: Attempt, earlier: readonly Attempt[], secrets: boolean) {
  const next = changesSince(secrets);
  for (const each of earlier) next(each);
  return next(attempt);
}

let number = 0;
const of = (outcome: Outcome, rest: Partial<Attempt> = {}): Attempt =>
  endedAttempt(outcome, { number: ++number, ...rest });

test('fixed, and broken since, with what changed in the answer', () => {
  number = 0;
  const bad = of(answer(500, 'no such table', [['Date', 'then']]));
  const good = of(answer(200, 'ok', [['Date', 'now']]));
  expect(changeSince(good, [bad], false)).toEqual({
    change: 'fixed',
    text: 'fixed: 500 at attempt 1',
    answer: expect.stringMatching(/-500\n\+200\n[\s\S]*-no such table\n[\s\S]*\+ok/),
  });
  expect(changeSince(good, [bad], false)?.answer).not.toContain('Date');
  expect(changeSince(bad, [good], false)).toMatchObject({
    change: 'broken since',
    text: 'broken since: 200 at attempt 2',
  });
  expect(changeSince(of(refused), [good], false)).toEqual({
    change: 'broken since',
    text: 'broken since: 200 at attempt 2',
  });
});

test.each<[string, Attempt, Attempt[]]>([
  ['the first one', of(answer(200)), []],
  ['one that ended as before', of(answer(503)), [of(answer(500))]],
  ['one under way', of({ kind: 'pending' }), [of(answer(200))]],
  ['another endpoint', of(answer(200)), [of(answer(500), { endpoint: 'http://localhost:1/' })]],
  ['a failure on purpose', of(refused, { faults: ['reset'] }), [of(answer(200))]],
  [
    'what only failed on purpose before',
    of(answer(200)),
    [of(answer(200)), of(refused, { faults: ['reset'] })],
  ],
])('nothing of %s', (_, one, earlier) => {
  expect(changeSince(one, earlier, false)).toBeNull();
});

test('what an app answers is masked and safe to print', () => {
  const bad = of(answer(500, '{"secret":"hunter22"}', [['X-A', '\u001b[31m']]));
  const { answer: shown } = changeSince(of(answer(200, '{}')), [bad], false)!;
  expect(shown).toBePrintable();
  expect(shown).not.toContain('hunter22');
  expect(changeSince(of(answer(200, '{}')), [bad], true)!.answer).toContain('hunter22');
});
