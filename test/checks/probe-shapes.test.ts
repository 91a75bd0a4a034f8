import { expect, test, vi } from 'vitest';
import { runChecks } from '../../src/checks/index.ts';
import { parseEndpoint } from '../../src/core/endpoint.ts';
import { tempDir } from '../support/cleanup.ts';
import { idempotent, notIdempotent, type State, startHandler } from './handler.ts';
import { inTurns } from './zoo/run-animal.ts';

vi.setConfig({ testTimeout: 240_000 });

const perJob = ({ rows }: State): Map<string, number> => {
  const counts = new Map<string, number>();
  for (const { jobId } of rows) counts.set(jobId, (counts.get(jobId) ?? 0) + 1);
  return counts;
};

/** The same state, as probes of all kinds would show it. */
const shapes: Record<string, (state: State) => string> = {
  'rows of JSON with a running id and a time': ({ rows }) => JSON.stringify(rows),
  'one JSON object a line': ({ rows }) => rows.map((row) => JSON.stringify(row)).join('\n'),
  'a number': ({ rows }) => String(rows.length),
  'a table of counts, as psql prints it': (state) =>
    [...perJob(state)].map(([job, count]) => `${job}|${count}`).join('\n'),
  'rows with a time that they took': ({ rows }) =>
    rows.map(({ jobId, ms }) => `${jobId}|done|${ms} ms`).join('\n'),
  'counters in an object': ({ rows }) =>
    JSON.stringify({ documents: rows.length, credits: 1000 - 3 * rows.length }),
  'counters in lines': ({ rows }) => `documents: ${rows.length}\ncredits left: ${1000 - 3 * rows.length}`,
  'an object by job': (state) =>
    JSON.stringify(
      Object.fromEntries([...perJob(state)].map(([job, runs]) => [job, { runs, state: 'done' }])),
    ),
  'rows that name no job': ({ rows }) => rows.map(({ id }) => `document ${id} done`).join('\n'),
  'several rows for each job, and the last one': ({ rows }) =>
    JSON.stringify({
      chunks: rows.flatMap(({ id, jobId }) =>
        [0, 1, 2].map((chunk) => ({ id: 3 * id + chunk, jobId, chunk })),
      ),
      last: rows.at(-1)?.jobId ?? null,
    }),
};

const duplicates = ['duplicate-sequential', 'duplicate-concurrent', 'late-duplicate', 'out-of-order'];

async function verdicts(
  work: Parameters<typeof startHandler>[0],
  show: (state: State) => string,
): Promise<Record<string, string>> {
  const { url, stateUrl } = await startHandler(work, show);
  const { results } = await runChecks({
    endpoint: parseEndpoint(url),
    dataDir: tempDir(),
    effectsUrls: [stateUrl],
    emulatorPort: 0,
    only: duplicates,
    lateMs: 0,
  });
  return Object.fromEntries(results.map(({ id, verdict }) => [id, verdict.outcome]));
}

// One test for all: of several that run at the same time, one would clean the handlers of the others away.
test('through a probe of any shape one effect is told from several', async () => {
  const good: Record<string, unknown> = {};
  const bad: Record<string, unknown> = {};
  await inTurns(Object.entries(shapes), 5, async ([name, show]) => {
    [good[name], bad[name]] = await Promise.all([verdicts(idempotent, show), verdicts(notIdempotent, show)]);
  });
  const everywhere = (wanted: Record<string, string>): Record<string, unknown> =>
    Object.fromEntries(Object.keys(shapes).map((name) => [name, wanted]));
  expect(good).toEqual(everywhere(Object.fromEntries(['once', ...duplicates].map((id) => [id, 'passed']))));
  expect(bad).toEqual(
    everywhere({
      once: 'passed',
      'duplicate-sequential': 'failed',
      'duplicate-concurrent': 'failed',
      'late-duplicate': 'failed',
      'out-of-order': 'passed',
    }),
  );
});
