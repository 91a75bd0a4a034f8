import { expect, test } from 'vitest';
import { against } from '../../src/checks/against.ts';
import { egressName } from '../../src/checks/effects/egress.ts';
import type { CheckResult, Report } from '../../src/checks/options.ts';
import { verdictText } from '../../src/checks/report/plain.ts';
import { countsOf, isError } from '../../src/checks/results.ts';

const failed = {
  outcome: 'failed',
  summary: 'twice',
  expected: 'one',
  observed: 'two',
  difference: null,
} as const;
const passed = { outcome: 'passed' } as const;
const unjudged = { outcome: 'not judged', reason: 'nothing was seen' } as const;

const result = (id: string, verdict: CheckResult['verdict']): CheckResult => ({
  ...{ id, title: id, severity: 'error', verdict, durationMs: 1 },
  ...{ sent: [], appOutput: [] },
});

function report(verdicts: Record<string, CheckResult['verdict']>): Report {
  const results = Object.entries(verdicts).map(([id, verdict]) => result(id, verdict));
  return {
    ...{ version: '1.0.0', endpoint: 'http://localhost/', probes: [egressName], blind: null, seed: 1 },
    ...{ startedAt: 0, durationMs: 1, results, notes: [], counts: countsOf(results), interrupted: false },
    exitCode: results.some(isError) ? 1 : 0,
  };
}

const weighed = (
  before: Record<string, CheckResult['verdict']>,
  after: Record<string, CheckResult['verdict']>,
  strict = false,
): Report => against(report(after), { name: 'run 7', results: report(before).results }, strict);

test('what failed before is a warning, and never proven', () => {
  const found = weighed(
    { once: passed, burst: failed, 'crash-after-answer': failed },
    { once: passed, burst: failed, 'crash-after-answer': passed },
  );
  expect(found.exitCode).toBe(0);
  expect(found.counts).toMatchObject({ passed: 2, failed: 0, warnings: 1 });
  expect(found.against).toEqual({ name: 'run 7', known: ['burst'], fixed: ['crash-after-answer'] });
  expect(verdictText(found)).toBe(
    'NOTHING NEW since run 7, but NOT IDEMPOTENT, or not right: burst failed then, too. Fixed since run 7: crash-after-answer. 1 check with warnings.',
  );
});

test.each([
  ['passed before', { once: passed, burst: passed }],
  ['was not judged before', { once: passed, burst: unjudged }],
  ['was not run before', { once: passed }],
])('a failure of what %s counts', (_, before) => {
  const found = weighed(before, { once: passed, burst: failed });
  expect(found.exitCode).toBe(1);
  expect(verdictText(found)).toMatch(
    /^NOT IDEMPOTENT, or not right: 1 of 2 checks failed since run 7 \(0 did before\)\./,
  );
});

test('strict: only what was judged before and is not any more counts', () => {
  expect(weighed({ once: passed, burst: unjudged }, { once: passed, burst: unjudged }, true).exitCode).toBe(
    0,
  );
  expect(weighed({ once: passed, burst: passed }, { once: passed, burst: unjudged }, true).exitCode).toBe(1);
  expect(weighed({ once: passed, burst: passed }, { once: passed, burst: unjudged }).exitCode).toBe(0);
});
