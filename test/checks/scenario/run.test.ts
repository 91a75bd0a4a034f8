import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { reporters } from '../../../src/checks/report/index.ts';
import { reportOf } from '../../../src/checks/report/json.ts';
import { plainReport } from '../../../src/checks/report/plain.ts';
import type { CommandArgs } from '../../../src/runtime/commands/index.ts';
import { startBench } from '../../runtime/commands/context.ts';
import { tempDir } from '../../support/cleanup.ts';
import { idempotent, notIdempotent, type Payload, type State, startHandler } from '../handler.ts';

vi.setConfig({ testTimeout: 60_000 });

/** Makes a scenario happen to a handler that is looked at through its state. */
async function run(
  work: Parameters<typeof startHandler>[0],
  steps: readonly unknown[],
  more: Record<string, unknown> = {},
  args: CommandArgs<'scenario'> = {},
) {
  const { url, stateUrl } = await startHandler(work);
  const scenario = { name: 'x', endpoint: url, 'effects-url': stateUrl, ...more, steps };
  return (await startBench().run('scenario', { scenarios: [scenario], emulatorPort: 0, ...args })).report;
}

/** Refuses what has not the secret. */
const guarded = (payload: Payload, state: State): number =>
  payload.metadata?.secret === 'hush' ? idempotent(payload, state) : 401;

const once = { expect: { effects: 'once' } };

test('a second effect is a failure at the step that looks for it, and the report says how it went', async () => {
  const steps = [{ deliver: 'invoice', times: 2 }, once];
  const report = await run(notIdempotent, steps);
  expect(report).toMatchObject({ exitCode: 1, verdict: 'FAILED: 1 of 1 scenario.' });
  const [result] = report.results;
  expect(result).toMatchObject({ id: 'scenario', title: 'x', severity: 'error' });
  expect(result!.verdict).toMatchObject({
    outcome: 'failed',
    summary: 'expect effects once: invoice: 2 times the effect',
    expected: 'the effect of invoice, once, and no other',
    observed: 'invoice: 2 times the effect',
  });
  expect(result!.course).toEqual([
    expect.stringMatching(/ ms {2}deliver invoice: 200$/),
    expect.stringMatching(/ ms {2}deliver invoice: 200$/),
    expect.stringMatching(/ {2}invoice: 2 times the effect$/),
    `invoice is job ${result!.sent[0]!.jobId}`,
  ]);
  expect(result!.sent).toMatchObject([{ attempts: [{ outcome: '200' }, { outcome: '200' }] }]);
  for (const text of [
    plainReport(reportOf(report)),
    ...Object.values(reporters).map((write) => write(reportOf(report))),
  ])
    expect(text).toMatch(/invoice: 2 times the effect/);
});

describe('with a handler that is right', () => {
  test('faults, forgeries, lost answers, other jobs and failures are what they are said to be', async () => {
    const seen: Payload[] = [];
    const steps = [
      { deliver: 'a', faults: 'wrong-secret' },
      { expect: { answer: 401, effects: 'none' } },
      { forge: 'a' },
      { expect: { answer: ['401', 403], effects: 'none' } },
      { deliver: ['a', 'failed'], concurrent: true, faults: 'lost-ack' },
      { expect: { answer: '2xx', effects: ['a', 'failed'] } },
      'retry',
      { 'hang-up': 'late', at: '0%' },
      'retry',
      { wait: '1ms' },
      { expect: { effects: 'once', verify: 'test "$(echo $JOB_IDS | wc -w)" = 3' } },
    ];
    const jobs = { a: { metadata: { for: '$JOB_ID' } }, failed: { status: 'Failed' }, late: {} };
    const { results, exitCode, verdict } = await run(
      (payload, state) => {
        seen.push(payload);
        return guarded(payload, state);
      },
      steps,
      { jobs, metadata: { all: true } },
      { secret: 'hush' },
    );
    expect(verdict).toBe('PASSED: 1 scenario.');
    expect([exitCode, results[0]!.verdict]).toEqual([
      0,
      { outcome: 'passed', note: '11 steps went as they should' },
    ]);
    const own = seen.find(({ metadata }) => metadata && 'for' in metadata)!;
    expect(own.metadata).toMatchObject({ for: own.job_id, all: true });
    expect(seen.filter(({ status }) => status === 'Failed')).toHaveLength(2);
  });
});

test('what is not there is a failure: answers, effects, what a command finds, a refusal', async () => {
  const { url, stateUrl } = await startHandler(idempotent);
  const cases: [steps: unknown[], summary: string][] = [
    [[{ deliver: 'a', times: 2 }, { expect: { answer: '4xx' } }], 'expect answers 4xx: answered 200, 200'],
    [[{ deliver: 'a' }, { expect: { effects: 'none' } }], 'expect effects none: a: an effect'],
    [[{ deliver: ['a', 'b'] }, { expect: { effects: 'b' } }], 'expect effects b: a: an effect'],
    [[{ expect: { verify: 'echo no; exit 3' } }], 'expect verify: verify does not hold: exit code 3'],
    [[{ forge: 'a' }, once], 'the forged webhook for a was answered 200'],
  ];
  const { report } = await startBench().run('scenario', {
    ...{ endpoint: url, effectsUrl: [stateUrl], secret: 'hush', emulatorPort: 0 },
    scenarios: cases.map(([steps]) => ({ name: 'x', steps })),
  });
  expect(report.results.map(({ id, verdict }) => [id, 'summary' in verdict && verdict.summary])).toEqual(
    cases.map(([, summary], i) => [`scenario ${i + 1}`, summary]),
  );
});

test('several files on one app: it is learned about once, each fails by itself, at its line', async () => {
  const { url, stateUrl } = await startHandler(notIdempotent);
  const dir = tempDir();
  const head = `endpoint: ${url}\neffects-url: ${stateUrl}\n`;
  writeFileSync(join(dir, 'good.yaml'), `name: one\n${head}steps: [deliver: a]\n`);
  writeFileSync(
    join(dir, 'bad.yaml'),
    `name: two\n${head}repeat: 3\nsteps:\n  - deliver: a\n    times: 2\n  - expect:\n      effects: once\n`,
  );
  const bench = startBench();
  const { report } = await bench.run('scenario', {
    files: ['good.yaml', 'bad.yaml', 'good.yaml'],
    cwd: dir,
    emulatorPort: 0,
  });
  expect(report.results.map(({ id, verdict }) => [id, verdict.outcome])).toEqual([
    ['good.yaml', 'passed'],
    ['bad.yaml', 'failed'],
    ['good.yaml', 'passed'],
  ]);
  expect(report.counts).toMatchObject({ passed: 2, failed: 1 });
  expect(reporters.github!(reportOf(report))).toContain('::error file=bad.yaml,line=8,col=5,title=');
  // Three plain ones for all of them, and one each; the one that is repeated ends when it has failed.
  const { deliveries } = await bench.run('list', { limit: 100 });
  expect(deliveries).toHaveLength(3 + 3);
  expect((await bench.run('check-runs', {})).runs).toMatchObject([
    { kind: 'scenarios', passed: 2, failed: 1 },
  ]);
});

test('an app that does not work at all is a failure of each', async () => {
  const report = await run(() => 500, [{ deliver: 'a' }]);
  expect(report.results[0]!.verdict).toMatchObject({
    outcome: 'failed',
    summary: "it can't begin: the plain delivery: answered 500",
  });
});

test('answers can be looked at where effects can not be seen', async () => {
  const steps = [{ deliver: 'a' }, { expect: { answer: 202 } }];
  const report = await run(() => 202, steps, { 'effects-url': undefined });
  expect(report.verdict).toBe('PASSED: 1 scenario.');
});

test('one that is stopped is not said to have passed', async () => {
  const stop = new AbortController();
  const { url, stateUrl } = await startHandler((payload, state) => {
    stop.abort();
    return idempotent(payload, state);
  });
  const scenarios = [{ name: 'x', steps: [{ deliver: 'a' }] }];
  const args = { endpoint: url, effectsUrl: [stateUrl], emulatorPort: 0, scenarios };
  const { report } = await startBench().run('scenario', args, stop.signal);
  expect(report).toMatchObject({ results: [], interrupted: true });
});

test.each<[unknown[], Record<string, unknown>, string]>([
  [['restart'], {}, 'scenario: restart kills the app: say how it is started (start).'],
  [[{ crash: 'a', at: 'fetch' }], {}, 'scenario: crash kills the app'],
  [[{ forge: 'a' }], {}, 'scenario: forge is about a guard: give --secret'],
  [[once], { 'effects-url': undefined }, 'scenario: effects are seen by a probe: give effects'],
])('what it can not do without is asked for: %j', async (steps, more, message) => {
  const asked = run(idempotent, steps, { ...more });
  await expect(asked).rejects.toMatchObject({ exitCode: 2, message: expect.stringContaining(message) });
});

test('without files, or a handler, there is nothing to do', async () => {
  const bench = startBench();
  await expect(bench.run('scenario', {})).rejects.toThrow('Which file?');
  await expect(bench.run('scenario', { files: ['nowhere.yaml'] })).rejects.toThrow(
    "nowhere.yaml can't be read: ENOENT",
  );
  await expect(
    bench.run('scenario', { scenarios: [{ name: 'x', steps: [{ deliver: 'a' }] }] }),
  ).rejects.toThrow('scenario: where is the handler?');
});
