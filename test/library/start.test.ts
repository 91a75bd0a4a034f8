import { readdirSync } from 'node:fs';
import Reducto from 'reductoai';
import { describe, expect, test, vi } from 'vitest';
import { emulate, type StartOptions, start } from '../../src/index.ts';
import { startApp } from '../support/app.ts';
import { onCleanup, tempDir } from '../support/cleanup.ts';
import { backTo, busyWith } from '../support/leaks.ts';

/** A session that ends with the test. */
async function session(options: StartOptions = {}) {
  const dev = await start(options);
  onCleanup(() => dev.stop());
  return dev;
}

/** A folder for temporary ones of this test only. */
function ownTemp(): string {
  const dir = tempDir();
  vi.stubEnv('TMPDIR', dir);
  onCleanup(() => vi.unstubAllEnvs());
  return dir;
}

const body = (job: string, status = 'Completed', metadata: unknown = null): string =>
  JSON.stringify({ status, job_id: job, metadata });

const send = (url: string, text: string): Promise<Response> => fetch(url, { method: 'POST', body: text });

const listeners = (): number =>
  process.eventNames().reduce((sum, name) => sum + process.listenerCount(name as 'exit'), 0);

describe('a session', () => {
  test('takes the job of the SDK through the emulated API to the app, and gives the delivery', async () => {
    const app = await startApp({ body: 'done' });
    const dev = await session({ endpoint: `${app.url}/hook`, emulate: { jobTime: '10ms' } });
    const client = new Reducto({ apiKey: dev.apiKey, baseURL: dev.baseUrl });
    const { job_id } = await client.parse.runJob({
      input: 'https://example.com/a.pdf',
      async: {
        webhook: { mode: 'direct', url: dev.url('/webhook?a=1') },
        metadata: { user: { id: 7, tags: ['a'] } },
      },
    });
    const delivery = await dev.waitFor({ job: job_id, status: 'Completed', metadata: { user: { id: 7 } } });
    expect(delivery).toMatchObject({
      ...{
        seq: 1,
        job: job_id,
        status: 'Completed',
        source: 'emulator',
        path: '/webhook?a=1',
        answered: 200,
      },
      metadata: { user: { id: 7, tags: ['a'] } },
    });
    expect(delivery.json()).toMatchObject({ job_id, status: 'Completed' });
    expect(delivery.body).toEqual((await app.received(1))[0]!.body);
    expect(delivery.headers['content-type']).toContain('json');
    expect(delivery.attempts).toMatchObject([{ number: 1, reason: 'forward', status: 200, error: null }]);
    expect(delivery.attempts[0]!.body.toString()).toBe('done');
  });

  test('replays a delivery, changed on purpose, and sends duplicates of it', async () => {
    const app = await startApp(({ number }) => ({ status: number === 3 ? 500 : 200 }));
    const dev = await session({ endpoint: app.url });
    const delivery = await dev.trigger({ job: 'j-1', metadata: { user_id: '1' } });
    const replayed = await delivery.replay({
      ...{ times: 3, set: { 'metadata.user_id': '007' }, headers: { 'x-a': 'b', 'content-type': null } },
    });
    expect(replayed).toMatchObject({ sent: 3, failed: 1, outcomes: { 200: 2, 500: 1 } });
    expect(replayed.attempts.map(({ status }) => status)).toEqual([200, 500, 200]);
    const last = app.requests[3]!;
    expect(JSON.parse(last.body.toString())).toMatchObject({ job_id: 'j-1', metadata: { user_id: '007' } });
    expect([last.header('x-a'), last.header('content-type')]).toEqual(['b', undefined]);
    expect(await delivery.replay({ times: 5, concurrent: true })).toMatchObject({ sent: 5, failed: 0 });
    expect(await delivery.duplicate({ count: 2, concurrent: true })).toMatchObject({ sent: 2 });
    const [now] = await dev.deliveries({ job: 'j-1' });
    expect(now!.attempts.map(({ reason }) => reason)).toEqual([
      ...['forward', ...Array.from({ length: 8 }, () => 'replay'), 'duplicate', 'duplicate'],
    ]);
  });

  test('gives the secrets of a delivery as they are, and masks them in messages', async () => {
    const dev = await session({ secret: 's3cret-value' });
    await send(dev.url(), body('j', 'Completed', { secret: 's3cret-value' }));
    expect(await dev.waitFor({ job: 'j' })).toMatchObject({ metadata: { secret: 's3cret-value' } });
    const wait = dev.waitFor({ job: 'other' }, { timeout: 1 });
    await expect(wait).rejects.toThrow('secret');
    await expect(wait).rejects.not.toThrow('s3cret-value');
  });

  test('without an endpoint keeps what comes', async () => {
    const dev = await session();
    expect(await dev.trigger({ event: 'parse.failed', job: 'j' })).toMatchObject({
      ...{ job: 'j', status: 'Failed', attempts: [] },
    });
    expect(() => dev.baseUrl).toThrow('emulate: true');
  });

  test('has rules for what comes in', async () => {
    const app = await startApp();
    const dev = await session({ rules: [{ answer: 'path:/fixed → 202' }, { route: `→ ${app.url}` }] });
    expect((await send(dev.url('/fixed'), '{}')).status).toBe(202);
    expect((await send(dev.url('/'), '{}')).status).toBe(200);
    expect(app.requests).toHaveLength(1);
    const { rules } = await dev.run('rules', {});
    expect(rules.map(({ matched }) => matched)).toEqual([1, 1]);
  });

  test('runs any command of the table', async () => {
    const dev = await emulate({ jobTime: '1h', apiKey: 'k-1' });
    onCleanup(() => dev.stop());
    expect(dev.apiKey).toBe('k-1');
    expect(await dev.run('emulated-jobs', {})).toMatchObject({ jobs: [] });
    await expect(dev.run('show', { id: 'last' })).rejects.toMatchObject({
      name: 'UserError',
      code: 'no-delivery',
    });
  });

  test('keeps the history of a folder that it is given, for others to read meanwhile and for the next one', async () => {
    const data = tempDir();
    const first = await session({ data });
    await send(first.url(), body('j-1'));
    await expect(start({ data })).rejects.toMatchObject({ code: 'already-running' });
    await first.stop();
    const second = await session({ data });
    expect(await second.deliveries()).toEqual([]);
    expect(await second.run('list', {})).toMatchObject({ deliveries: [{ jobId: 'j-1' }] });
  });
});

describe('a wait', () => {
  test('finds what came before it, the first one first, unless only news will do', async () => {
    const dev = await session();
    for (const job of ['a', 'b']) await send(dev.url(), body(job));
    expect((await dev.waitFor('status:completed')).job).toBe('a');
    const news = dev.waitFor('status:completed', { since: 'now' });
    await send(dev.url(), body('c'));
    expect((await news).job).toBe('c');
    expect((await dev.deliveries('job:b OR job:c')).map(({ job }) => job)).toEqual(['b', 'c']);
  });

  test('takes a function, and waits for the answer of the app unless the arrival is enough', async () => {
    const app = await startApp('hang');
    const dev = await session({ endpoint: app.url, timeout: '30s' });
    const sent = send(dev.url(), body('a')).catch(() => undefined);
    const arrived = await dev.waitFor(({ job }) => job === 'a', { until: 'arrived' });
    expect(arrived.answered).toBeNull();
    await expect(dev.waitFor({ job: 'a' }, { timeout: '50ms' })).rejects.toThrow('not answered yet');
    await dev.stop();
    await sent;
  });

  test.each([
    [{ job: 'x' }, '{"job":"x"}'],
    ['job:x', '"job:x"'],
    [() => false, 'the function'],
  ] as const)('whose time is over lists what did come: %s', async (match, name) => {
    const dev = await session();
    await expect(dev.waitFor(match, { timeout: 1 })).rejects.toThrow(
      `${name} came in 1 ms. Nothing came at all.`,
    );
    for (let i = 1; i <= 12; i++) await send(dev.url('/in'), body(`j-${i}`, 'Failed', { n: i }));
    const wait = dev.waitFor(match, { timeout: 1 });
    await expect(wait).rejects.toMatchObject({ name: 'UserError', code: 'timeout' });
    await expect(wait).rejects.toThrow(
      'This did come (and 2 before):\n  #3 POST /in Failed job j-3 {"n":3}, answered 200\n',
    );
  });

  test.each([
    [{ jbo: 'x' }, {}, 'A delivery has no "jbo"'],
    ['nonsense:1', {}, 'There is no field "nonsense"'],
    ['', { timeout: 'soon' }, 'timeout: "soon" is not a duration'],
    ['', { timeout: -1 }, 'timeout: "-1" is not a duration'],
  ])('that is asked for wrongly says so: %j %j', async (match, options, message) => {
    const dev = await session();
    expect(() => dev.waitFor(match as string, options)).toThrow(message);
  });

  test('ends when the session stops, unheard by one who has gone', async () => {
    const dev = await session();
    const wait = dev.waitFor({ job: 'x' });
    await dev.stop();
    await expect(wait).rejects.toMatchObject({ code: 'stopped' });
  });
});

describe('start refuses', () => {
  test.each([
    [{ fault: 'nonsense' }, 'start: fault: '],
    [{ emulate: { jobTime: 'soon' } }, 'jobTime: "soon"'],
    [{ output: 'tui' }, 'there is no option "output"'],
    [{ endpoint: 'mailto:x' }, 'start: endpoint: '],
  ])('%j, and leaves nothing behind', async (options, message) => {
    const [before, temporary] = [busyWith(), ownTemp()];
    await expect(start(options as StartOptions)).rejects.toThrow(message);
    await backTo(before);
    expect(readdirSync(temporary)).toEqual([]);
  });
});

describe('a session that has stopped', () => {
  test('has nothing open, no listener on the process, no folder, and has printed nothing', async () => {
    const [app, temporary] = [await startApp('hang'), ownTemp()];
    const out = [vi.spyOn(process.stdout, 'write'), vi.spyOn(process.stderr, 'write')];
    onCleanup(() => vi.restoreAllMocks());
    const [before, heard] = [busyWith(), listeners()];
    const dev = await start({ endpoint: app.url, emulate: { jobTime: '1h' }, timeout: '1h' });
    expect(readdirSync(temporary)).toHaveLength(1);
    const sent = send(dev.url(), body('a')).catch(() => undefined);
    const delivery = await dev.waitFor({ job: 'a' }, { until: 'arrived' });
    const waits = [dev.waitFor({ job: 'never' }), delivery.replay()];
    await app.received(2);
    await Promise.all([dev.stop(), dev.stop()]);
    await Promise.allSettled([sent, ...waits]);
    await backTo(before);
    expect([listeners(), readdirSync(temporary)]).toEqual([heard, []]);
    expect(out.flatMap((spy) => spy.mock.calls)).toEqual([]);
  });

  test('is ended by `await using` too', async () => {
    const temporary = ownTemp();
    {
      await using dev = await start();
      expect([await dev.deliveries(), readdirSync(temporary).length]).toEqual([[], 1]);
    }
    expect(readdirSync(temporary)).toEqual([]);
  });

  test('is one of many at the same time, none of which sees what another has', async () => {
    const devs = await Promise.all(Array.from({ length: 4 }, () => session({ emulate: true })));
    await Promise.all(devs.map((dev, i) => send(dev.url(), body(`j-${i}`))));
    const seen = await Promise.all(devs.map((dev) => dev.deliveries()));
    expect(seen.map((all) => all.map(({ job }) => job))).toEqual([['j-0'], ['j-1'], ['j-2'], ['j-3']]);
  });
});
