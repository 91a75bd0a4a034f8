import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { type CheckOptions, type Progress, type Report, runChecks } from '../../src/checks/index.ts';
import { parseEndpoint } from '../../src/core/endpoint.ts';
import { tempDir } from '../support/cleanup.ts';
import { idempotent, startHandler } from './handler.ts';
import { animalNamed, failedIds, withAnimal } from './zoo/run-animal.ts';

vi.setConfig({ testTimeout: 120_000 });

const run = async (options: Partial<CheckOptions>): Promise<Report> => {
  const { url, stateUrl } = await startHandler(idempotent);
  return runChecks({
    endpoint: parseEndpoint(url),
    dataDir: tempDir(),
    effectsUrls: [stateUrl],
    emulatorPort: 0,
    ...options,
  });
};

const verdictsOf = ({ results }: Report) =>
  Object.fromEntries(results.map(({ id, verdict }) => [id, verdict]));

/** Runs some checks on a handler of the zoo. @returns the report, and how many ran at the same time at the most */
async function runWithWidth(name: string, more: Partial<CheckOptions>) {
  const told: Progress[] = [];
  const report = await withAnimal(animalNamed(name), (options) =>
    runChecks({ ...options, ...more, onProgress: (progress) => told.push(progress) }),
  );
  const widths = told.flatMap((each) => (each.type === 'expected' ? [each.width] : []));
  const order = told.flatMap((each) => (each.type === 'result' ? [each.result.id] : []));
  // Before the results of the group are told.
  const [, second] = told.flatMap(({ type }, i) => (type === 'result' ? [i] : []));
  const ended = told
    .slice(0, second)
    .flatMap((each) => (each.type === 'ended' ? [[each.id, each.verdict?.outcome ?? null]] : []));
  return { report, widths, order, ended: Object.fromEntries(ended) as Record<string, string | null> };
}

const some = ['duplicate-sequential', 'failed-again', 'wrong-secret', 'metadata-*', 'malformed-json'];

test('what names its jobs runs at the same time, is told in the order of the table, and fails as it does alone', async () => {
  const [right, wrong] = await Promise.all([
    runWithWidth('correct-inbox', { only: some }),
    runWithWidth('failed-each-time', { only: some }),
  ]);
  expect([right.widths, failedIds(right.report)]).toEqual([[8], []]);
  expect([wrong.widths, failedIds(wrong.report)]).toEqual([[8], ['failed-again']]);
  expect(right.order).toEqual(right.report.results.map(({ id }) => id));
  // Each settles as it ends; what is odd among others is still open.
  const [, ...group] = right.order;
  expect(right.ended).toEqual(Object.fromEntries(group.map((id) => [id, 'passed'])));
  expect(wrong.ended).toEqual({ ...right.ended, 'failed-again': null });
});

test('with an assertion of the user, or where the app was not started here, checks run one by one', async () => {
  const { widths, report } = await runWithWidth('correct-inbox', { only: some, verify: 'exit 0' });
  expect([widths, failedIds(report)]).toEqual([[1], []]);
  const told: number[] = [];
  await run({
    only: some,
    onProgress: (progress) => void (progress.type === 'expected' && told.push(progress.width)),
  });
  expect(told).toEqual([1]);
});

test('--verify: run after each check with its jobs; what it prints is told, and a failure that stays is told once', async () => {
  const dir = tempDir();
  const log = join(dir, 'log');
  const verify = `echo "$CHECK|$JOB_ID|$JOB_IDS|$OTHER_JOB_IDS" >> ${log}; case $CHECK in once) echo fine;; *) echo two rows; exit 3;; esac`;
  const report = await run({ verify, only: ['duplicate-sequential', 'out-of-order', 'malformed-json'] });
  const { once, ...others } = verdictsOf(report);
  expect(once).toMatchObject({ outcome: 'passed', note: expect.stringMatching(/--verify holds: fine$/) });
  expect(others['duplicate-sequential']).toMatchObject({
    outcome: 'failed',
    cause: 'assertion',
    observed: 'exit code 3',
    difference: { observed: ['two rows'] },
  });
  expect(others['out-of-order']).toMatchObject({ outcome: 'passed' });
  expect(report.notes.join()).toMatch(/--verify still fails as it did after duplicate-sequential/);
  expect(report.exitCode).toBe(1);
  const rows = readFileSync(log, 'utf8')
    .trim()
    .split('\n')
    .map((line) => line.split('|'));
  expect(rows.map(([check]) => check)).toEqual([
    'once',
    'duplicate-sequential',
    'out-of-order',
    'malformed-json',
  ]);
  const [, duplicate, order, malformed] = rows as string[][];
  expect([duplicate![1], order![2]!.split(' ').length, order![3]]).toEqual([duplicate![2], 4, '']);
  expect([malformed![1], malformed![3]!.split(' ').length]).toEqual(['', 1]);
});

test('what is signed is no stranger: beside signatures a secret need not be looked at', async () => {
  const { results } = await withAnimal(animalNamed('correct-svix'), (options) =>
    runChecks({
      ...options,
      secret: 'of-something-else',
      only: ['wrong-secret', 'missing-secret', 'metadata-*'],
    }),
  );
  const told = results.map(({ id, verdict }) => [id, verdict.outcome]);
  expect(told.filter(([, outcome]) => outcome !== 'passed')).toEqual([
    ['wrong-secret', 'not judged'],
    ['missing-secret', 'not judged'],
  ]);
});
