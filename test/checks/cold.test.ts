import { expect, test, vi } from 'vitest';
import { failedIds, runAnimal } from './zoo/run-animal.ts';

vi.setConfig({ testTimeout: 120_000 });

test('what a cold app does long after its answer is no surplus of the next moment', async () => {
  const report = await runAnimal(
    {
      name: 'correct-cold-inbox',
      guard: 'secret',
      correct: true,
      fails: [],
      whole: true,
      because: 'what is answered 200 is kept before, and done, be it late',
    },
    { only: ['crash-midway'] },
  );
  expect(failedIds(report)).toEqual([]);
  const judged = report.results.filter(({ verdict }) => verdict.outcome === 'passed').map(({ id }) => id);
  expect(judged).toContain('crash-midway');
});
