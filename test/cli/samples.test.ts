import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Webhook } from 'svix';
import { describe, expect, test, vi } from 'vitest';
import { startEmulator } from '../emulator/support.ts';
import { startApp } from '../support/app.ts';
import { tempDir } from '../support/cleanup.ts';
import { type SampleName, startSample, writeSample } from '../support/sample.ts';

vi.setConfig({ testTimeout: 60_000 });

const run = promisify(execFile);
const names: SampleName[] = ['node', 'python', 'typescript'];
const secret = 's3cret-ü';
const completed = (jobId: string, metadata: unknown = { secret, user_id: '123' }) => ({
  status: 'Completed',
  job_id: jobId,
  metadata,
});

/** A sample that fetches its jobs from a real emulator. */
async function start(name: SampleName, env: Record<string, string> = { WEBHOOK_SECRET: secret }) {
  const { emulator, url } = await startEmulator();
  const sample = await startSample(name, { ...env, REDUCTO_BASE_URL: url, REDUCTO_API_KEY: 'test-key' });
  return { emulator, sample };
}

describe.each(names)('the handler in %s', (name) => {
  test('takes a job once: a duplicate, and ten at the same instant, change nothing', async () => {
    const { emulator, sample } = await start(name);
    const [one, two] = [await emulator.createJob(), await emulator.createJob()];

    expect(await sample.send(completed(one.id))).toMatchObject({ status: 200, json: { duplicate: false } });
    await sample.logged(`job ${one.id}: done, completed`);
    expect(await sample.send(completed(one.id))).toMatchObject({ status: 200, json: { duplicate: true } });

    const answers = await Promise.all(Array.from({ length: 10 }, () => sample.send(completed(two.id))));
    expect(answers.map(({ status }) => status)).toEqual(Array(10).fill(200));
    expect(answers.filter(({ json }) => json.duplicate === false)).toHaveLength(1);
    await sample.logged(`job ${two.id}: done, completed`);

    // The duplicates came before the second job's end, so whatever they did is done by now.
    const documents = await sample.documents();
    expect(documents.map(({ job_id }) => job_id)).toEqual([one.id, two.id].sort());
    for (const { id } of [one, two]) expect(emulator.fetches(id)).toHaveLength(1);
    const { detail } = documents[0]!;
    expect(JSON.parse(detail!)).toMatchObject({ result: { type: 'full', chunks: expect.any(Array) } });
  });

  test('refuses a wrong secret with 401, what is no webhook with 400, and does nothing', async () => {
    const { emulator, sample } = await start(name);
    const { id } = await emulator.createJob();
    for (const metadata of [{ secret: 'wrong' }, { secret: 1 }, { secret: '\ud800' }, {}, null, [], 'x'])
      expect.soft(await sample.send(completed(id, metadata))).toMatchObject({ status: 401 });
    const noMetadata = { status: 'Completed', job_id: id };
    expect.soft(await sample.send(noMetadata)).toMatchObject({ status: 401 });
    for (const body of ['', '{', '[]', 'null', '{"job_id":1}', '{"status":"Completed"}', '['.repeat(100_000)])
      expect.soft(await sample.send(body)).toMatchObject({ status: 400 });
    expect(await sample.send(' '.repeat(2 * 1024 * 1024))).toMatchObject({ status: 413 });

    // Still alive, and the job not taken.
    expect(await sample.send(completed(id))).toMatchObject({ status: 200, json: { duplicate: false } });
    await sample.logged(`job ${id}: done, completed`);
    expect(emulator.fetches(id)).toHaveLength(1);
    expect(await sample.documents()).toHaveLength(1);
  });

  test('handles a failed job, and lets a status that it does not know pass', async () => {
    const { emulator, sample } = await start(name);
    const failed = await emulator.createJob({ status: 'Failed', reason: 'the file is empty' });
    const other = await emulator.createJob();
    await sample.send({ ...completed(failed.id), status: 'Failed' });
    for (const status of ['completed', 'InProgress', null])
      expect(await sample.send({ ...completed(other.id), status })).toMatchObject({
        status: 200,
        json: { ignored: true },
      });
    await sample.send(completed(other.id));
    await sample.logged(`job ${failed.id}: done, failed`);
    await sample.logged(`job ${other.id}: done, completed`);
    expect(await sample.documents()).toEqual(
      expect.arrayContaining([
        { job_id: failed.id, status: 'failed', detail: 'the file is empty' },
        expect.objectContaining({ job_id: other.id, status: 'completed' }),
      ]),
    );
  });

  test('tries again when its work fails, and follows the URL of a large result', async () => {
    const { emulator, sample } = await start(name);
    const { id } = await emulator.createJob({ config: { input: 'x', settings: { force_url_result: true } } });
    emulator.nextFetches(id, 503);
    emulator.nextFetches(id, 'Pending');
    expect(await sample.send(completed(id))).toMatchObject({ status: 200 });
    await sample.logged(/attempt 2 failed.*still Pending/s);
    await sample.logged(`job ${id}: done, completed`);
    expect(emulator.fetches(id)).toHaveLength(3);
    const [document, ...more] = await sample.documents();
    expect(more).toEqual([]);
    expect(JSON.parse(document!.detail!)).toMatchObject({ result: { type: 'full' } });
  });

  test('takes up after a crash what it had promised', async () => {
    const api = await startApp('hang');
    const env = { WEBHOOK_SECRET: secret, REDUCTO_BASE_URL: api.url, REDUCTO_API_KEY: 'k' };
    const sample = await startSample(name, env);
    expect(await sample.send(completed('job-1'))).toMatchObject({ status: 200 });
    await api.received(1);
    await sample.kill();
    api.answer = {
      headers: [['content-type', 'application/json']],
      body: JSON.stringify({ status: 'Completed', result: { pages: 1 } }),
    };
    await sample.start();
    await sample.logged('job job-1: done, completed');
    expect(await sample.send(completed('job-1'))).toMatchObject({ json: { duplicate: true } });
    expect(await sample.documents()).toEqual([
      { job_id: 'job-1', status: 'completed', detail: expect.stringMatching(/"pages": ?1/) },
    ]);
    expect(api.requests).toHaveLength(2);
  });

  test('can be told of a job before its webhook or after it', async () => {
    const sample = await startSample(name, { WEBHOOK_SECRET: secret });
    await sample.send(completed('fast'));
    await sample.logged('job fast: done, completed');
    await sample.kill();
    await expectJobs(name, sample.dir, ['fast', 'slow']);
    const row = (job_id: string, status: string) => ({ job_id, status, detail: null });
    expect(await sample.documents()).toEqual([row('fast', 'completed'), row('slow', 'processing')]);
    await sample.start();
    await sample.send(completed('slow'));
    await sample.logged('job slow: done, completed');
    expect(await sample.documents()).toEqual([row('fast', 'completed'), row('slow', 'completed')]);
  });

  test('verifies what Svix signed, on the bytes', async () => {
    const svixSecret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
    const sample = await startSample(name, { SVIX_SECRET: svixSecret });
    const signer = new Webhook(svixSecret);
    // Not how anything would print it again: only the bytes themselves are signed.
    const body = '{ "status":"Completed",  "job_id":"j\\u006fb",\n"metadata":null }';
    const signed = (at = new Date(), text = body) => ({
      'svix-id': 'msg_1',
      'svix-timestamp': String(Math.floor(at.getTime() / 1000)),
      'svix-signature': signer.sign('msg_1', at, text),
    });
    const good = signed();
    const refused: [string, Record<string, string>][] = [
      [body, {}],
      [body.replace('null', '{}'), good],
      [body, { ...good, 'svix-id': 'msg_2' }],
      [body, { ...good, 'svix-signature': good['svix-signature'].replace(/^v1,/, 'v2,') }],
      [body, { ...good, 'svix-signature': 'v1,' }],
      [body, { ...good, 'svix-timestamp': 'now' }],
      [body, signed(new Date(Date.now() - 310_000))],
      [body, signed(new Date(Date.now() + 310_000))],
    ];
    for (const [text, headers] of refused)
      expect.soft(await sample.send(text, headers)).toMatchObject({ status: 401 });
    const several = { ...good, 'svix-signature': `v1a,x v1,AAAA ${good['svix-signature']}` };
    expect(await sample.send(body, several)).toMatchObject({ status: 200, json: { duplicate: false } });
    await sample.logged('job job: done, completed');
    expect(await sample.documents()).toHaveLength(1);
  });

  test('takes nothing without a secret to check with', async () => {
    if (name === 'typescript') {
      const sample = await startSample(name, {});
      expect(await sample.send(completed('x'))).toMatchObject({ status: 503 });
    } else await expect(startSample(name, {})).rejects.toThrow(/ended with 1:\nSet WEBHOOK_SECRET or SVIX/);
  });
});

test('the Next.js route passes the compiler as a new Next.js project sets it', async () => {
  const dir = tempDir();
  await writeSample('typescript', dir);
  const compilerOptions = {
    ...{ target: 'ES2017', lib: ['dom', 'dom.iterable', 'esnext'], strict: true, noEmit: true },
    ...{ skipLibCheck: true, esModuleInterop: true, module: 'esnext', moduleResolution: 'bundler' },
    ...{ isolatedModules: true, types: ['node'] },
  };
  writeFileSync(join(dir, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['app/**/*.ts'] }));
  await run(join(dir, 'node_modules/.bin/tsc'), ['-p', dir]);
});

/** Calls the sample's own function as its user's code would, after a job was submitted. */
async function expectJobs(name: SampleName, dir: string, jobIds: string[]): Promise<void> {
  const ids = JSON.stringify(jobIds);
  if (name === 'python') {
    const code = `import reducto_webhook as w\nfor id in ${ids}: w.expect_job(id)`;
    const env = { PATH: '/usr/bin:/bin', WEBHOOK_SECRET: secret };
    await run('/usr/bin/python3', ['-c', code], { cwd: dir, env });
    return;
  }
  const module = name === 'node' ? './reducto-jobs.mjs' : './jobs.mjs';
  if (name === 'typescript')
    await run(
      join(dir, 'node_modules/.bin/esbuild'),
      [
        ...['app/api/reducto-webhook/jobs.ts', '--bundle', '--platform=node', '--format=esm'],
        ...['--external:node-sqlite3-wasm', '--outfile=jobs.mjs'],
      ],
      { cwd: dir },
    );
  const code = `import { expectJob } from '${module}'; for (const id of ${ids}) expectJob(id);`;
  await run(process.execPath, ['--input-type=module', '-e', code], { cwd: dir });
}
