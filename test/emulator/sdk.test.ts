import { createReadStream, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Reducto, { toFile } from 'reductoai';
import { describe, expect, test } from 'vitest';
import { plainPdf } from '../../src/emulator/pdf.ts';
import { startApp } from '../support/app.ts';
import { tempDir } from '../support/cleanup.ts';
import { expectComponent, expectPublished } from './schema.ts';
import { startEmulator } from './support.ts';

const input = 'https://example.com/document.pdf';
const categories = [
  { name: 'Invoice', description: 'Invoices', partition_key: 'number' },
  { name: 'Terms', description: 'Terms' },
];
const schema = {
  type: 'object',
  properties: { total: { type: 'number' }, due_date: { type: 'string', format: 'date' } },
};

type Async = { webhook: { mode: 'direct'; url: string } | { mode: 'svix' }; metadata: unknown };

/** Each kind of job, as the SDK submits it. */
const submissions: Record<string, (sdk: Reducto, async: Async) => Promise<{ job_id: string }>> = {
  Parse: (sdk, async) => sdk.parse.runJob({ input, async }),
  Extract: async (sdk, options) =>
    (await sdk.extract.runJob({ input, instructions: { schema }, async: options })) as { job_id: string },
  Split: (sdk, async) => sdk.split.runJob({ input, split_description: categories, async }),
  Pipeline: (sdk, async) => sdk.pipeline.runJob({ input, pipeline_id: 'pipe_1', async }),
  Edit: (sdk, { webhook, metadata }) =>
    sdk.edit.runJob({
      document_url: input,
      edit_instructions: 'Fill it in',
      webhook: { ...webhook, metadata },
    }),
};

const component: Record<string, string> = {
  Parse: 'ParseResponse',
  Extract: 'V3ExtractResponse',
  Split: 'SplitResponse',
  Pipeline: 'PipelineResponse',
  Edit: 'EditResponse',
};

describe('the official SDK, unmodified', () => {
  test.each(Object.entries(submissions))('submits, is told, and fetches: %s', async (type, submit) => {
    const app = await startApp();
    const { sdk, idle, emulator } = await startEmulator();
    const metadata = { user_id: '123', nested: [1, { two: null }], text: 'Größe 🎉' };
    const { job_id } = await submit(sdk, {
      webhook: { mode: 'direct', url: `${app.url}/hook?token=x` },
      metadata,
    });
    const [request] = await app.received(1);
    expect(request).toMatchObject({ method: 'POST', url: '/hook?token=x' });
    expect(request!.header('content-type')).toBe('application/json');
    expect(request!.body.toString()).toBe(JSON.stringify({ status: 'Completed', job_id, metadata }));

    const job = await sdk.job.get(job_id);
    expect(job).toMatchObject({ status: 'Completed', type, progress: 1, reason: null });
    expectPublished('GET /job/{job_id}', job);
    expectComponent('EnhancedAsyncJobResponse', job);
    expectComponent(component[type]!, job.result);
    expect(await sdk.job.get(job_id)).toEqual(job); // made anew each time, and the same
    await idle();
    expect(app.requests).toHaveLength(1);
    expect(emulator.fetches(job_id)).toHaveLength(2);
  });

  test.each(Object.entries(submissions))('is told through Svix: %s', async (_, submit) => {
    const app = await startApp();
    const { sdk, emulator } = await startEmulator();
    await emulator.endpoints.add({ url: `${app.url}/svix` });
    const { job_id } = await submit(sdk, { webhook: { mode: 'svix' }, metadata: { a: 1 } });
    const [request] = await app.received(1);
    expect(JSON.parse(request!.body.toString())).toEqual({ status: 'Completed', job_id, metadata: { a: 1 } });
    expect(request!.header('svix-id')).toMatch(/^msg_\w{27}$/);
  });

  test('gets results at once from the other forms', async () => {
    const { sdk } = await startEmulator();
    const parse = await sdk.parse.run({ input });
    expectPublished('POST /parse', parse);
    expectComponent('ParseResponse', parse);
    const extract = await sdk.extract.run({ input, instructions: { schema } });
    expectComponent('V3ExtractResponse', extract);
    expect((extract as { result: object }).result).toEqual({
      total: expect.any(Number),
      due_date: expect.stringMatching(/^\d{4}-\d\d-\d\d$/),
    });
    const split = await sdk.split.run({ input, split_description: categories });
    expectPublished('POST /split', split);
    const pipeline = await sdk.pipeline.run({ input, pipeline_id: 'p' });
    expectPublished('POST /pipeline', pipeline);
    const edit = await sdk.edit.run({ document_url: input, edit_instructions: 'x' });
    expectPublished('POST /edit', edit);
    const classify = await sdk.classify.run({
      input: 'https://example.com/contract.pdf',
      classification_schema: [
        { category: 'invoice', criteria: ['has items'] },
        { category: 'contract', criteria: ['is signed'] },
      ],
    });
    expectPublished('POST /classify', classify);
    expect(classify.result.category).toBe('contract');
  });

  test('gets a job id from /parse and /extract when it asks for async there', async () => {
    const { sdk } = await startEmulator();
    const parse = await sdk.parse.run({ input, async: { metadata: { a: 1 } } });
    expect(parse).toEqual({ job_id: expect.stringMatching(/^[0-9a-f-]{36}$/) });
    expectPublished('POST /parse', parse);
    const extract = await sdk.extract.run({ input, async: {} });
    expect(extract).toEqual({ job_id: expect.any(String) });
    expectPublished('POST /extract', extract);
  });

  test('uploads in each of its ways, and the pages of a PDF are its real ones', async () => {
    const { sdk } = await startEmulator();
    const path = join(tempDir(), 'sample.pdf');
    writeFileSync(path, plainPdf(7, 'seven'));
    const uploads = [
      await sdk.upload({ file: await toFile(plainPdf(7, 'seven'), 'doc.pdf') }),
      await sdk.upload({ file: createReadStream(path), extension: 'pdf' }),
    ];
    for (const upload of uploads) {
      expectPublished('POST /upload', upload);
      expect(upload).toMatchObject({ file_id: expect.stringMatching(/^reducto:\/\/[0-9a-f-]{36}\.pdf$/) });
      const result = (await sdk.parse.run({ input: upload.file_id })) as { usage: { num_pages: number } };
      expect(result.usage.num_pages).toBe(7);
      expect(await sdk.parse.run({ input: upload })).toMatchObject({ usage: { num_pages: 7 } });
    }
    expect(await sdk.upload({ file: path as never })).toMatchObject({ presigned_url: null });
    expect(await sdk.upload()).toMatchObject({ presigned_url: expect.stringMatching(/^http/) });
  });

  test('lists, cancels, asks for the portal and the version', async () => {
    const { sdk, emulator, url } = await startEmulator();
    const running = await emulator.createJob({ status: 'InProgress' });
    const done = await emulator.createJob({ type: 'Split' });
    const list = await sdk.job.getAll();
    expectPublished('GET /jobs', list);
    expect(list.jobs.map(({ job_id }) => job_id)).toEqual([done.id, running.id]);
    const brief = await sdk.job.getAll({ limit: 1, exclude_configs: true });
    expect(brief).toMatchObject({
      jobs: [{ job_id: done.id, raw_config: '' }],
      next_cursor: expect.any(String),
    });
    expect(await sdk.job.cancel(running.id)).toBeNull();
    expect(await sdk.job.get(running.id)).toMatchObject({ status: 'Failed', reason: 'Job was cancelled' });
    expect((await sdk.job.getAll()).jobs[1]).toMatchObject({ status: 'Cancelled' });
    expect(await sdk.webhook.run()).toBe(`${url}/svix/portal`);
    expect(await sdk.apiVersion()).toBe('1.11.57');
  });

  test('gets its own kinds of errors', async () => {
    const { sdk, url } = await startEmulator({ settings: { apiKey: 'right' } });
    await expect(sdk.job.get('x')).rejects.toBeInstanceOf(Reducto.AuthenticationError);
    const right = new Reducto({ apiKey: 'right', baseURL: url });
    await expect(right.job.get('x')).rejects.toMatchObject({
      status: 404,
      message: '404 {"detail":"Job not found"}',
    });
    await expect(right.parse.run({} as never)).rejects.toBeInstanceOf(Reducto.UnprocessableEntityError);
  });
});
