import { writeFileSync } from 'node:fs';
import { createServer, request as httpRequest } from 'node:http';
import { join } from 'node:path';
import Reducto, { toFile } from 'reductoai';
import { Webhook } from 'svix';
import { describe, expect, test, vi } from 'vitest';
import { plainPdf } from '../../src/emulator/pdf.ts';
import { startApp } from '../support/app.ts';
import { onCleanup, tempDir } from '../support/cleanup.ts';
import { callCli, type ReadyEvent, type RunningCli, runCli, startCli } from '../support/cli.ts';
import { outputEventSchema } from '../support/event-schema.ts';
import { freePort, startFlask } from '../support/flask.ts';
import { startLocaltunnelServer } from '../support/localtunnel-server.ts';
import { waitFor } from '../support/wait.ts';
import { expectPublished } from './schema.ts';

// Each test starts several processes, which take their time on a busy machine.
vi.setConfig({ testTimeout: 90_000 });

const input = 'https://example.com/document.pdf';
const direct = (url: string) => ({ webhook: { mode: 'direct' as const, url } });

/** The official SDK as a user has it: nothing but the two variables. */
function sdkFor(emulatorUrl: string | null): Reducto {
  vi.stubEnv('REDUCTO_BASE_URL', emulatorUrl!);
  vi.stubEnv('REDUCTO_API_KEY', 'any-key');
  const sdk = new Reducto();
  vi.unstubAllEnvs();
  return sdk;
}

interface Emulated {
  cli: RunningCli;
  ready: ReadyEvent;
  sdk: Reducto;
  /** Runs a command of the tool against it and gives its result. */
  run(...args: string[]): Promise<Record<string, unknown>>;
}

async function start(
  args: readonly string[] = [],
  options: Parameters<typeof startCli>[1] = {},
): Promise<Emulated> {
  const jobTime = args.includes('--job-time') ? [] : ['--job-time', '0-5ms'];
  const cli = startCli([...args, ...jobTime], { command: 'emulate', ...options });
  const ready = await cli.ready;
  return {
    ...{ cli, ready, sdk: sdkFor(ready.emulatorUrl) },
    async run(...command) {
      const { code, stdout, stderr } = await callCli([...command, '--output', 'json'], {
        dataDir: cli.dataDir,
      });
      expect([code, stderr]).toEqual([0, '']);
      return JSON.parse(stdout.trimEnd().split('\n').at(-1)!) as Record<string, unknown>;
    },
  };
}

describe('emulate', () => {
  test('serves the official SDK through every endpoint, with nothing but the two variables', async () => {
    const app = await startApp();
    const { sdk, ready } = await start();
    const schema = { type: 'object', properties: { total: { type: 'number' } } };
    const split_description = [{ name: 'Invoice', description: 'Invoices' }];
    const upload = await sdk.upload({ file: await toFile(plainPdf(4, 'four'), 'doc.pdf') });
    expectPublished('POST /upload', upload);
    const edit = { document_url: input, edit_instructions: 'Fill it in' };

    const submitted = [
      await sdk.parse.runJob({ input: upload, async: direct(`${app.url}/Parse`) }),
      await sdk.extract.runJob({ input, instructions: { schema }, async: direct(`${app.url}/Extract`) }),
      await sdk.split.runJob({ input, split_description, async: direct(`${app.url}/Split`) }),
      await sdk.pipeline.runJob({ input, pipeline_id: 'p', async: direct(`${app.url}/Pipeline`) }),
      await sdk.edit.runJob({ ...edit, webhook: direct(`${app.url}/Edit`).webhook }),
    ] as { job_id: string }[];
    const told = await app.received(5);
    for (const { job_id } of submitted) {
      const job = (await sdk.job.get(job_id)) as Reducto.JobGetResponse & { type: string };
      expectPublished('GET /job/{job_id}', job);
      const webhook = told.find(({ body }) => body.toString().includes(job_id));
      expect(webhook?.url).toBe(`/${job.type}`);
      expect(JSON.parse(webhook!.body.toString())).toEqual({ status: 'Completed', job_id, metadata: null });
    }
    expect(await sdk.job.get(submitted[0]!.job_id)).toMatchObject({ num_pages: 4 });

    for (const [operation, answer] of [
      ['POST /parse', await sdk.parse.run({ input })],
      ['POST /extract', await sdk.extract.run({ input, instructions: { schema } })],
      ['POST /split', await sdk.split.run({ input, split_description })],
      ['POST /pipeline', await sdk.pipeline.run({ input, pipeline_id: 'p' })],
      ['POST /edit', await sdk.edit.run(edit)],
      ['POST /classify', await sdk.classify.run({ input })],
      ['GET /jobs', await sdk.job.getAll({ limit: 3 })],
    ] as const)
      expectPublished(operation, answer);
    expect(await sdk.job.cancel(submitted[0]!.job_id)).toBeNull();
    expect(await sdk.webhook.run()).toBe(`${ready.emulatorUrl}/svix/portal`);
    expect(await sdk.apiVersion()).toBe('1.11.57');
  });

  test('tells of jobs, fetches, deliveries and faults, in lines that obey the published schema', async () => {
    const app = await startApp();
    const { cli, sdk, run } = await start([
      '--emulator-fault',
      'GET /job:503:1',
      '--emulator',
      'retryAfter=10ms',
    ]);
    const { job_id } = await sdk.parse.runJob({ input, async: direct(`${app.url}/hook?token=t0k3n`) });
    await app.received(1);
    await sdk.job.get(job_id);
    await cli.waitFor('fetch', ({ status }) => status === 200);
    await cli.waitFor('acknowledgement');
    await cli.waitFor('job', ({ job }) => (job as { webhookState: string }).webhookState === 'tried');
    for (const event of cli.events) outputEventSchema.parse(event);
    const of = (type: string) => cli.events.filter((event) => event.type === type);
    expect(of('job').map(({ job }) => (job as { status: string }).status)).toEqual([
      'Pending',
      'Completed',
      'Completed',
    ]);
    expect(of('fetch').map(({ status }) => status)).toEqual([503, 200]);
    expect(of('emulator-fault')).toMatchObject([{ method: 'GET', path: `/job/${job_id}`, faults: ['503'] }]);
    expect(of('delivery')).toMatchObject([
      { delivery: { source: 'emulator', jobId: job_id, target: expect.stringMatching(/^\/hook/) } },
    ]);
    expect(JSON.stringify(cli.events)).not.toContain('t0k3n');

    expect(await run('emulated-jobs')).toMatchObject({ jobs: [{ id: job_id, fetches: 2 }] });
    const { jobs } = (await run('emulated-jobs', job_id)) as { jobs: [{ fetchedBy: object[] }] };
    // No header was passed on: the attempt before is the only run that it can have been.
    expect(jobs[0].fetchedBy).toMatchObject([
      { status: 503 },
      { status: 200, run: { deliverySeq: 1, by: 'time' } },
    ]);
  });

  test('sends a replay where the webhook went, when no app was named', async () => {
    const app = await startApp();
    const { sdk, run, cli } = await start();
    await sdk.parse.runJob({ input, async: direct(`${app.url}/hook?a=b`) });
    await cli.waitFor('acknowledgement');
    expect(await run('replay', 'last')).toMatchObject({ sent: 1, failed: 0 });
    const [first, second] = await app.received(2);
    expect(second).toMatchObject({ url: '/hook?a=b', body: first!.body });
  });

  test('ends, fails and expires jobs, and sets faults, while it runs', async () => {
    const app = await startApp();
    const { sdk, run, cli } = await start(['--job-time', '1h']);
    const submit = () => sdk.parse.runJob({ input, async: direct(app.url) });
    const [one, two, three] = [await submit(), await submit(), await submit()];
    expect(await sdk.job.get(one.job_id)).toMatchObject({ status: 'Pending' });
    await run('end-job', one.job_id);
    await run('end-job', two.job_id, '--status', 'Failed', '--reason', 'no such page');
    await run('end-job', three.job_id, '--status', 'Cancelled');
    expect(await sdk.job.get(one.job_id)).toMatchObject({ status: 'Completed' });
    expect(await sdk.job.get(two.job_id)).toMatchObject({ status: 'Failed', reason: 'no such page' });
    expect((await sdk.job.getAll()).jobs.map(({ status }) => status)).toEqual([
      'Cancelled',
      'Failed',
      'Completed',
    ]);
    const told = await app.received(2);
    expect(told.map(({ body }) => JSON.parse(body.toString()).status).sort()).toEqual([
      'Completed',
      'Failed',
    ]);

    await run('expire-job', one.job_id);
    await expect(sdk.job.get(one.job_id)).rejects.toMatchObject({ status: 404 });
    const again = await callCli(['end-job', two.job_id], { dataDir: cli.dataDir });
    expect([again.code, again.stderr]).toEqual([1, expect.stringContaining('has ended: Failed')]);
    const unknown = await callCli(['expire-job', 'nobody'], { dataDir: cli.dataDir });
    expect([unknown.code, unknown.stderr]).toEqual([1, expect.stringContaining('no job "nobody"')]);

    expect(await run('emulator-faults', '--set', '429:2')).toEqual({ active: '429:2' });
    expect((await fetch(`${sdk.baseURL}/version`)).status).toBe(429);
    expect(await run('emulator-faults')).toEqual({ active: '429:1' });
    expect(await run('emulator-faults', '--set', '')).toEqual({ active: '' });
    const wrong = await callCli(['emulator-faults', '--set', 'nonsense'], { dataDir: cli.dataDir });
    expect([wrong.code, wrong.stderr]).toEqual([
      2,
      expect.stringContaining('"nonsense" is no fault of the emulator'),
    ]);
  });

  test('signs Svix webhooks for the endpoints that a command adds; the svix package verifies them', async () => {
    const app = await startApp();
    const secret = `whsec_${Buffer.alloc(24, 7).toString('base64')}`;
    const { sdk, run, cli } = await start(['--svix-secret', secret]);
    const svix = { webhook: { mode: 'svix' as const }, metadata: { a: 'ü' } };
    const lost = await sdk.parse.runJob({ input, async: svix });
    const problem = await cli.waitFor('error', ({ code }) => code === 'no-svix-endpoint');
    expect(problem.message).toContain(lost.job_id);

    // The tool's own secret is the default, so that it verifies what it records.
    const { endpoints } = (await run('svix-endpoints', '--add', `${app.url}/svix`)) as {
      endpoints: [{ id: string; secret: string }];
    };
    expect(endpoints[0].secret).toBe(secret);
    expect(await run('svix-endpoints')).toMatchObject({ endpoints: [{ secret: '••••••' }] });
    const { job_id } = await sdk.parse.runJob({ input, async: svix });
    const [request] = await app.received(1);
    expect(new Webhook(secret).verify(request!.body, Object.fromEntries(request!.headers))).toEqual({
      ...{ status: 'Completed', job_id, metadata: { a: 'ü' } },
    });
    expect(await cli.waitFor('delivery')).toMatchObject({
      delivery: { verification: { svix: { verdict: 'ok' } } },
    });
    expect(await run('svix-endpoints', '--remove', endpoints[0].id)).toEqual({ endpoints: [] });
  });

  test('takes its settings from flags and from the file, and refuses what makes no sense', async () => {
    const dataDir = tempDir();
    const config = { emulator: { failRate: '100%', apiVersion: '9.9' }, jobTtl: '7s' };
    writeFileSync(join(dataDir, 'reducto-webhook-dev.config.json'), JSON.stringify(config));
    const flags = ['--emulator', 'apiVersion=9.10', '--emulator', 'syncFailureStatus=418'];
    const { sdk } = await start(flags, { dataDir });
    expect(await sdk.apiVersion()).toBe('9.10');
    await expect(sdk.parse.run({ input })).rejects.toMatchObject({ status: 418 });

    for (const [args, message] of [
      [['emulate', '--emulator', 'nonsense=1'], '--emulator: The emulator has no setting "nonsense".'],
      [['emulate', '--emulator', 'failRate=lots'], '--emulator: failRate: "lots" is not a percentage'],
      [['emulate', '--emulator', 'failRate'], '--emulator: "failRate" is not NAME=VALUE'],
      [['emulate', '--job-time', 'soon'], '--job-time: "soon" is not a time such as 200ms-3s'],
      [['emulate', '--job-ttl', 'x'], '--job-ttl: "x" is not a duration'],
      [['emulate', '--emulator-fault', 'x'], '--emulator-fault: "x" is no fault of the emulator'],
      [['listen', '--job-time', '1s'], '--job-time is for the emulator: add --emulate.'],
    ] as const) {
      const { code, stdout, stderr } = await callCli(args);
      expect([code, stdout]).toEqual([2, '']);
      expect(stderr).toContain(message);
      expect(stderr.trimEnd().split('\n')).toHaveLength(1);
    }
  });

  test('is deaf to web pages: a foreign Host or Origin gets 403, with or without a key', async () => {
    const { ready } = await start();
    const { hostname, port } = new URL(ready.emulatorUrl!);
    expect(hostname).toBe('127.0.0.1');
    const status = (headers: Record<string, string>): Promise<number | undefined> =>
      new Promise((resolve, reject) => {
        httpRequest({
          host: '127.0.0.1',
          port,
          path: '/jobs',
          headers: { authorization: 'Bearer k', ...headers },
        })
          .on('response', (response) => resolve(response.resume().statusCode))
          .on('error', reject)
          .end();
      });
    expect(await status({})).toBe(200);
    expect(await status({ host: 'localhost:1' })).toBe(200);
    expect(await status({ origin: 'http://localhost:3000' })).toBe(200);
    for (const headers of [
      { host: 'evil.example' },
      { host: `127.0.0.1.evil.example:${port}` },
      { origin: 'https://evil.example' },
      { origin: 'https://127.0.0.1.evil.example' },
      { origin: 'null' },
    ])
      expect(await status(headers), JSON.stringify(headers)).toBe(403);
  });

  test('that is killed carries its jobs on when it is back, and delivers them', async () => {
    const app = await startApp();
    const dataDir = tempDir();
    const first = await start(['--job-time', '1500ms'], { dataDir });
    const ids: string[] = [];
    for (let i = 0; i < 20; i++)
      ids.push((await first.sdk.parse.runJob({ input, async: direct(app.url) })).job_id);
    await first.cli.kill();
    expect(app.requests.length).toBeLessThan(20);
    const second = await start([], { dataDir });
    await waitFor(
      () => new Set(app.requests.map(({ body }) => JSON.parse(body.toString()).job_id)).size === 20,
      {
        what: 'every job delivered',
      },
    );
    for (const id of ids) expect(await second.sdk.job.get(id)).toMatchObject({ status: 'Completed' });
  });
});

describe('listen --emulate', () => {
  test('is a whole loop: the SDK submits, Flask gets the webhook and fetches its job', async () => {
    const emulatorPort = await freePort();
    const flask = await startFlask({ secret: 's3cret', reducto: `http://127.0.0.1:${emulatorPort}` });
    const { sdk, ready, run, cli } = await start(
      [
        `http://127.0.0.1:${flask.port}`,
        '--emulate',
        '--emulator-port',
        String(emulatorPort),
        '--secret',
        's3cret',
      ],
      { command: 'listen' },
    );
    const { job_id } = await sdk.parse.runJob({
      input,
      async: { ...direct(`${ready.receiverUrl}/webhook`), metadata: { secret: 's3cret' } },
    });
    await waitFor(async () => (await flask.processed()).includes(job_id));
    expect(await flask.result(job_id)).toMatchObject({
      status: 'Completed',
      result: { result: { type: 'full' } },
    });
    const delivery = await cli.waitFor('delivery');
    expect(delivery).toMatchObject({
      delivery: {
        source: 'emulator',
        target: '/webhook',
        jobId: job_id,
        verification: { secret: { verdict: 'ok' } },
      },
    });
    await cli.waitFor('acknowledgement', ({ status }) => status === 200);
    expect(cli.events.filter(({ type }) => type === 'delivery')).toHaveLength(1);

    const { id: deliveryId } = (delivery as unknown as { delivery: { id: string } }).delivery;
    const { jobs } = (await run('emulated-jobs', job_id)) as { jobs: [{ fetchedBy: object[] }] };
    expect(jobs[0].fetchedBy).toMatchObject([
      {
        status: 200,
        run: { deliverySeq: 1, deliveryId, attemptId: expect.stringMatching(/^att_/), by: 'header' },
      },
    ]);

    // A triggered delivery has a job as well, which the handler can fetch.
    expect(await run('trigger', 'extract.failed', '--secret', 's3cret', '--path', '/webhook')).toMatchObject({
      failed: 0,
    });
    const [, triggered] = await flask.processed();
    expect(await flask.result(triggered!)).toMatchObject({ status: 'Failed', type: 'Extract', result: null });
  });

  test('sends what is for the public URL in by its own door, whatever the tunnel does', async () => {
    const server = await startLocaltunnelServer();
    const app = await startApp();
    const { sdk, cli } = await start([app.url, '--emulate', '--tunnel-host', server.url], {
      command: 'listen',
    });
    const { url } = await cli.waitFor('tunnel', ({ state }) => state === 'open');
    await server.kill();
    const { job_id } = await sdk.parse.runJob({ input, async: direct(`${url}/hook?a=b`) });
    const [request] = await app.received(1);
    expect(request).toMatchObject({ url: '/hook?a=b' });
    expect(request!.header('x-forwarded-host')).toBe(new URL(String(url)).host);
    expect(await cli.waitFor('delivery')).toMatchObject({ delivery: { source: 'emulator', jobId: job_id } });
  });

  test('passes Svix webhooks through the receiver with their signature, and signs a replay anew', async () => {
    const app = await startApp();
    const secret = `whsec_${Buffer.alloc(24, 9).toString('base64')}`;
    const { sdk, ready, run, cli } = await start([app.url, '--emulate', '--svix-secret', secret], {
      command: 'listen',
    });
    await run('svix-endpoints', '--add', `${ready.receiverUrl}/svix`);
    const { job_id } = await sdk.parse.runJob({ input, async: { webhook: { mode: 'svix' } } });
    await app.received(1);
    expect(await cli.waitFor('delivery')).toMatchObject({
      delivery: { source: 'emulator', target: '/svix', verification: { svix: { verdict: 'ok' } } },
    });
    expect(await run('replay', 'last')).toMatchObject({ sent: 1, failed: 0 });
    for (const { url, body, headers } of await app.received(2)) {
      expect(url).toBe('/svix');
      expect(new Webhook(secret).verify(body, Object.fromEntries(headers))).toMatchObject({ job_id });
    }
  });

  test('is on port 4142, or the next free one, which is said', async () => {
    const holder = createServer();
    const free = await new Promise<boolean>((resolve) => {
      holder.once('error', () => resolve(false)).listen(4142, '127.0.0.1', () => resolve(true));
    });
    if (free) onCleanup(() => void holder.close());
    const dataDir = tempDir();
    const config = { emulate: true };
    writeFileSync(join(dataDir, 'reducto-webhook-dev.config.json'), JSON.stringify(config));
    const cli = startCli([], { dataDir });
    const { emulatorUrl } = await cli.ready;
    const port = Number(new URL(emulatorUrl!).port);
    expect(port).toBeGreaterThan(4142);
    await waitFor(() => cli.stderr() === `Port 4142 is taken: the emulator uses ${port}.\n`);

    const given = await runCli(['emulate', '--emulator-port', '4142', '--port', '0']);
    expect([given.code, given.stderr]).toEqual([
      1,
      'reducto-webhook-dev: Port 4142 is in use: choose another one with --emulator-port.\n',
    ]);
  });

  test('has no emulator when none was asked for, and its commands say so', async () => {
    const cli = startCli([]);
    expect((await cli.ready).emulatorUrl).toBeNull();
    const { code, stderr } = await callCli(['emulated-jobs'], { dataDir: cli.dataDir });
    expect([code, stderr]).toEqual([
      1,
      'reducto-webhook-dev: No emulator runs: start reducto-webhook-dev emulate, or listen with --emulate.\n',
    ]);
  });
});
