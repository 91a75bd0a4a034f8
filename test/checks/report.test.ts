import { expect, test } from 'vitest';
import type { CheckResult, Report } from '../../src/checks/index.ts';
import { findingsOf } from '../../src/checks/report/findings.ts';
import { reporters } from '../../src/checks/report/index.ts';
import { plainReport, verdictText } from '../../src/checks/report/plain.ts';
import { countsOf } from '../../src/checks/results.ts';
import { checks } from '../../src/checks/table/index.ts';
import type { Verdict } from '../../src/checks/verdict.ts';

const report: Report = {
  version: '1.2.3',
  endpoint: 'http://localhost:3000/webhook',
  probes: ['--effects "x"'],
  blind: null,
  seed: 7,
  startedAt: Date.UTC(2026, 0, 2, 3, 4, 5),
  durationMs: 12_345.6,
  results: [
    {
      ...{
        id: 'once',
        title: 'one delivery, one effect',
        severity: 'error',
        durationMs: 1,
        sent: [],
        appOutput: [],
      },
      verdict: { outcome: 'passed', note: 'one effect: + <job>|done' },
    },
    {
      ...{ id: 'duplicate-concurrent', title: 'the same delivery', severity: 'error', durationMs: 2 },
      appOutput: ['Error: "a" & \\x1b[31m<b> ```'],
      sent: [
        {
          ...{ seq: 12, id: 'dlv_1', jobId: '204a39e4' },
          attempts: [1, 2].map((number) => ({
            id: `att_${number}`,
            number,
            outcome: '200',
            durationMs: 3,
            note: '',
          })),
        },
      ],
      verdict: {
        outcome: 'failed',
        summary: 'two at once: 2 times | the effect',
        expected: 'the effect of one delivery',
        observed: '2 times the effect',
        difference: { expected: ['+ 204a39e4|done'], observed: ['+ 204a39e4|done', '+ 204a39e4|done'] },
        hint: undefined,
      },
    },
    {
      ...{
        id: 'empty-body',
        title: 'no body at all',
        severity: 'warning',
        durationMs: 2,
        sent: [],
        appOutput: [],
      },
      verdict: {
        ...{
          outcome: 'failed',
          summary: 'answered 200',
          expected: 'a 4xx',
          observed: '200',
          difference: null,
        },
      },
    },
    {
      ...{ id: 'wrong-secret', title: 'another', severity: 'error', durationMs: 0, sent: [], appOutput: [] },
      verdict: { outcome: 'not judged', reason: 'no --secret was given' },
    },
  ],
  notes: ['An effect came late.'],
  counts: { passed: 1, failed: 1, warnings: 1, notJudged: 1, notApplicable: 0 },
  interrupted: false,
  exitCode: 1,
};

test('for people: errors first, what was sent, what was expected and seen, why, and how to repair it', () => {
  const text = plainReport(report);
  const order = [
    'ERROR duplicate-concurrent',
    'WARNING empty-body',
    'Not judged, because no --secret was given:\n  wrong-secret',
  ];
  expect(order.map((part) => text.indexOf(part))).toEqual(
    [...order.map((part) => text.indexOf(part))].sort((a, b) => a - b),
  );
  expect(text.indexOf(order[0]!)).toBeGreaterThanOrEqual(0);
  expect(text).toMatch(/sent {6}#12 dlv_1, job 204a39e4: 200 {3}\(2 times\)/);
  expect(text).toMatch(/observed {2}2 times the effect\n {14}\+ 204a39e4\|done {3}\(2 times\)/);
  expect(text).toMatch(/why .*https:\/\//);
  expect(text).toMatch(/fix .*ON CONFLICT DO NOTHING/);
  expect(text).toMatch(/app said {2}Error: /);
  expect(text).toMatch(/1 passed, 1 failed, 1 with warnings, 1 not judged in 12\.3 s \(seed 7\)$/);
});

test('JUnit: well-formed, errors are failures, warnings are not, what was not judged is skipped', () => {
  const xml = reporters.junit!(report);
  expect(xml).toMatch(
    /tests="4" failures="1" errors="0" skipped="1" time="12\.346" timestamp="2026-01-02T03:04:05"/,
  );
  expect(xml.match(/<testcase /g)).toHaveLength(4);
  expect(xml.match(/<failure message="two at once: 2 times \| the effect"/g)).toHaveLength(1);
  expect(xml).toMatch(/<skipped message="no --secret was given"\/>/);
  expect(xml).toContain('Error: &quot;a&quot; &amp; \\x1b[31m&lt;b&gt;');
  // Nothing but known elements, and no character that XML 1.0 forbids.
  const tags = new Set([...xml.matchAll(/<\/?([a-z-]+)/g)].map(([, name]) => name));
  expect([...tags].sort()).toEqual(
    [
      'failure',
      'properties',
      'property',
      'skipped',
      'system-out',
      'testcase',
      'testsuite',
      'testsuites',
    ].sort(),
  );
  expect(xml).not.toMatch(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd]/);
});

test('JSON: the report, with what each check proves, why, and how to repair it', () => {
  const parsed = JSON.parse(reporters.json!(report));
  expect(parsed).toMatchObject({
    v: 1,
    seed: 7,
    exitCode: 1,
    startedAt: '2026-01-02T03:04:05.000Z',
    durationMs: 12346,
  });
  expect(parsed.results[1]).toMatchObject({
    id: 'duplicate-concurrent',
    severity: 'error',
    verdict: { outcome: 'failed' },
    sent: [{ seq: 12 }],
    proves: expect.any(String),
    why: { url: expect.stringMatching(/^https:/) },
    fix: expect.any(String),
  });
});

test('Markdown: a table of all, with text that can not break out of it', () => {
  const text = reporters.markdown!(report);
  expect(text.match(/^\| (✅|❌|⚠️|➖) \| `/gm)).toHaveLength(4);
  expect(text).toContain('two at once: 2 times \\| the effect');
  expect(text).toContain('````\nthe app printed:\nError: "a" & \\x1b[31m<b> ```\n````');
});

test('GitHub: one annotation a failure, each on one line', () => {
  const lines = reporters.github!(report).trimEnd().split('\n');
  expect(lines).toHaveLength(4);
  expect(lines[0]).toMatch(/^::error title=check duplicate-concurrent::ERROR .*%0A/);
  expect(lines[1]).toMatch(/^::warning title=check empty-body::/);
  expect(lines[2]).toMatch(/^NOT IDEMPOTENT/);
});

/** Results of all checks: those that are named have these verdicts, the others have passed. */
const resultsWith = (verdicts: Record<string, Verdict>): CheckResult[] =>
  checks.map(({ id, title, severity }) => {
    const verdict: Verdict = verdicts[id] ?? { outcome: 'passed' };
    const own = verdict.outcome === 'failed' ? verdict.severity : undefined;
    return { id, title, severity: own ?? severity, verdict, durationMs: 1, sent: [], appOutput: [] };
  });

const reportOf = (results: CheckResult[], more: Partial<Report> = {}): Report => ({
  ...report,
  results,
  counts: countsOf(results),
  ...more,
});

const failure = (more: Partial<Extract<Verdict, { outcome: 'failed' }>> = {}): Verdict => ({
  ...{ outcome: 'failed', summary: 's', expected: 'e', observed: 'o', difference: null },
  ...more,
});

const all = checks.length;

test.each<[name: string, report: Report, line: string]>([
  [
    'all passed',
    reportOf(resultsWith({})),
    `PROVEN by ${all} checks: each job has its effect once. Outgoing`,
  ],
  [
    'all but what there is nothing to judge of',
    reportOf(resultsWith({ 'keep-alive': { outcome: 'not judged', reason: 'r', applies: false } })),
    `PROVEN by ${all - 1} checks`,
  ],
  ['outgoing calls were seen', reportOf(resultsWith({}), { probes: ['--egress'] }), 'once.'],
  [
    'something was not judged',
    reportOf(resultsWith({ burst: { outcome: 'not judged', reason: 'r' } })),
    `NO FAULT FOUND, but this is no proof: 1 of ${all} were not judged: see below. Outgoing`,
  ],
  [
    'no effects were seen',
    reportOf(resultsWith({ burst: { outcome: 'not judged', reason: 'r' } }), { blind: 'there is no probe' }),
    `NOT PROVEN: whether something is done twice was not seen, as there is no probe. 1 of ${all} were not judged`,
  ],
  [
    'some were chosen',
    reportOf(resultsWith({}).slice(0, 3)),
    'NO FAULT FOUND by the 3 checks that were chosen.',
  ],
  [
    'stopped',
    reportOf(resultsWith({}).slice(0, 3), { interrupted: true }),
    'NOT PROVEN: stopped before the end, after 3 checks.',
  ],
  [
    'a warning',
    reportOf(resultsWith({ burst: failure({ severity: 'warning' }) })),
    `PROVEN by ${all - 1} checks: each job has its effect once. 1 check with warnings.`,
  ],
  [
    'three failures of one cause, and something that was not judged',
    reportOf(
      resultsWith({
        'duplicate-sequential': failure({ cause: 'again' }),
        'retry-after-timeout': failure({ cause: 'again' }),
        'crash-midway': failure({ cause: 'again' }),
        burst: { outcome: 'not judged', reason: 'r' },
      }),
    ),
    `NOT IDEMPOTENT, or not right: 3 of ${all} checks failed, from 1 cause. 1 of ${all} were not judged`,
  ],
])('the first line, when %s', (_name, given, line) => {
  expect(verdictText(given)).toContain(line);
});

test('failures of one cause are one finding, with the checks that have shown it, in every report', () => {
  const results = resultsWith({
    'duplicate-sequential': failure({ summary: 'twice', cause: 'again' }),
    'wrong-secret': failure({ summary: 'let in' }),
    'crash-midway': failure({ summary: 'twice after a kill', cause: 'again' }),
    'metadata-null': failure({ summary: 'in without it', cause: 'guard', severity: 'warning' }),
    'job-expired': failure({ summary: 'polls' }),
  });
  const whole = reportOf(results);
  const named = findingsOf(whole).map(({ severity, failures }) => [
    severity,
    ...failures.map(({ id }) => id),
  ]);
  expect(named).toEqual([
    ['error', 'duplicate-sequential', 'crash-midway'],
    ['error', 'wrong-secret', 'metadata-null'],
    ['error', 'job-expired'],
  ]);
  const text = plainReport(whole);
  expect(text).toMatch(/ERROR what comes again .*\(shown by 2 checks\)\n {2}duplicate-sequential: twice/);
  expect(text).toMatch(/also {6}crash-midway \(error\): twice after a kill/);
  expect(text.match(/^ {2}fix /gm)).toHaveLength(3);
  expect(text).toMatch(/ERROR job-expired: /);
  expect(reporters.github!(whole).match(/^::error /gm)).toHaveLength(3);
  expect(reporters.markdown!(whole).match(/^### /gm)).toHaveLength(3);
  expect(JSON.parse(reporters.json!(whole)).findings).toMatchObject([
    { checks: ['duplicate-sequential', 'crash-midway'] },
    { checks: ['wrong-secret', 'metadata-null'] },
    { checks: ['job-expired'] },
  ]);
});
