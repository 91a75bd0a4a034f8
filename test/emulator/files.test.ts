import { PDFDocument } from '@cantoo/pdf-lib';
import { describe, expect, test } from 'vitest';
import { plainPdf } from '../../src/emulator/pdf.ts';
import { expectComponent } from './schema.ts';
import { startEmulator } from './support.ts';

const input = 'https://example.com/a.pdf';
type Parsed = {
  job_id: string;
  usage: { num_pages: number };
  result: { type: string; url: string; chunks: Chunk[] };
};
type Chunk = { content: string; blocks: { type: string; bbox: { page: number } }[] };

describe('uploads', () => {
  test('by a presigned URL: the file comes later, with PUT and without a key', async () => {
    const { sdk, call } = await startEmulator();
    const { file_id, presigned_url } = await sdk.upload({ extension: 'pdf' });
    expect(file_id).toMatch(/\.pdf$/);
    const early = await sdk.parse.runJob({ input: file_id });
    expect(await call('GET', `/job/${early.job_id}?timeout=10`)).toMatchObject({
      json: { status: 'Failed', reason: expect.stringContaining('presigned') },
    });
    const put = await fetch(presigned_url!, { method: 'PUT', body: plainPdf(4, 'x') });
    expect(put.status).toBe(200);
    expect(await sdk.parse.run({ input: file_id })).toMatchObject({ usage: { num_pages: 4 } });
    for (const url of [
      presigned_url!.replace(/token=.*/, 'token=no'),
      presigned_url!.replace('.pdf', '.doc'),
    ])
      expect((await fetch(url, { method: 'PUT', body: 'x' })).status).toBe(403);
  });

  test('are PDFs, or damaged ones, or anything', async () => {
    const { sdk } = await startEmulator({ settings: { pages: '5' } });
    const pages = async (bytes: Uint8Array, name: string) => {
      const { file_id } = await sdk.upload({ file: new File([Buffer.from(bytes)], name) });
      return ((await sdk.parse.run({ input: file_id })) as Parsed).usage.num_pages;
    };
    expect(await pages(plainPdf(12, 'x'), 'a.pdf')).toBe(12);
    const written = await PDFDocument.create();
    for (let i = 0; i < 3; i++) written.addPage();
    expect(await pages(await written.save(), 'b.pdf')).toBe(3);
    expect(await pages(Buffer.from('%PDF-1.4 hello'), 'c.pdf')).toBe(5);
    expect(await pages(plainPdf(12, 'x').subarray(0, 300), 'd.pdf')).toBe(5);
    expect(await pages(Buffer.from('plain'), 'e.txt')).toBe(5);
  });

  test('have an extension from the query or the name, and only a plain one', async () => {
    const { call, url } = await startEmulator();
    const upload = async (query: string, name: string) => {
      const form = new FormData();
      form.set('file', new Blob(['x']), name);
      const response = await fetch(`${url}/upload${query}`, {
        method: 'POST',
        headers: { authorization: 'Bearer k' },
        body: form,
      });
      const { file_id } = (await response.json()) as { file_id: string };
      return file_id.replace(/^reducto:\/\/[0-9a-f-]{36}/, '');
    };
    expect(await upload('?extension=docx', 'a.pdf')).toBe('.docx');
    expect(await upload('?extension=.xlsx', 'a')).toBe('.xlsx');
    expect(await upload('?extension=../../x', 'a.PNG')).toBe('.PNG');
    expect(await upload('', 'noextension')).toBe('');
    expect((await call('POST', '/upload', { file: 7 })).status).toBe(422);
  });

  test('over the limit get 413, and can be deleted', async () => {
    const { sdk, call } = await startEmulator({ settings: { maxUpload: '1kb' } });
    const upload = (size: number) => sdk.upload({ file: new File(['x'.repeat(size)], 'a.txt') });
    await expect(upload(1025)).rejects.toMatchObject({ status: 413 });
    const { file_id } = await upload(1024);
    expect((await call('DELETE', `/upload/${encodeURIComponent(file_id)}`)).status).toBe(202);
    expect((await call('DELETE', `/upload/${file_id}`)).status).toBe(404);
  });

  test('with the failure marker in their name make the job fail', async () => {
    const { sdk, call } = await startEmulator();
    const { file_id } = await sdk.upload({ file: new File(['x'], 'emulate-fail.pdf') });
    const { job_id } = await sdk.parse.runJob({ input: file_id });
    expect((await call('GET', `/job/${job_id}?timeout=10`)).json).toMatchObject({ status: 'Failed' });
  });
});

describe('results', () => {
  test('come as a URL when that is asked for or they are large, which serves the bare FullResult', async () => {
    const { sdk, emulator } = await startEmulator({ settings: { urlResultAbove: '20kb' } });
    const { id } = await emulator.createJob({ pages: 500 });
    const large = (await sdk.job.get(id)).result as Parsed;
    const forced = (await sdk.parse.run({ input, settings: { force_url_result: true } })) as Parsed;
    const small = (await sdk.parse.run({ input })) as Parsed;
    expect([large, forced, small].map(({ result }) => result.type)).toEqual(['url', 'url', 'full']);
    for (const result of [large, forced]) {
      expectComponent('ParseResponse', result);
      const served = await fetch(result.result.url);
      const full = (await served.json()) as Parsed['result'];
      expectComponent('FullResult', full);
      const pages = new Set(full.chunks.flatMap(({ blocks }) => blocks.map(({ bbox }) => bbox.page)));
      expect(pages.size).toBe(result.usage.num_pages);
    }
    expect((await fetch(large.result.url.slice(0, -4))).status).toBe(404);
    await emulator.expireJob(id);
    expect((await fetch(large.result.url)).status).toBe(404);
  });

  test.each([
    ['disabled', 1],
    ['page', 4],
    ['block', 24],
  ] as const)('are chunked by %s', async (chunk_mode, count) => {
    const { sdk } = await startEmulator({ settings: { pages: '4' } });
    const options = { chunking: { chunk_mode }, filter_blocks: ['Page Number' as const] };
    const { result } = (await sdk.parse.run({
      input,
      retrieval: options,
      formatting: { add_page_markers: true },
    })) as Parsed;
    expect(result.chunks).toHaveLength(count);
    const [first] = result.chunks;
    expect(first!.content).toContain('[[START OF PAGE 1]]');
    if (count === 1) expect(first!.content).not.toMatch(/^\d$/m);
    expect(result.chunks.flatMap(({ blocks }) => blocks)).toHaveLength(24);
  });

  test.each([
    [{ start: 2, end: 3 }, 2],
    [[{ start: 1, end: 1 }, { start: 9 }], 3],
    [[1, 2, 3, 99], 3],
    [
      [
        { start: 4, end: 8 },
        { start: 2, end: 5 },
        { start: 5, end: 6 },
        { start: -3, end: 0 },
      ],
      7,
    ],
    [[3, 3, 1], 2],
    [{ start: 50 }, 1],
    [{ start: -1e15, end: 1e15 }, 10],
    [null, 10],
  ])('are of the pages that were asked for: %j', async (page_range, pages) => {
    const { call } = await startEmulator({ settings: { pages: '10' } });
    const { json } = await call('POST', '/parse', { input, settings: { page_range } });
    expect(json).toMatchObject({ usage: { num_pages: pages } });
  });

  test('of more pages than anybody reads are made of the first of them', async () => {
    const { sdk, idle } = await startEmulator({ settings: { pages: '3' } });
    const inputs = Array.from({ length: 20_000 }, (_, i) => `https://example.com/${i}.pdf`);
    const { job_id } = await sdk.parse.runJob({ input: inputs });
    await idle();
    const job = (await sdk.job.get(job_id)) as unknown as { num_pages: number; result: Parsed };
    const { chunks } = (await (await fetch(job.result.result.url)).json()) as { chunks: Chunk[] };
    expect(chunks.flatMap(({ blocks }) => blocks).at(-1)!.bbox.page).toBe(1000);
    expect(job.num_pages).toBe(60_000);
  });

  test('of an extraction have its own fields, with citations when asked for', async () => {
    const { call } = await startEmulator();
    const schema = {
      type: 'object',
      $defs: {
        party: {
          type: 'object',
          properties: { name: { type: 'string' }, email: { type: ['string', 'null'] } },
        },
      },
      properties: {
        vendor: { $ref: '#/$defs/party' },
        currency: { enum: ['USD', 'EUR'] },
        lines: {
          type: 'array',
          minItems: 2,
          maxItems: 2,
          items: { type: 'object', properties: { quantity: { type: 'integer', minimum: 5, maximum: 6 } } },
        },
        paid: { anyOf: [{ type: 'null' }, { type: 'boolean' }] },
      },
    };
    const { json } = await call('POST', '/extract', { input, instructions: { schema } });
    const quantity = expect.toSatisfy((value: number) => value === 5 || value === 6);
    expect(json).toMatchObject({
      usage: { num_fields: 6 },
      result: {
        vendor: { name: expect.any(String), email: expect.stringContaining('@') },
        currency: expect.stringMatching(/USD|EUR/),
        lines: [{ quantity }, { quantity }],
        paid: expect.any(Boolean),
      },
    });
    const cited = await call('POST', '/extract', {
      input,
      instructions: { schema },
      settings: { citations: { enabled: true }, array_extract: true },
    });
    expectComponent('V3ExtractResponse', cited.json);
    expect(cited.json).toMatchObject({
      result: [
        {
          vendor: {
            name: { value: expect.any(String), citations: [{ bbox: { page: expect.any(Number) } }] },
          },
        },
      ],
    });
    const endless = { properties: Object.fromEntries([...'abcdefgh'].map((key) => [key, { $ref: '#' }])) };
    const { json: ended } = await call('POST', '/extract', { input, instructions: { schema: endless } });
    expect((ended as { usage: { num_fields: number } }).usage.num_fields).toBeLessThanOrEqual(2000);
  });

  test('of a split give every page to one section', async () => {
    const { call } = await startEmulator({ settings: { pages: '7' } });
    const split_description = ['a', 'b', 'c'].map((name) => ({ name, description: name }));
    const { json } = await call('POST', '/split', { input, split_description });
    const { splits } = (json as { result: { splits: { pages: number[] }[] } }).result;
    expect(splits.flatMap(({ pages }) => pages)).toEqual([1, 2, 3, 4, 5, 6, 7]);
    expectComponent('SplitResponse', json);
  });

  test('of an edit lead to a real PDF', async () => {
    const { call } = await startEmulator({ settings: { pages: '3' } });
    const { json } = await call('POST', '/edit', { document_url: input, edit_instructions: 'x' });
    const served = await fetch((json as { document_url: string }).document_url);
    expect(served.headers.get('content-type')).toBe('application/pdf');
    expect((await PDFDocument.load(await served.arrayBuffer())).getPageCount()).toBe(3);
  });
});
