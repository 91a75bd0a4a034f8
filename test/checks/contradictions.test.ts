import { expect, test, vi } from 'vitest';
import { runChecks } from '../../src/checks/index.ts';
import { parseEndpoint } from '../../src/core/endpoint.ts';
import { tempDir } from '../support/cleanup.ts';
import { idempotent, type Payload, type State, startHandler } from './handler.ts';

vi.setConfig({ testTimeout: 60_000 });

/** Writes the status over what is there. */
const lastWins = (payload: Payload, state: State): number => {
  state.rows.splice(0, state.rows.length, ...state.rows.filter(({ jobId }) => jobId !== payload.job_id));
  state.add(payload);
  return 200;
};

/** Adds the row of a completed job whatever is said of it the second time. */
const again = (payload: Payload, state: State): number => {
  const known = state.rows.some(({ jobId }) => jobId === payload.job_id);
  state.add(known ? { ...payload, status: 'Completed' } : payload);
  return 200;
};

/** Keeps the failure in a row of its own. */
const beside = (payload: Payload, state: State): number => {
  if (!state.rows.some(({ jobId, status }) => jobId === payload.job_id && status === payload.status))
    state.add(payload);
  return 200;
};

test.each<[string, string, (payload: Payload, state: State) => number, object]>([
  [
    'is right',
    'ignores it',
    idempotent,
    { outcome: 'passed', note: expect.stringMatching(/stays as it was/) },
  ],
  [
    'is right',
    'lets the last word stand',
    lastWins,
    { outcome: 'passed', note: expect.stringMatching(/recorded/) },
  ],
  ['is right', 'records it beside', beside, { outcome: 'passed', note: expect.stringMatching(/recorded/) }],
  [
    'is wrong',
    'does the work again',
    again,
    { outcome: 'failed', summary: expect.stringMatching(/effect of a completed job again/) },
  ],
])('"Failed" after "Completed": a handler %s that %s', async (_truth, _name, work, verdict) => {
  const { url, stateUrl } = await startHandler(work, ({ rows }) =>
    rows.map(({ jobId, status }) => `${jobId}|${status}\n`).join(''),
  );
  const { results } = await runChecks({
    endpoint: parseEndpoint(url),
    dataDir: tempDir(),
    effectsUrls: [stateUrl],
    emulatorPort: 0,
    only: ['failed-after-completed'],
  });
  expect(results[1]).toMatchObject({ severity: 'error', verdict });
});
