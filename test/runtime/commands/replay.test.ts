import { Webhook as StandardWebhook } from 'standardwebhooks';
import { Webhook } from 'svix';
import { describe, expect, test } from 'vitest';
import type { HeaderPair } from '../../../src/core/delivery.ts';
import { type AppRequest, startApp } from '../../support/app.ts';
import { waitFor } from '../../support/wait.ts';
import { pausesAskedFor, startBench } from './context.ts';

const texts = (requests: readonly AppRequest[]): string[] => requests.map(({ body }) => body.toString());

test('1,000 deliveries at concurrency 50: none lost, none doubled, and 50 at once', async () => {
  const app = await startApp();
  const { add, run, store } = startBench({ endpoints: [app.url] });
  const seqs = await Promise.all(Array.from({ length: 1000 }, (_, i) => add(`delivery ${i}`)));
  let underWay = 0;
  let most = 0;
  app.answer = async ({ number }) => {
    most = Math.max(most, ++underWay);
    // The first ones wait for each other: fewer at once would wait for ever.
    if (number <= 50) await waitFor(() => app.requests.length >= 50);
    underWay -= 1;
    return {};
  };
  const result = await run('replay', { filter: '', concurrency: 50 });
  expect(result).toMatchObject({ sent: 1000, failed: 0, cancelled: false });
  expect(most).toBe(50);
  expect(texts(app.requests).sort()).toEqual(seqs.map((_, i) => `delivery ${i}`).sort());
  expect(new Set(app.requests.map((request) => request.header('x-webhook-delivery-id'))).size).toBe(1000);
  for (const seq of seqs)
    expect(store.summary(seq)).toMatchObject({ attempts: 1, lastAttempt: { status: 200 } });
});

describe('what is replayed', () => {
  test('one, several in the order given, or those that match in the order they came', async () => {
    const app = await startApp();
    const { add, run, store } = startBench({ endpoints: [app.url] });
    for (const text of [
      'a',
      'b',
      '{"status":"Failed","job_id":"c"}',
      'd',
      '{"status":"Failed","job_id":"e"}',
    ])
      await add(text);
    const bodies = async (args: Parameters<typeof run<'replay'>>[1]): Promise<string[]> => {
      const before = app.requests.length;
      await run('replay', args);
      return texts(app.requests.slice(before)).map((text) => /"job_id":"(.)"/.exec(text)?.[1] ?? text);
    };
    expect(await bodies({ id: 'last' })).toEqual(['e']);
    expect(await bodies({ id: ['4', '#1', store.summary(2)!.id] })).toEqual(['d', 'a', 'b']);
    expect(await bodies({ filter: 'status:failed' })).toEqual(['c', 'e']);
    expect(await bodies({ id: ['1', '2'], times: 2 })).toEqual(['a', 'a', 'b', 'b']);
  });

  test.each([
    [{}, /Which delivery/],
    [{ id: ['9'] }, /no delivery "9"/],
    [{ filter: 'status:failed' }, /No delivery matches "status:failed"/],
    [{ filter: 'status:(' }, /./],
    [{ id: ['1'], filter: '' }, /both at once/],
    [{ id: ['1'], interval: 5, speed: 1 }, /both at once/],
    [{ id: ['1'], resign: true, stale: true }, /both at once/],
    [{ id: ['1'], resign: true }, /secret is needed/],
    [{ id: ['1'], svixSecret: 'whsec_%' }, /not base64/],
    [{ id: ['1'], times: 0 }, /^replay: times: /],
    [{ id: ['1'], concurrency: 'many' as never }, /^replay: concurrency: /],
    [{ id: ['1'], interval: 'soon' }, /interval: "soon" is not a duration/],
    [{ id: ['1'], interval: '30d' }, /24d at most/],
    [{ id: ['1'], to: 'nowhere' }, /"nowhere" is not a port/],
    [{ id: ['1'], fault: 'explode' }, /no fault "explode".*character 1/],
    [{ id: ['1'], fault: 'reset' }, /hits the sender/],
    [{ id: ['1'], fault: 'lost-ack' }, /say how with --retry/],
    [{ id: ['1'], retry: 'never' }, /no retry schedule/],
    [{ id: ['1'], set: ['status'] }, /not PATH=VALUE/],
    [{ id: ['1'], set: ['status=Failed'] }, /^#1: .*the body is not JSON/],
    [{ id: ['1'], header: ['x'] }, /not NAME:VALUE/],
    [{ id: ['1'], header: ['Host: x'] }, /Host can't be set/],
    [{ id: ['1'], header: ['x-webhook-attempt: 1'] }, /can't be set/],
    [{ id: ['1'], draft: { headers: [['a b', 'c']], body: '' } }, /draft.headers.0.0: is not a header name/],
    [{ id: ['1'], nonsense: 1 } as never, /there is no "nonsense"/],
  ])('%j is refused in one line, and nothing is sent', async (args, message) => {
    const app = await startApp();
    const { add, run, work, store } = startBench({ endpoints: [app.url] });
    await add('no JSON');
    const error: unknown = await run('replay', args as never).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ name: 'UserError', message: expect.stringMatching(message) });
    expect((error as Error).message).not.toContain('\n');
    expect([app.requests.length, store.attempts(1), work.statuses]).toEqual([0, [], []]);
  });

  test('needs an app to go to', async () => {
    const { add, run, work } = startBench();
    await add('a');
    await expect(run('replay', { id: 'last' })).rejects.toMatchObject({
      code: 'no-endpoint',
      exitCode: 2,
      message: expect.stringMatching(/--to/),
    });
    expect(work.statuses).toEqual([]);
    const app = await startApp();
    expect(await run('replay', { id: 'last', to: `${app.url}/there` })).toMatchObject({ sent: 1, failed: 0 });
    expect(app.requests[0]!.url).toBe('/there');
  });

  test('counts as failed whatever is not 2xx', async () => {
    const app = await startApp(
      ({ number }) => [{ status: 204 }, { status: 302 }, 'reset' as const, { status: 500 }][number - 1]!,
    );
    const { add, run } = startBench({ endpoints: [app.url] });
    await add('a');
    expect(await run('replay', { id: 'last', times: 4 })).toMatchObject({ sent: 4, failed: 3 });
  });

  test('but not what a fault drops: the sender is told 200', async () => {
    const app = await startApp();
    const { add, run } = startBench({ endpoints: [app.url] });
    await add('a');
    const result = await run('replay', { id: 'last', fault: 'drop', retry: '1ms,1ms' });
    expect(result).toMatchObject({
      sent: 1,
      failed: 0,
      attempts: [{ faults: ['drop'], outcome: { code: 'dropped' } }],
    });
    expect(app.requests).toEqual([]);
  });
});

describe('pace', () => {
  test('--interval is kept between two starts', async () => {
    const pauses = pausesAskedFor();
    const app = await startApp();
    const { add, run } = startBench({ endpoints: [app.url] });
    await add('a');
    expect(await run('replay', { id: 'last', times: 4, interval: '100ms' })).toMatchObject({ sent: 4 });
    // From the first one, which went out at the same stopped instant as all the others.
    expect(pauses).toEqual([0, 100, 200, 300]);
  });

  test('--speed keeps the gaps in which they came, so many times shorter, whatever the answers take', async () => {
    const pauses = pausesAskedFor();
    const app = await startApp();
    app.answer = async ({ body }) => {
      if (body.toString() === 'a') await app.received(3); // the first is not answered before the last has come
      return {};
    };
    const { add, run } = startBench({ endpoints: [app.url] });
    const came = [0, 1000, 3000];
    for (const [i, text] of ['a', 'b', 'c'].entries()) await add(text, { receivedAt: 1e12 + came[i]! });
    const { attempts } = await run('replay', { filter: '', speed: 10 });
    expect(pauses).toEqual([0, 100, 300]);
    expect(attempts.map(({ deliverySeq }) => deliverySeq).at(-1)).toBe(1);
  });
});

describe('faults in a replay', () => {
  const corpus = Array.from({ length: 12 }, (_, i) =>
    JSON.stringify({ status: 'Completed', job_id: `j${i}`, metadata: { secret: 's' } }),
  );
  const fault = 'duplicate=1:30% drop:20% wrong-secret:30% expired-job:30% corrupt:20% jitter=0-5ms';

  /** What the app got and what was recorded in one run. */
  async function aRun(args: { seed: number; fault: string; concurrency?: number }) {
    const app = await startApp();
    const { add, run } = startBench({ endpoints: [app.url] });
    for (const text of corpus) await add(text);
    const { attempts, seed } = await run('replay', { filter: '', ...args });
    return {
      got: texts(app.requests),
      marks: attempts.map(({ deliverySeq, faults }) => ({ deliverySeq, faults })),
      seed,
    };
  }

  test('the same seed gives the same run twice, another one another', async () => {
    const first = await aRun({ seed: 11, fault });
    expect(await aRun({ seed: 11, fault })).toEqual(first);
    expect((await aRun({ seed: 12, fault })).marks).not.toEqual(first.marks);
    expect(new Set(first.marks.flatMap(({ faults }) => faults)).size).toBeGreaterThanOrEqual(5);
  });

  test('reorder has enough under way to mix, also when one at a time was asked for', async () => {
    const { got, marks } = await aRun({ seed: 5, fault: 'reorder=4' });
    expect([...got].sort()).toEqual([...corpus].sort());
    expect(got).not.toEqual(corpus);
    // Within windows of 4, of 12.
    for (const from of [0, 4, 8])
      expect(got.slice(from, from + 4).sort()).toEqual(corpus.slice(from, from + 4).sort());
    expect(marks.every(({ faults }) => String(faults) === 'reorder=4')).toBe(true);
    expect((await aRun({ seed: 5, fault: 'reorder=4' })).got).toEqual(got);
  });
});

describe('an edited replay', () => {
  const headers: [string, string][] = [
    ['X-Keep', 'Me'],
    ['Authorization', 'Bearer s3cret'],
  ];
  const body = '{"status":"Completed", "job_id":"j1","metadata":{"user_id":"1","secret":"hidden"}}';

  test('changes what was asked for, keeps its origin, and shows the difference from it', async () => {
    const app = await startApp();
    const { add, run, store } = startBench({ endpoints: [app.url] });
    const seq = await add(body, { headers });
    const result = await run('replay', {
      id: 'last',
      set: ['metadata.user_id=7', 'status=Failed'],
      header: ['x-debug: 1', 'x-keep:'],
    });
    expect(app.requests[0]!.body.toString()).toBe(
      '{"status":"Failed", "job_id":"j1","metadata":{"user_id":7,"secret":"hidden"}}',
    );
    expect([app.requests[0]!.header('x-debug'), app.requests[0]!.header('x-keep')]).toEqual(['1', undefined]);
    const [attempt] = result.attempts;
    expect(attempt).toMatchObject({
      deliverySeq: seq,
      deliveryId: store.summary(seq)!.id,
      notes: ['edited'],
    });
    const { attempts } = await run('show', { id: '1' });
    expect(attempts[0]!.difference).toBe(attempt!.difference);
    expect(attempt!.difference!.split('\n').filter((line) => /^[-+]/.test(line))).toEqual([
      '-X-Keep: Me',
      '+x-debug: 1',
      '-  "status": "Completed",',
      '+  "status": "Failed",',
      '-    "user_id": "1",',
      '+    "user_id": 7,',
    ]);
    expect(attempt!.difference).not.toContain('hidden');
    expect((await run('diff', { before: '1', after: attempt!.id })).text.split('\n').slice(1)).toEqual(
      attempt!.difference!.split('\n').slice(1),
    );
    // Its origin is as it was, and is what the next replay sends.
    await run('replay', { id: 'last' });
    expect(app.requests[1]!.body.toString()).toBe(body);
    expect((await run('show', { id: '1' })).attempts[1]).not.toHaveProperty('difference');
    expect(store.attempts(seq)[1]!.requestBody).toBeNull();
  });

  test('two attempts can be compared: what is new in each request is no difference', async () => {
    const app = await startApp();
    const { add, run } = startBench({ endpoints: [app.url] });
    await add(body, { headers });
    const { attempts } = await run('replay', { id: 'last', times: 2 });
    const [before, after] = attempts.map(({ id }) => id) as [string, string];
    expect((await run('diff', { before, after })).text).toBe('');
  });

  test('a rewritten request that nobody changed is no edit', async () => {
    const app = await startApp();
    const { add, run } = startBench({ endpoints: [app.url] });
    await add(body, { headers });
    const draft = { headers, body: Buffer.from(body).toString('base64') };
    const same = await run('replay', { id: 'last', draft });
    expect(same.attempts[0]!.notes).toEqual([]);
    const other = { headers, body: Buffer.from('\xff\x00', 'latin1').toString('base64') };
    const changed = await run('replay', { id: 'last', draft: other });
    expect(changed.attempts[0]).toMatchObject({
      notes: ['edited'],
      difference: expect.stringMatching(/binary differs/),
    });
    expect([...app.requests[1]!.body]).toEqual([255, 0]);
  });

  test('nothing is sent when an edit fits only some of many', async () => {
    const app = await startApp();
    const { add, run } = startBench({ endpoints: [app.url] });
    for (const text of ['{}', 'no JSON', '{}']) await add(text);
    await expect(run('replay', { filter: '', set: ['a=1'] })).rejects.toThrow(/^#2: a can't be set/);
    expect(app.requests).toEqual([]);
  });
});

describe('a signed delivery', () => {
  const secret = `whsec_${Buffer.from('a key of 24 bytes length').toString('base64')}`;
  const svix = new Webhook(secret);
  const body = '{"status":"Completed","job_id":"j1"}';
  const yesterday = new Date(Date.now() - 86_400_000);
  const headers = (prefix: 'svix' | 'webhook'): HeaderPair[] => [
    [`${prefix}-id`, 'msg_1'],
    [`${prefix}-timestamp`, String(Math.floor(yesterday.getTime() / 1000))],
    [`${prefix}-signature`, svix.sign('msg_1', yesterday, body)],
  ];

  const verdictOf = (request: AppRequest, prefix: 'svix' | 'webhook'): string => {
    const found = Object.fromEntries(
      ['id', 'timestamp', 'signature'].map((name) => [
        `${prefix}-${name}`,
        request.header(`${prefix}-${name}`)!,
      ]),
    );
    try {
      (prefix === 'svix' ? svix : new StandardWebhook(secret)).verify(request.body.toString(), found);
      return 'good';
    } catch (error) {
      return (error as Error).message;
    }
  };

  async function replayed(prefix: 'svix' | 'webhook', args: object, svixSecret?: string) {
    const app = await startApp();
    const { add, run } = startBench({ endpoints: [app.url], ...(svixSecret ? { svixSecret } : {}) });
    await add(body, { headers: headers(prefix) });
    const { attempts } = await run('replay', { id: 'last', ...args });
    const [request] = app.requests;
    expect(request!.header(`${prefix}-id`)).toBe('msg_1');
    return { verdict: verdictOf(request!, prefix), notes: attempts[0]!.notes, faults: attempts[0]!.faults };
  }

  test.each(['svix', 'webhook'] as const)(
    '%s: is signed anew where the secret is known, and the record says so',
    async (prefix) => {
      const said = `signed anew, same ${prefix}-id`;
      expect(await replayed(prefix, {}, secret)).toMatchObject({ verdict: 'good', notes: [said] });
      expect(await replayed(prefix, { resign: true }, secret)).toMatchObject({
        verdict: 'good',
        notes: [said],
      });
      expect(await replayed(prefix, { svixSecret: secret })).toMatchObject({
        verdict: 'good',
        notes: [said],
      });
      expect(await replayed(prefix, { set: ['status=Failed'] }, secret)).toMatchObject({
        verdict: 'good',
        notes: ['edited', said],
      });
    },
  );

  test('keeps its old signature with --stale, and where no secret is known', async () => {
    const stale = await replayed('svix', { stale: true }, secret);
    expect(stale).toMatchObject({
      verdict: expect.stringMatching(/too old/),
      notes: [expect.stringMatching(/^kept the old signature: it is 864\d\d s old$/)],
    });
    expect(await replayed('svix', {})).toMatchObject({
      verdict: expect.stringMatching(/too old/),
      notes: [expect.stringMatching(/kept the old signature: .*no --svix-secret/)],
    });
  });

  test('is not made good by a fault when it is stale on purpose', async () => {
    const { verdict, faults } = await replayed('svix', { stale: true, fault: 'failed' }, secret);
    expect(verdict).not.toBe('good');
    expect(faults).toEqual(['failed (the signature is wrong now: not signed anew)']);
  });

  test('is signed at the moment it goes out, again for each retry', async () => {
    const app = await startApp({ status: 500 });
    const { add, run } = startBench({ endpoints: [app.url], svixSecret: secret });
    await add(body, { headers: headers('svix') });
    await run('retry', { id: 'last', schedule: '1100ms' });
    const stamps = app.requests.map((request) => Number(request.header('svix-timestamp')));
    expect(stamps[1]).toBeGreaterThan(stamps[0]!);
    for (const request of app.requests) expect(verdictOf(request, 'svix')).toBe('good');
  });

  test('is signed in duplicates too', async () => {
    const app = await startApp();
    const { add, run } = startBench({ endpoints: [app.url], svixSecret: secret });
    await add(body, { headers: headers('svix') });
    await run('duplicate', { id: 'last', count: 3, concurrent: true });
    expect(app.requests.map((request) => verdictOf(request, 'svix'))).toEqual(['good', 'good', 'good']);
  });
});
