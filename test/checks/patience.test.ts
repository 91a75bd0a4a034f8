import { setTimeout as delay } from 'node:timers/promises';
import { expect, test, vi } from 'vitest';
import { type CheckOptions, type CheckResult, runChecks } from '../../src/checks/index.ts';
import { parseEndpoint } from '../../src/core/endpoint.ts';
import { onCleanup, tempDir } from '../support/cleanup.ts';
import { idempotent, notIdempotent, type Payload, type State, startHandler } from './handler.ts';

vi.setConfig({ testTimeout: 180_000 });

type Work = (payload: Payload, state: State) => number | Promise<number>;

/** What becomes of one check at a handler. @param queuedMs as `startHandler` has it */
async function resultOf(
  id: string,
  work: Work,
  options: Partial<CheckOptions> = {},
  queuedMs?: number,
): Promise<CheckResult> {
  const { url, stateUrl } = await startHandler(work, undefined, queuedMs);
  const { results } = await runChecks({
    endpoint: parseEndpoint(url),
    dataDir: tempDir(),
    effectsUrls: [stateUrl],
    emulatorPort: 0,
    only: [id],
    ...options,
  });
  return results.find((result) => result.id === id)!;
}

/** Works on a few at a time, and turns all others away. @param leaks whether a place that was full is full for ever */
function shedding(status: number, leaks = false): Work {
  let busy = 0;
  return async (payload, state) => {
    if (busy >= 2) {
      if (leaks) busy = Number.POSITIVE_INFINITY;
      return status;
    }
    busy += 1;
    await delay(20);
    busy -= 1;
    return idempotent(payload, state);
  };
}

test.each([503, 409])('a handler that sheds load with %i and takes it later is right', async (status) => {
  const { verdict } = await resultOf('burst', shedding(status));
  expect(verdict).toMatchObject({ outcome: 'passed' });
});

test('one that has no time for anything after a burst is not', async () => {
  const { verdict, severity } = await resultOf('burst', shedding(503, true));
  expect(verdict).toMatchObject({ outcome: 'failed', summary: expect.stringMatching(/answered 503/) });
  expect(severity).toBe('error');
});

test('one that takes all but some of the jobs is not, however often they come', async () => {
  let jobs = 0;
  const stuck = new Set<string>();
  const { verdict } = await resultOf('burst', (payload, state) => {
    jobs += 1;
    if (jobs === 200) stuck.add(payload.job_id);
    return stuck.has(payload.job_id) ? 409 : idempotent(payload, state);
  });
  expect(verdict).toMatchObject({
    outcome: 'failed',
    summary: expect.stringMatching(/1 of 500 answered 409/),
  });
});

test('a limit on the rate is told as one, with the number', async () => {
  let taken = 0;
  const { verdict } = await resultOf('burst', (payload, state) => {
    taken += 1;
    return taken <= 480 ? idempotent(payload, state) : 429;
  });
  expect(verdict).toMatchObject({ outcome: 'passed', note: expect.stringMatching(/answered 429/) });
});

test.each(['missing-secret', 'retry-after-lost-ack', 'out-of-order', 'metadata-large', 'failed-status'])(
  '%s: an answer that asks for time is no answer yet',
  async (id) => {
    const known = new Set<string>();
    const { verdict } = await resultOf(
      id,
      (payload, state) => {
        // As a limit on the rate answers: before anything is looked at.
        if (!known.has(payload.job_id)) {
          known.add(payload.job_id);
          return state.rows.length < 3 ? idempotent(payload, state) : 429;
        }
        return payload.metadata?.secret === 's3cret' ? idempotent(payload, state) : 401;
      },
      { secret: 's3cret' },
    );
    expect(verdict).toMatchObject({ outcome: 'passed' });
  },
);

test.each([
  ['failed', 'looks first and writes when it is done'],
  ['passed', 'claims its job before it works'],
])('a retry that comes while the first attempt is at work: %s for one that %s', async (outcome) => {
  const claims = new Map<string, Promise<void>>();
  const { verdict } = await resultOf('retry-after-timeout', async (payload, state) => {
    if (outcome === 'failed') {
      if (state.rows.some(({ jobId }) => jobId === payload.job_id)) return 200;
      await delay(250);
      state.add(payload);
      return 200;
    }
    const claim = claims.get(payload.job_id) ?? delay(250).then(() => state.add(payload));
    claims.set(payload.job_id, claim);
    await claim;
    return 200;
  });
  expect(verdict).toMatchObject(
    outcome === 'failed'
      ? { outcome, summary: expect.stringMatching(/while the first attempt was still at work.*2 times/) }
      : { outcome, note: 'hung up 5 times, at several moments' },
  );
});

/** A handler that fetches its job first, and the option that tells it from where. */
function fetching(work: (payload: Payload, state: State, job: { created_at: string }) => number): {
  handler: Work;
  options: Pick<CheckOptions, 'onProgress'>;
} {
  let api = '';
  return {
    handler: async (payload, state) => {
      const authorization = 'Bearer test';
      const answer = await fetch(`${api}/job/${payload.job_id}`, { headers: { authorization } });
      return work(payload, state, (await answer.json()) as { created_at: string });
    },
    options: {
      onProgress: (progress) => {
        if (progress.type === 'emulator') api = progress.url;
      },
    },
  };
}

test.each([
  ['failed', notIdempotent],
  ['passed', idempotent],
])(
  'a server that drops a request whose sender is gone by its turn is met at its work: %s',
  async (outcome, work) => {
    const { handler, options } = fetching(work);
    const { verdict } = await resultOf('retry-after-timeout', handler, options, 20);
    expect(verdict).toMatchObject({ outcome });
  },
);

test('a server that drops whatever its sender has left is not judged by it', async () => {
  const { verdict } = await resultOf('retry-after-timeout', notIdempotent, {}, 20);
  expect(verdict).toMatchObject({ outcome: 'not judged', reason: expect.stringMatching(/dropped/) });
});

test('one that drops them and works behind its answer has nothing to be judged by it', async () => {
  const { handler, options } = fetching(idempotent);
  const queue: Work = (payload, state) => {
    setTimeout(handler, 200, payload, state); // long after its answer was read
    return 202;
  };
  const { verdict } = await resultOf('retry-after-timeout', queue, options, 20);
  expect(verdict).toMatchObject({ outcome: 'not judged', applies: false });
});

test('jobs out of order are some seconds apart: who drops what is older, in whole seconds, loses them', async () => {
  let newest = 0;
  const { handler, options } = fetching((payload, state, { created_at }) => {
    const second = Math.floor(Date.parse(created_at) / 1000);
    if (second < newest) return 200;
    newest = second;
    return idempotent(payload, state);
  });
  const { verdict } = await resultOf('out-of-order', handler, options);
  expect(verdict).toMatchObject({ outcome: 'failed', cause: 'lost' });
});

test('who asks without end for a job that is gone does not keep the other checks from an end', async () => {
  let api = '';
  let over = false;
  onCleanup(() => {
    over = true;
  });
  const headers = { authorization: 'Bearer test' };
  const ask = async (payload: Payload, state: State): Promise<void> => {
    for (;;) {
      const { status } = await fetch(`${api}/job/${payload.job_id}`, { headers });
      if (status === 200) return void idempotent(payload, state);
      if (over) return;
    }
  };
  const { url, stateUrl } = await startHandler((payload, state) => {
    ask(payload, state).catch(() => undefined); // the emulated API is gone: the run is over
    return 202;
  });
  const { results, notes } = await runChecks({
    endpoint: parseEndpoint(url),
    dataDir: tempDir(),
    effectsUrls: [stateUrl],
    emulatorPort: 0,
    only: ['job-expired', 'malformed-json', 'keep-alive'],
    onProgress: (progress) => {
      if (progress.type === 'emulator') api = progress.url;
    },
  });
  const failed = results.flatMap(({ id, verdict }) => (verdict.outcome === 'failed' ? [id] : []));
  expect(failed).toEqual(['job-expired']);
  expect(notes.join()).not.toMatch(/was not quiet/);
});
