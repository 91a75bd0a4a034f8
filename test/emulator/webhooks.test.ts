import { Webhook } from 'svix';
import { describe, expect, test } from 'vitest';
import type { Delivery } from '../../src/core/delivery.ts';
import { systemClock } from '../../src/core/ids.ts';
import { createEmulator } from '../../src/emulator/emulator.ts';
import { createWebhookSender } from '../../src/emulator/sender.ts';
import { parseEmulatorSettings } from '../../src/emulator/settings.ts';
import type { Store } from '../../src/store/store.ts';
import { StoreWriteError } from '../../src/store/writer.ts';
import { startReceiver, withMethods } from '../receiver/start.ts';
import { type AppRequest, startApp } from '../support/app.ts';
import { onCleanup } from '../support/cleanup.ts';
import { waitFor } from '../support/wait.ts';
import { startEmulator } from './support.ts';

const input = 'https://example.com/a.pdf';
const direct = (url: string) => ({ mode: 'direct' as const, url });

const deliveries = (store: Store): Delivery[] =>
  store
    .page({ limit: 10_000, from: 'oldest' })
    .map(({ seq }) => store.delivery(seq)!)
    .reverse();

/** How the attempts of a delivery ended, once `count` have. */
const outcomes = (store: Store, count: number) =>
  waitFor(
    () => {
      const attempts = store.attempts(1).filter(({ outcome }) => outcome.kind !== 'pending');
      return attempts.length >= count && attempts;
    },
    { what: `${count} attempts` },
  );

describe('a direct webhook', () => {
  test('is recorded as a delivery with its attempt, byte for byte', async () => {
    const app = await startApp({ status: 202 });
    const { emulator, store, idle } = await startEmulator();
    const { id } = await emulator.createJob({ webhook: direct(`${app.url}/a/b?c=d`), metadata: { x: 1 } });
    const [request] = await app.received(1);
    const [attempt] = await outcomes(store, 1);
    await idle();
    const [delivery] = deliveries(store);
    expect(delivery).toMatchObject({ source: 'emulator', method: 'POST', target: '/a/b?c=d' });
    expect(delivery!.recognition).toMatchObject({ kind: 'reducto', status: 'Completed', jobId: id });
    expect(Buffer.from(delivery!.body)).toEqual(request!.body);
    const sent = Object.fromEntries(delivery!.headers);
    expect(sent).toEqual({
      host: new URL(app.url).host,
      'content-type': 'application/json',
      'user-agent': expect.stringMatching(/^reducto-webhook-dev\/[\d.]+ \(emulator\)$/),
      accept: '*/*',
      'content-length': String(request!.body.length),
    });
    for (const [name, value] of Object.entries(sent)) expect(request!.header(name)).toBe(value);
    expect(attempt).toMatchObject({ reason: 'forward', endpoint: `${app.url}/a/b`, requestBody: null });
    expect(await waitFor(() => store.delivery(1)!.acknowledgement)).toMatchObject({ status: 202, by: 'app' });
  });

  test('is sent for a failed job, without a word on why', async () => {
    const app = await startApp();
    const { sdk } = await startEmulator();
    const { job_id } = await sdk.parse.runJob({
      input: 'https://example.com/Emulate-Fail.pdf',
      async: { webhook: direct(app.url) },
    });
    const [request] = await app.received(1);
    expect(request!.body.toString()).toBe(`{"status":"Failed","job_id":"${job_id}","metadata":null}`);
    const job = await sdk.job.get(job_id);
    expect(job).toMatchObject({
      status: 'Failed',
      result: null,
      reason: expect.stringContaining('emulate-fail'),
    });
  });

  test.each([
    ['null', '"metadata":null'],
    ['absent', undefined],
    ['empty', '"metadata":{}'],
  ])('has metadata %s when the job had none', async (absentMetadata, expected) => {
    const app = await startApp();
    const { emulator } = await startEmulator({ settings: { absentMetadata } });
    await emulator.createJob({ id: 'j', webhook: direct(app.url) });
    const [request] = await app.received(1);
    const rest = expected === undefined ? '' : `,${expected}`;
    expect(request!.body.toString()).toBe(`{"status":"Completed","job_id":"j"${rest}}`);
  });

  test.each([0, '', false, null, [], 'text', { deep: { er: [1] } }])(
    'carries metadata %j as it is',
    async (metadata) => {
      const app = await startApp();
      const { sdk } = await startEmulator();
      await sdk.parse.runJob({ input, async: { webhook: direct(app.url), metadata } });
      const [request] = await app.received(1);
      expect(JSON.parse(request!.body.toString()).metadata).toEqual(metadata);
    },
  );

  test('is tried again until a 2xx, at most three times', async () => {
    const app = await startApp(({ number }) => ({ status: number < 3 ? 500 : 200 }));
    const { emulator, store, work } = await startEmulator({ settings: { retrySpeed: 100 } });
    await emulator.createJob({ webhook: direct(app.url) });
    await app.received(3);
    const attempts = await outcomes(store, 3);
    expect(attempts.map(({ reason }) => reason)).toEqual(['forward', 'retry', 'retry']);
    expect(attempts[1]!.notes).toEqual(['retry 1 of 3 (reducto-direct, 100 times faster)']);
    await waitFor(() => work.statuses.length === 0);
    expect(app.requests).toHaveLength(3);
    expect(new Set(app.requests.map(({ body }) => body.toString())).size).toBe(1);
  });

  test('is given up after the schedule, and each failure counts: status, redirect, reset, time-out', async () => {
    const answers = [
      { status: 404 },
      { status: 302, headers: [['location', '/x']] as const },
      'reset',
      'hang',
    ] as const;
    const app = await startApp(({ number }) => answers[number - 1]!);
    const { emulator, store, work } = await startEmulator({
      settings: { retrySpeed: 100, directTimeout: '300ms' },
    });
    await emulator.createJob({ webhook: direct(app.url) });
    const attempts = await outcomes(store, 4);
    expect(
      attempts.map(({ outcome }) =>
        outcome.kind === 'response' ? outcome.status : 'code' in outcome && outcome.code,
      ),
    ).toEqual([404, 302, 'reset', 'timeout']);
    await waitFor(() => work.statuses.length === 0);
    expect(app.requests).toHaveLength(4);
  });

  test('is not tried again after a 4xx when the setting says so', async () => {
    const app = await startApp({ status: 401 });
    const { emulator, store, work } = await startEmulator({
      settings: { retrySpeed: 1000, retry4xx: false },
    });
    await emulator.createJob({ webhook: direct(app.url) });
    await outcomes(store, 1);
    await emulator.createJob({ id: 'next', webhook: direct(app.url) });
    await app.received(2);
    expect(work.statuses).toEqual([]);
    expect(store.attempts(1)).toHaveLength(1);
  });

  test('to a URL that is none is recorded, with the reason', async () => {
    const { sdk, store, idle } = await startEmulator();
    const { job_id } = await sdk.parse.runJob({ input, async: { webhook: direct('not a url') } });
    const delivery = await waitFor(() => deliveries(store)[0]);
    expect(delivery).toMatchObject({
      recognition: { jobId: job_id },
      acknowledgement: { status: null, by: 'nobody', note: expect.stringContaining('no http(s) URL') },
    });
    await idle();
    expect(store.attempts(1)).toEqual([]);
  });

  test("to this tool's own receiver goes in by its door, and is recorded there only", async () => {
    const app = await startApp(({ number }) => ({ status: number === 1 ? 500 : 200 }));
    const { receiver, store, deliveries: received } = await startReceiver({ endpoints: [app.url] });
    const ingress = await receiver.listen('127.0.0.1', 0, 'emulator');
    const emulated = await startEmulator({
      settings: { retrySpeed: 100 },
      sender: {
        ownTarget: ({ host, pathname, search }) =>
          host === 'hooks.example.com' ? (pathname + search).replace('/in/box', '') : null,
        ingressUrl: () => `http://127.0.0.1:${ingress}`,
      },
    });
    const { id } = await emulated.emulator.createJob({
      webhook: direct('https://hooks.example.com/in/box/hook?a=b'),
    });
    const requests = await app.received(2);
    expect(requests[1]).toMatchObject({ url: '/hook?a=b', body: requests[0]!.body });
    await waitFor(() => received().length === 2 && store.delivery(2)!.acknowledgement);
    for (const delivery of received())
      expect(delivery).toMatchObject({ source: 'emulator', target: '/hook?a=b', recognition: { jobId: id } });
    expect(deliveries(emulated.store)).toEqual([]);
  });

  test('waits while it can not be recorded, and is sent once it can', async () => {
    const app = await startApp();
    const emulated = await startEmulator();
    let full = true;
    const store = withMethods(emulated.store, {
      addDelivery: async (delivery) => {
        if (full) throw new StoreWriteError('the disk is full', null);
        return emulated.store.addDelivery(delivery);
      },
    });
    const sender = createWebhookSender({ store, clock: systemClock });
    const emulator = createEmulator({ store, sender, settings: parseEmulatorSettings() });
    onCleanup(() => emulator.close());
    await emulator.listen(0);
    const { id } = await emulator.createJob({ webhook: direct(app.url) });
    expect(app.requests).toEqual([]);
    full = false;
    const [request] = await app.received(1);
    expect(JSON.parse(request!.body.toString())).toMatchObject({ job_id: id });
    await waitFor(() => emulator.job(id)?.webhookState === 'tried');
    expect(deliveries(emulated.store)).toHaveLength(1);
  });

  test('is none for jobs without one, and for cancelled ones unless asked for', async () => {
    const app = await startApp();
    for (const [cancelledWebhook, expected] of [
      ['none', 0],
      ['Failed', 1],
    ] as const) {
      const { sdk, emulator, idle } = await startEmulator({ settings: { cancelledWebhook } });
      const { id } = await emulator.createJob({ status: 'Pending', webhook: direct(app.url) });
      await emulator.createJob({});
      await sdk.job.cancel(id);
      await idle();
      expect(app.requests).toHaveLength(expected);
    }
    expect(JSON.parse(app.requests[0]!.body.toString()).status).toBe('Failed');
  });
});

describe('a Svix webhook', () => {
  const verified = (request: AppRequest, secret: string) =>
    new Webhook(secret).verify(request.body, Object.fromEntries(request.headers));

  test('is verified by the svix package, on each of its retries, which share one id', async () => {
    let now = Date.now();
    const app = await startApp(({ number }) => {
      now += 1000; // the next attempt is signed in another second
      return { status: number < 3 ? 503 : 200 };
    });
    const { emulator, store } = await startEmulator({
      settings: { svixRetry: '5ms,5ms' },
      clock: { now: () => (now += 7) },
    });
    const { secret } = await emulator.endpoints.add({ url: `${app.url}/hook` });
    const { id } = await emulator.createJob({
      webhook: { mode: 'svix', channels: null },
      metadata: { a: 'ü' },
    });
    await waitFor(() => app.requests.length === 3);
    for (const request of app.requests)
      expect(verified(request, secret)).toEqual({ status: 'Completed', job_id: id, metadata: { a: 'ü' } });
    expect(() => verified(app.requests[0]!, `whsec_${Buffer.alloc(24).toString('base64')}`)).toThrow();
    const values = (name: string) => new Set(app.requests.map((request) => request.header(name)));
    expect(values('svix-id').size).toBe(1);
    expect(values('svix-timestamp').size).toBe(3);
    expect(values('svix-signature').size).toBe(3);
    const attempts = await outcomes(store, 3);
    expect(attempts.every(({ requestBody }) => requestBody === null)).toBe(true);
  });

  test('goes to the endpoints that its channels select', async () => {
    const app = await startApp();
    const { sdk, emulator, idle } = await startEmulator();
    await emulator.endpoints.add({ url: `${app.url}/all` });
    await emulator.endpoints.add({ url: `${app.url}/a`, channels: ['a', 'x'] });
    await emulator.endpoints.add({ url: `${app.url}/b`, channels: ['b'] });
    const paths = async (channels: string[] | undefined, count: number) => {
      const before = app.requests.length;
      await sdk.parse.runJob({
        input,
        async: { webhook: { mode: 'svix', ...(channels ? { channels } : {}) } },
      });
      await app.received(before + count);
      await idle();
      return app.requests
        .slice(before)
        .map(({ url }) => url)
        .sort();
    };
    expect(await paths(['a'], 2)).toEqual(['/a', '/all']);
    expect(await paths(['b', 'a'], 3)).toEqual(['/a', '/all', '/b']);
    expect(await paths(['c'], 1)).toEqual(['/all']);
    expect(await paths(undefined, 3)).toEqual(['/a', '/all', '/b']);
    const ids = app.requests.slice(-3).map((request) => request.header('svix-id'));
    expect(new Set(ids).size).toBe(1);
  });

  test('has the published schedule and time-out, and may have the other header names', async () => {
    const app = await startApp({ status: 500 });
    const { emulator, work, settings } = await startEmulator({ settings: { svixHeaders: 'webhook' } }).then(
      (started) => ({ ...started, settings: started.emulator.settings }),
    );
    expect(settings.svixTimeout).toBe(15_000);
    await emulator.endpoints.add({ url: app.url });
    const submitted = Date.now();
    await emulator.createJob({ webhook: { mode: 'svix', channels: null } });
    const [request] = await app.received(1);
    expect(request!.header('webhook-signature')).toMatch(/^v1,/);
    expect(request!.header('svix-id')).toBeUndefined();
    const job = await waitFor(() => work.statuses[0]?.nextAt && work.statuses[0]);
    expect(job.label).toMatch(/svix retries/);
    // Five seconds after a moment between the two.
    expect(job.nextAt! - 5000).toBeGreaterThanOrEqual(submitted);
    expect(job.nextAt! - 5000).toBeLessThanOrEqual(Date.now());
  });

  test("without an endpoint is nobody's", async () => {
    const { emulator, store, idle } = await startEmulator();
    await emulator.createJob({ webhook: { mode: 'svix', channels: null } });
    await idle();
    expect(store.count()).toBe(0);
  });
});
