import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { check, start } from '../../src/index.ts';
import * as matchers from '../../src/library/matchers.ts';
import { racing, startHandler } from '../checks/handler.ts';
import { onCleanup, tempDir } from '../support/cleanup.ts';

const only = 'duplicate-sequential';

/** A handler that does its work once for each job, or each time that it is told of it. */
async function handler(right: boolean) {
  const handled = new Set<string>();
  return startHandler(({ job_id, status, metadata }, state) => {
    if (status === 'Completed' && !(right && handled.has(job_id)))
      state.add({ job_id, status, metadata: metadata ?? null });
    handled.add(job_id);
    return 200;
  });
}

test('a check sees effects through a function, and its report says what failed, why, and how to mend it', async () => {
  const { url, state } = await handler(false);
  const dev = await start({ endpoint: url, emulate: true });
  onCleanup(() => dev.stop());
  const report = await dev.check({ effects: async () => state.rows.map(({ jobId }) => jobId), only });
  expect(report).toMatchObject({ passed: false, notJudged: [], warnings: [] });
  expect(report.failures).toMatchObject([{ id: only, outcome: 'failed', severity: 'error' }]);
  const [failure] = report.failures;
  for (const told of ['summary', 'expected', 'observed', 'why', 'fix'] as const)
    expect(failure![told]).toMatch(/\w+ \w+/);
  expect(report.checks.map(({ id, outcome }) => [id, outcome])).toEqual([
    ['once', 'passed'],
    [only, 'failed'],
  ]);
  expect(report.text()).toContain(report.verdict);
  expect(matchers.toHavePassed(report)).toMatchObject({ pass: false });
  expect(matchers.toHavePassed(report).message()).toBe(report.text());
  expect((await dev.run('check-runs', {})).runs).toHaveLength(1);
});

test('a right handler passes, without a session and with a Map for its effects', async () => {
  const { url, state } = await handler(true);
  const effects = () => new Map(state.rows.map(({ jobId, status }) => [jobId, status]));
  const report = await check({ endpoint: url, effects, only: [only] });
  expect(report.failures).toEqual([]);
  expect(matchers.toHavePassed(report).pass).toBe(true);
});

test('a search finds the race of a handler, and gives the shortest way to it as a timeline and a script', async () => {
  const { url, state } = await startHandler(racing);
  const effects = () => state.rows.map(({ jobId, status }) => [jobId, status]);
  const report = await check({ endpoint: url, effects, seed: 1, explore: { runs: 20 } });
  expect(report).toMatchObject({ passed: false, failures: [{ id: 'explore', outcome: 'failed' }] });
  const { runs, timeline, script } = report.exploration!;
  expect(runs).toBeLessThanOrEqual(20);
  expect(timeline).toMatch(/The shortest schedule has 1 step/);
  expect(report.text()).toContain(timeline!);
  expect(script).toMatch(/^#!.*\n(.*\n)*.*curl /);
}, 60_000);

test('a scenario happens, from an object or a file, and what is not as it says is told', async () => {
  const { url, state } = await handler(true);
  const dev = await start({ endpoint: url });
  onCleanup(() => dev.stop());
  const effects = () => state.rows.map(({ jobId }) => jobId);
  const steps = [{ deliver: 'a', times: 2 }, { expect: { effects: 'once' } }];
  expect(matchers.toHavePassed(await dev.scenario({ name: 'x', steps }, { effects })).pass).toBe(true);
  const file = join(tempDir(), 'x.yaml');
  writeFileSync(file, 'name: y\nsteps: [deliver: a, expect: { effects: none }]\n');
  const report = await dev.scenario(file, { effects });
  expect(report).toMatchObject({ passed: false, failures: [{ id: file, title: 'y' }] });
  await expect(dev.scenario({ name: 'x' })).rejects.toThrow('scenario: steps: it is missing.');
});

describe('effects that can not be seen end the check', () => {
  test.each([
    [() => undefined, 'it returned nothing'],
    [() => Promise.reject(new Error('no database')), 'no database'],
    [
      () => {
        throw new Error('no table');
      },
      'no table',
    ],
  ])('%s', async (effects, message) => {
    const { url } = await handler(true);
    await expect(check({ endpoint: url, effects, only })).rejects.toThrow(
      `The effects function failed: ${message}`,
    );
  });
});

test('wrong options are told', async () => {
  const dev = await start();
  onCleanup(() => dev.stop());
  await expect(dev.check()).rejects.toThrow('Where is the handler?');
  await expect(dev.check({ endpoint: 1, only: 'nonsense' })).rejects.toThrow('There is no check "nonsense"');
  await expect(dev.check({ endpoint: 1, timeout: 'soon' })).rejects.toThrow('soon');
  expect(() => matchers.toHavePassed(undefined as never)).toThrow(
    'toHavePassed is for the report of a check',
  );
});
