import fc from 'fast-check';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { type RetrySchedule, retrySchedule } from '../../../src/core/retry-schedule.ts';
import { longestTimerMs } from '../../../src/core/units.ts';
import { runRetries } from '../../../src/dispatch/retries.ts';
import { Work } from '../../../src/dispatch/work.ts';
import { type Answer, startApp } from '../../support/app.ts';
import { answer, endedAttempt } from '../../support/deliveries.ts';
import { freePort } from '../../support/flask.ts';
import { waitFor } from '../../support/wait.ts';
import { pausesAskedFor, startBench, stopClock } from './context.ts';

/** Runs a schedule with a clock of its own: a pause takes no time, but is noted. */
async function plan(
  schedule: RetrySchedule,
  { timeScale = 1, answers = [] as number[], lost = [] as boolean[] } = {},
) {
  const pauses: number[] = [];
  const notes: string[] = [];
  const job = new Work({ id: '1', label: 'test', total: null });
  job.pause = async (ms) => void pauses.push(ms);
  const loseAck = (): boolean => lost.shift() ?? false;
  const ok = await runRetries(job, { schedule, timeScale, loseAck, now: Date.now }, async (_retry, note) => {
    notes.push(note);
    return endedAttempt(answer(answers.shift() ?? 500));
  });
  return { pauses, notes, ok, status: job.status };
}

describe('a schedule', () => {
  const anySchedule = fc.oneof(
    fc.constantFrom('svix', 'reducto-direct').map((name) => retrySchedule(name)),
    fc
      .array(fc.integer({ min: 0, max: 1e6 }), { minLength: 1, maxLength: 8 })
      .map((pauses) => retrySchedule(pauses.map((ms) => `${ms}ms`).join(','))),
    fc
      .tuple(fc.integer({ min: 1, max: 1e5 }), fc.integer({ min: 1, max: 5 }))
      .map(([base, factor]) => retrySchedule('reducto-direct', base, factor)),
  );

  test('is run to its end when nothing helps: every pause, so many times shorter, and every line says so', async () => {
    await fc.assert(
      fc.asyncProperty(anySchedule, fc.constantFrom(1, 2, 100, 1000, 0.5), async (schedule, timeScale) => {
        const { pauses, notes, ok, status } = await plan(schedule, { timeScale });
        expect(pauses).toEqual(schedule.delays.map((delay) => delay / timeScale));
        expect(notes).toHaveLength(schedule.delays.length + 1);
        for (const note of notes) {
          expect(note).toContain(schedule.name);
          if (timeScale === 1) expect(note).not.toMatch(/times/);
          else expect(note).toMatch(timeScale > 1 ? `, ${timeScale} times faster)` : ', 2 times slower)');
        }
        expect([ok, status.done, status.failed]).toEqual([false, notes.length, notes.length]);
      }),
    );
  });

  test('ends with the first 2xx that the sender sees', async () => {
    await fc.assert(
      fc.asyncProperty(
        anySchedule,
        fc.array(fc.constantFrom(200, 202, 204, 299, 300, 302, 400, 404, 409, 410, 429, 500, 503), {
          minLength: 9,
          maxLength: 9,
        }),
        fc.array(fc.boolean(), { minLength: 9, maxLength: 9 }),
        async (schedule, answers, lost) => {
          const first = answers.findIndex((status, i) => status >= 200 && status < 300 && !lost[i]);
          const sends = first === -1 ? Number.POSITIVE_INFINITY : first + 1;
          const { notes, ok } = await plan(schedule, { answers: [...answers], lost: [...lost] });
          expect(notes).toHaveLength(Math.min(sends, schedule.delays.length + 1));
          expect(ok).toBe(sends <= schedule.delays.length + 1);
        },
      ),
    );
  });
});

describe('retry', () => {
  test.each<[string, Answer]>([
    ['a redirect', { status: 302 }],
    ['a client error', { status: 404 }],
    ['a server error', { status: 503 }],
    ['a reset', 'reset'],
    ['no HTTP', { raw: 'nonsense\r\n' }],
    ['no answer in time', 'hang'],
  ])('%s is tried again, a 2xx ends it', async (_, bad) => {
    const app = await startApp(({ number }) => (number < 3 ? bad : { status: 202 }));
    const { add, run } = startBench({ endpoints: [app.url], timeoutMs: 150 });
    await add('the body');
    const result = await run('retry', { id: 'last', schedule: '5ms,10ms,20ms,40ms' });
    expect(result).toMatchObject({ sent: 3, failed: 0 });
    expect(result.attempts.map(({ reason, notes }) => [reason, notes[0]])).toEqual([
      ['replay', 'first of 5 (custom)'],
      ['retry', 'retry 1 of 4 (custom)'],
      ['retry', 'retry 2 of 4 (custom)'],
    ]);
    expect(app.requests.map((request) => request.body.toString())).toEqual(Array(3).fill('the body'));
  });

  test('a refused connection is tried again, to the end, which is a failure', async () => {
    const { add, run, work } = startBench({ endpoints: [`127.0.0.1:${await freePort()}`] });
    await add('a');
    const result = await run('retry', { id: 'last', schedule: '1ms,1ms' });
    expect(result).toMatchObject({ sent: 3, failed: 1 });
    expect(work.statuses).toEqual([]);
  });

  test('reducto-direct is the default, at its own pace or faster; the assumption is in the result', async () => {
    const pauses = pausesAskedFor();
    const app = await startApp({ status: 500 });
    const { add, run } = startBench({ endpoints: [app.url] });
    await add('a');
    const result = await run('retry', { id: 'last', retryBase: '100ms', retryFactor: 3, timeScale: 10 });
    expect(result.schedule).toMatchObject({
      name: 'reducto-direct',
      delays: [100, 300, 900],
      timeScale: 10,
      assumed: expect.stringMatching(/no figures/),
    });
    expect(result.attempts.map(({ notes }) => notes[0])).toEqual([
      'first of 4 (reducto-direct, 10 times faster)',
      'retry 1 of 3 (reducto-direct, 10 times faster)',
      'retry 2 of 3 (reducto-direct, 10 times faster)',
      'retry 3 of 3 (reducto-direct, 10 times faster)',
    ]);
    expect(pauses).toEqual([0, 10, 30, 90]); // none before the first
  });

  test('lost-ack makes the sender try again although the app has worked; it is recorded where it struck', async () => {
    const app = await startApp();
    const { add, run } = startBench({ endpoints: [app.url] });
    await add('a');
    const { attempts, failed } = await run('retry', {
      id: 'last',
      schedule: '1ms,1ms,1ms',
      fault: 'lost-ack:2',
    });
    expect(attempts.map(({ faults, outcome }) => [faults, outcome.kind])).toEqual([
      [['lost-ack'], 'response'],
      [['lost-ack'], 'response'],
      [[], 'response'],
    ]);
    expect([failed, app.requests.length]).toEqual([0, 3]);
    const { attempts: shown } = await run('show', { id: 'last' });
    expect(shown.map(({ faults }) => faults)).toEqual([['lost-ack'], ['lost-ack'], []]);
  });
});

describe('while a schedule runs', () => {
  const start = async (count = 1) => {
    const app = await startApp({ status: 500 });
    const bench = startBench({ endpoints: [app.url] });
    for (let i = 0; i < count; i++) await bench.add(`${i}`);
    return { app, ...bench };
  };

  test('its next attempt is counted down to, can be skipped to, and the rest cancelled', async () => {
    stopClock();
    const { app, add: _, run, work, store } = await start();
    const running = run('retry', { id: 'last', schedule: 'svix', timeScale: 2 });
    const next = async (): Promise<number> => (await waitFor(() => work.statuses[0]?.nextAt)) as number;
    expect((await next()) - Date.now()).toBe(2500); // 5 s, twice as fast
    expect(await run('work', {}).catch((error) => error)).toMatchObject({
      work: [{ id: '1', label: 'retries of #1 (svix, 2 times faster)', total: null, done: 1, failed: 1 }],
    });
    expect(await run('skip', {})).toEqual({ skipped: '1' });
    await app.received(2);
    expect((await next()) - Date.now()).toBe(150_000); // 5 min
    expect(await run('cancel', { job: '1' })).toEqual({ cancelled: '1', done: 2 });
    const result = await running;
    expect(result).toMatchObject({ sent: 2, failed: 1, cancelled: true });
    expect([store.attempts(1).length, app.requests.length, work.statuses]).toEqual([2, 2, []]);
  });

  test('of several at once the one that is due first is skipped to', async () => {
    stopClock();
    const { app, run, work } = await start(3);
    const running = run('replay', { filter: '', concurrency: 3, retry: '1h,2h' });
    await app.received(3);
    await waitFor(() => work.statuses[0]?.done === 3 && work.statuses[0].nextAt);
    await run('skip', {});
    await app.received(4);
    expect(await waitFor(() => work.statuses[0]?.nextAt)).toBe(Date.now() + 3_600_000);
    await run('cancel', {});
    expect(await running).toMatchObject({ sent: 4, cancelled: true });
  });

  test('whoever asked for it goes away: it ends, and what was sent stays recorded', async () => {
    const { app, run, store } = await start();
    const gone = new AbortController();
    const running = run('retry', { id: 'last', schedule: '1h' }, gone.signal);
    await app.received(1);
    await waitFor(() => store.summary(1)!.lastAttempt?.status === 500);
    gone.abort();
    expect(await running).toMatchObject({ sent: 1, failed: 1, cancelled: true });
    expect(store.attempts(1)).toHaveLength(1);
  });

  test('an attempt under way is cancelled too, and recorded as that', async () => {
    const { app, run, store } = await start(5);
    app.answer = ({ number }) => (number > 2 ? 'hang' : {});
    const running = run('replay', { filter: '' });
    await app.received(3);
    await run('cancel', {});
    expect(await running).toMatchObject({ sent: 3, failed: 1, cancelled: true });
    expect(store.attempts(3)[0]!.outcome).toMatchObject({ code: 'cancelled' });
    expect([store.attempts(4), store.attempts(5)]).toEqual([[], []]);
  });

  test('what can not be skipped or cancelled is said', async () => {
    const { app, run } = await start();
    await expect(run('skip', {})).rejects.toThrow('Nothing is under way.');
    await expect(run('cancel', { job: '7' })).rejects.toThrow('There is no work "7" under way.');
    app.answer = 'hang';
    const running = run('replay', { id: 'last' });
    await app.received(1);
    await expect(run('skip', {})).rejects.toThrow(/waits for no next attempt/);
    await run('cancel', {});
    await running;
  });
});

test('a pause longer than a timer can be lasts to its end', async () => {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  const work = new Work({ id: '1', label: 'test', total: null });
  let ended = false;
  const left = longestTimerMs + 5000;
  const pause = work.pause(left, Date.now, true).then(() => {
    ended = true;
  });
  expect(work.status.nextAt).toBe(Date.now() + left);
  await vi.advanceTimersByTimeAsync(left - 1);
  expect(ended).toBe(false);
  await vi.advanceTimersByTimeAsync(1);
  await pause;
  expect(work.status.nextAt).toBeNull();
});
