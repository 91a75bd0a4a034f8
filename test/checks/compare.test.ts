import { expect, test } from 'vitest';
import { compareRuns } from '../../src/checks/compare.ts';
import { failed, notJudged, passed, type Verdict } from '../../src/checks/verdict.ts';

const broken = failed('twice', 'once', 'twice');
const outcomes: Record<string, Verdict | null> = {
  passed: passed(),
  failed: broken,
  unjudged: notJudged('blind'),
  absent: null,
};

const result = (id: string, verdict: Verdict | null) =>
  verdict === null ? [] : [{ id, title: id, verdict }];

test.each([
  ['passed', 'passed', 'same'],
  ['passed', 'failed', 'broken since'],
  ['passed', 'unjudged', 'no longer judged'],
  ['passed', 'absent', 'not run'],
  ['failed', 'passed', 'fixed'],
  ['failed', 'failed', 'still failing'],
  ['failed', 'unjudged', 'no longer judged'],
  ['failed', 'absent', 'not run'],
  ['unjudged', 'passed', 'same'],
  ['unjudged', 'failed', 'broken since'],
  ['unjudged', 'unjudged', 'same'],
  ['absent', 'passed', 'same'],
  ['absent', 'failed', 'new'],
  ['absent', 'unjudged', 'same'],
])('from %s to %s: %s', (before, after, change) => {
  const compared = compareRuns(result('a', outcomes[before]!), result('a', outcomes[after]!));
  expect(compared).toMatchObject([{ id: 'a', change }]);
});

test('what is worst comes first, else in the order in which they were made', () => {
  const before = [
    ...result('a', passed()),
    ...result('b', broken),
    ...result('c', broken),
    ...result('d', passed()),
  ];
  const after = [
    ...result('a', passed()),
    ...result('b', passed()),
    ...result('c', broken),
    ...result('d', broken),
  ];
  expect(compareRuns(before, after).map(({ id, change }) => [id, change])).toEqual([
    ['d', 'broken since'],
    ['c', 'still failing'],
    ['b', 'fixed'],
    ['a', 'same'],
  ]);
});
