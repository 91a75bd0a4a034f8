import { describe, expect, test } from 'vitest';
import { startApp } from '../support/app.ts';
import { tempDir } from '../support/cleanup.ts';
import { waitFor } from '../support/wait.ts';
import { expectPublished } from './schema.ts';
import { startEmulator } from './support.ts';

const input = 'https://example.com/a.pdf';
type JobsPage = { jobs: { job_id: string; status: string }[]; next_cursor: string | null };

describe('jobs', () => {
  test('are listed in pages, newest first, each once', async () => {
    const { emulator, call } = await startEmulator();
    const ids: string[] = [];
    for (let i = 0; i < 25; i++) ids.unshift((await emulator.createJob({})).id);
    const seen: string[] = [];
    let cursor: string | null = '';
    for (let pages = 0; cursor !== null; pages++) {
      const { json } = await call('GET', `/jobs?limit=10${cursor ? `&cursor=${cursor}` : ''}`);
      expectPublished('GET /jobs', json);
      const page = json as JobsPage;
      seen.push(...page.jobs.map(({ job_id }) => job_id));
      cursor = page.next_cursor;
      expect(pages).toBeLessThan(3);
    }
    expect(seen).toEqual(ids);
    const exact = (await call('GET', '/jobs?limit=25')).json as JobsPage;
    expect([exact.jobs.length, exact.next_cursor]).toEqual([25, null]);
  });

  test('show the statuses of the setting while they are processed, with progress', async () => {
    let now = 1_700_000_000_000;
    const { call, emulator } = await startEmulator({
      settings: { jobTime: '1h', processingStatuses: 'Pending,InProgress,Completing' },
      clock: { now: () => now },
    });
    const { json } = await call('POST', '/parse_async', { input });
    const { job_id } = json as { job_id: string };
    const states: unknown[] = [];
    for (let i = 0; i < 3; i++) {
      const job = (await call('GET', `/job/${job_id}`)).json as { status: string; progress: number };
      states.push([job.status, job.progress]);
      now += 20 * 60_000;
    }
    expect(states).toEqual([
      ['Pending', 0],
      ['InProgress', 0.33],
      ['Completing', 0.67],
    ]);
    emulator.endJob(job_id);
    expect((await call('GET', `/job/${job_id}`)).json).toMatchObject({ status: 'Completed', progress: 1 });
  });

  test('that take the place of one that runs are not ended by it, and are counted once', async () => {
    const { emulator } = await startEmulator();
    await emulator.createJob({ id: 'same', status: 'Pending', processingMs: 40 });
    const other = await emulator.createJob({ id: 'other', status: 'Pending', processingMs: 80 });
    expect(emulator.counts).toEqual({ running: 2, ended: 0 });
    await emulator.createJob({ id: 'same', status: 'Failed' });
    expect(emulator.counts).toEqual({ running: 1, ended: 1 });
    // The first one's time has come before the other's.
    await waitFor(() => emulator.job(other.id)?.status === 'Completed');
    expect(emulator.job('same')).toMatchObject({ status: 'Failed' });
    expect(emulator.counts).toEqual({ running: 0, ended: 2 });
  });

  test('expire after their time, and are unknown then', async () => {
    let now = 1_700_000_000_000;
    const { sdk, emulator } = await startEmulator({ clock: { now: () => now } });
    const { id } = await emulator.createJob({});
    const kept = await sdk.parse.runJob({ input, settings: { persist_results: true } });
    await waitFor(() => emulator.job(kept.job_id)?.status === 'Completed');
    now += 12 * 3_600_000 - 1;
    await sdk.job.get(id);
    now += 1;
    await expect(sdk.job.get(id)).rejects.toMatchObject({ status: 404, error: { detail: 'Job not found' } });
    await expect(sdk.job.cancel(id)).rejects.toMatchObject({ status: 404 });
    expect((await sdk.job.getAll()).jobs.map(({ job_id }) => job_id)).toEqual([kept.job_id]);
    expect(await sdk.job.get(kept.job_id)).toMatchObject({ status: 'Completed' });
  });

  test('can be expired and deleted now, also while they run', async () => {
    const app = await startApp();
    const { call, emulator, idle } = await startEmulator();
    const running = await emulator.createJob({
      status: 'Pending',
      webhook: { mode: 'direct', url: app.url },
      processingMs: 100_000,
    });
    expect(await emulator.expireJob(running.id)).toBe(true);
    expect(await emulator.expireJob(running.id)).toBe(false);
    expect(emulator.job(running.id)).toBeNull();
    const done = await emulator.createJob({});
    expect((await call('DELETE', `/job/${done.id}`)).status).toBe(202);
    expect((await call('DELETE', `/job/${done.id}`)).status).toBe(404);
    await idle();
    expect(app.requests).toEqual([]);
  });

  test('are cancelled while they run, and stay as they are when they have ended', async () => {
    const { sdk, emulator } = await startEmulator({ settings: { jobTime: '1h', cancelAnswer: 'empty' } });
    const { job_id } = await sdk.parse.runJob({ input });
    expect(await sdk.job.cancel(job_id)).toEqual({});
    expect(emulator.job(job_id)).toMatchObject({ status: 'Cancelled', endedAt: expect.any(Number) });
    expect(await sdk.job.cancel(job_id)).toEqual({});
    const done = await emulator.createJob({});
    await sdk.job.cancel(done.id);
    expect(emulator.job(done.id)).toMatchObject({ status: 'Completed' });
    const strict = await startEmulator({
      settings: { cancelFinishedStatus: 409, cancelledStatus: 'Cancelled' },
    });
    const other = await strict.emulator.createJob({ status: 'Cancelled' });
    expect((await strict.call('POST', `/cancel/${other.id}`)).status).toBe(409);
    expect((await strict.call('GET', `/job/${other.id}`)).json).toMatchObject({ status: 'Cancelled' });
  });

  test('are waited for with timeout', async () => {
    const { call, emulator } = await startEmulator();
    const { id } = await emulator.createJob({ status: 'Pending' });
    const short = await call('GET', `/job/${id}?timeout=0.05`);
    expect(short.json).toMatchObject({ status: 'Pending' });
    const long = call('GET', `/job/${id}?timeout=60`);
    await waitFor(() => emulator.fetches(id).length === 2);
    emulator.endJob(id, 'Failed', 'no more paper');
    expect((await long).json).toMatchObject({ status: 'Failed', reason: 'no more paper' });
    expect((await call('GET', `/job/${id}?timeout=soon`)).status).toBe(422);
  });

  test('survive a restart: ended ones are known, running ones are carried on, a due webhook is sent', async () => {
    const app = await startApp();
    const dataDir = tempDir();
    const first = await startEmulator({ dataDir, settings: { jobTime: '1h' } });
    const upload = await first.sdk.upload({ file: new File(['x'], 'a.pdf') });
    await first.emulator.endpoints.add({ url: app.url, channels: ['c'] });
    const done = await first.emulator.createJob({ type: 'Extract' });
    const result = await first.sdk.job.get(done.id);
    const running = await first.emulator.createJob({
      status: 'Pending',
      processingMs: 1,
      webhook: { mode: 'direct', url: app.url },
      metadata: { a: 1 },
    });
    const long = await first.sdk.parse.runJob({ input: upload.file_id });
    await first.close();
    const told = app.requests.length;
    const second = await startEmulator({ dataDir });
    expect(await second.sdk.job.get(done.id)).toEqual(result);
    await app.received(1);
    expect(told).toBeLessThanOrEqual(1);
    expect(await second.sdk.job.get(running.id)).toMatchObject({ status: 'Completed' });
    expect(await second.sdk.job.get(long.job_id)).toMatchObject({ status: 'Pending' });
    expect(second.emulator.endpoints.list()).toMatchObject([{ channels: ['c'] }]);
    expect(await second.sdk.parse.run({ input: upload.file_id })).toMatchObject({ usage: {} });
  });

  test('fail at the rate that is asked for, the same for the same seed', async () => {
    const run = async (seed: number) => {
      const { call, emulator, idle } = await startEmulator({ settings: { failRate: '30%', seed } });
      const ids: string[] = [];
      for (let i = 0; i < 100; i++)
        ids.push(((await call('POST', '/parse_async', { input })).json as { job_id: string }).job_id);
      await idle();
      return ids.map((id) => emulator.job(id)!.status[0]).join('');
    };
    const [one, again, other] = [await run(1), await run(1), await run(2)];
    expect(again).toBe(one);
    expect(other).not.toBe(one);
    const failed = one.split('F').length - 1;
    expect(failed).toBeGreaterThan(15);
    expect(failed).toBeLessThan(45);
  });

  test('fail when their input is not known, with what to do about it', async () => {
    const { sdk, emulator, idle } = await startEmulator();
    const { file_id } = await sdk.upload({ file: new File(['x'], 'a.pdf') });
    const [double, unknown] = [
      await sdk.parse.runJob({ input: `reducto://${file_id}` }),
      await sdk.extract.runJob({ input: 'jobid://nope' }),
    ];
    await idle();
    expect(await sdk.job.get(double.job_id)).toMatchObject({
      status: 'Failed',
      reason: expect.stringContaining('do not put it in front again'),
    });
    expect((await sdk.job.get((unknown as { job_id: string }).job_id)).status).toBe('Failed');
    await expect(sdk.parse.run({ input: 'reducto://nope.pdf' })).rejects.toMatchObject({ status: 400 });
    const earlier = await emulator.createJob({ pages: 9 });
    expect(await sdk.parse.run({ input: `jobid://${earlier.id}` })).toMatchObject({
      usage: { num_pages: 9 },
    });
  });
});

describe('fetches', () => {
  test('are counted with all that is known of them', async () => {
    const { emulator, sdk, url } = await startEmulator();
    const { id } = await emulator.createJob({});
    const events: unknown[] = [];
    emulator.subscribe((event) => event.type === 'fetch' && events.push(event.fetch.status));
    await sdk.job.get(id, { headers: { 'x-webhook-delivery-id': 'dlv_1', 'x-webhook-attempt': 'att_1' } });
    await fetch(`${url}/job/${id}`, { headers: { 'user-agent': 'plain' } });
    await waitFor(() => emulator.fetches(id).every(({ status }) => status !== null));
    expect(emulator.fetches(id)).toMatchObject([
      { status: 200, userAgent: 'Reducto/JS 0.16.0', deliveryId: 'dlv_1', attemptId: 'att_1' },
      { status: 401, userAgent: 'plain', deliveryId: null },
    ]);
    expect(events).toEqual([null, 200, null, 401]);
    expect(emulator.fetches('other')).toEqual([]);
    await sdk.job.get('unknown').catch(() => undefined);
    expect(emulator.fetches('unknown')).toMatchObject([{ status: 404 }]);
    expect(emulator.fetches()).toHaveLength(3);
  });

  test('are answered as told, so often as told', async () => {
    const { emulator, call } = await startEmulator();
    const { id } = await emulator.createJob({});
    emulator.nextFetches(id, 'Pending', 2);
    emulator.nextFetches(id, 404);
    emulator.nextFetches(id, 429);
    emulator.nextFetches(id, 500);
    const answers = [];
    for (let i = 0; i < 6; i++) answers.push(await call('GET', `/job/${id}`));
    expect(answers.map(({ status, json }) => [status, (json as { status?: string }).status])).toEqual([
      [200, 'Pending'],
      [200, 'Pending'],
      [404, undefined],
      [429, undefined],
      [500, undefined],
      [200, 'Completed'],
    ]);
    for (const { json } of answers.slice(0, 2)) expectPublished('GET /job/{job_id}', json);
    expect(answers[0]!.json).toMatchObject({ result: null });
    expect(answers[2]!.json).toEqual({ detail: 'Job not found' });
    expect(answers[3]!.headers.get('retry-after')).toBe('1');
    expect(emulator.fetches(id).map(({ status }) => status)).toEqual([200, 200, 404, 429, 500, 200]);
  });
});
