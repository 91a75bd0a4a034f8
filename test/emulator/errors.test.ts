import { request as httpRequest } from 'node:http';
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { expectComponent, isPublishedRequest } from './schema.ts';
import { startEmulator, type TestEmulator } from './support.ts';

let started: TestEmulator;
beforeAll(async () => {
  started = await startEmulator();
});

const input = 'https://example.com/a.pdf';
const submissionPaths = ['parse', 'extract', 'split', 'edit', 'pipeline'].map((name) => `/${name}_async`);

/** Each kind of body at its fullest, to be damaged below. */
const good: Record<string, Record<string, unknown>> = {
  '/parse_async': {
    input: [input, input],
    async: { webhook: { mode: 'svix', channels: ['a'] }, metadata: null, priority: true },
    retrieval: { chunking: { chunk_mode: 'page', chunk_size: 100 }, filter_blocks: ['Header'] },
    formatting: { table_output_format: 'md', add_page_markers: true, include: ['comments'] },
    enhance: { summarize_figures: false, agentic: [] },
    settings: { page_range: { start: 1, end: 2 }, force_url_result: false, timeout: 3.5 },
    queue_priority: 'batch',
  },
  '/extract_async': {
    input: { file_id: input, presigned_url: null },
    instructions: { schema: { type: 'object' }, system_prompt: 'x' },
    settings: { citations: { enabled: true, numerical_confidence: false }, array_extract: true },
    parsing: { settings: { page_range: [1, 2] } },
  },
  '/split_async': {
    input,
    split_description: [{ name: 'a', description: 'b', partition_key: null }],
    settings: { table_cutoff: 'preserve' },
    split_rules: 'x',
  },
  '/edit_async': {
    document_url: input,
    edit_instructions: 'x',
    edit_options: { color: '#00ff00', font_size: 12, flatten: true },
    webhook: { mode: 'disabled', metadata: {} },
    form_schema: [
      {
        bbox: { left: 0, top: 0, width: 1, height: 1, page: 1 },
        description: 'd',
        type: 'text',
        font_size: null,
      },
    ],
  },
  '/pipeline_async': { input, pipeline_id: 'p', settings: { document_password: null } },
};

describe('what is wrong', () => {
  test.each(submissionPaths)('in %s is told in the published form', async (path) => {
    for (const body of [{}, [], null, 'text', 7, { input: 7, document_url: 7 }]) {
      const { status, json } = await started.call('POST', path, body);
      expect([path, body, status]).toEqual([path, body, 422]);
      expectComponent('HTTPValidationError', json);
    }
    const empty = await started.call('POST', path);
    expect(empty).toMatchObject({ status: 422, json: { detail: [{ loc: ['body'], type: 'missing' }] } });
  });

  test('is named with its place', async () => {
    const { json } = await started.call('POST', '/parse_async', { settings: { force_url_result: 'yes' } });
    expect(json).toEqual({
      detail: [
        { loc: ['body', 'input'], msg: 'Field required', type: 'missing' },
        {
          loc: ['body', 'settings', 'force_url_result'],
          msg: 'Input should be a valid boolean',
          type: 'bool_type',
        },
      ],
    });
    const webhook = await started.call('POST', '/parse_async', {
      input,
      async: { webhook: { mode: 'direct' } },
    });
    expect(webhook).toMatchObject({ status: 422 });
    const query = await started.call('GET', '/jobs?limit=501');
    expect(query.json).toMatchObject({ detail: [{ loc: ['query', 'limit'], type: 'less_than_equal' }] });
    for (const text of ['limit=0', 'limit=x', 'exclude_configs=maybe'])
      expect((await started.call('GET', `/jobs?${text}`)).status).toBe(422);
  });

  test('is told up to a number that can be read, however much of it there is', async () => {
    const inputs = Array.from({ length: 20_000 }, (_, i) => i);
    const { status, json } = await started.call('POST', '/parse_async', { input: inputs });
    const { detail } = json as { detail: unknown[] };
    expect([status, detail.length]).toEqual([422, 50]);
    expectComponent('HTTPValidationError', json);
  });

  test('is judged as the published schema judges it', async () => {
    for (const path of submissionPaths) expect(isPublishedRequest(`POST ${path}`, good[path])).toBe(true);
    const places = submissionPaths.flatMap((path) => pathsIn(good[path]).map((place) => ({ path, place })));
    const values = fc.constantFrom<unknown>(null, true, 0, 1.5, 'word', '', [], ['x'], [1], {}, { a: 1 }, [
      [],
    ]);
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...places), values, async ({ path, place }, value) => {
        const body = replaced(good[path], place, value);
        const { status, json } = await started.call('POST', path, body);
        const allowed = !isPublishedRequest(`POST ${path}`, body)
          ? [422]
          : stricter(path, place)
            ? [200, 422]
            : [200];
        expect(allowed, `${path} with ${JSON.stringify(value)} at ${place.join('.')}`).toContain(status);
        if (status === 422) expectComponent('HTTPValidationError', json);
      }),
      { numRuns: 400 },
    );
  });

  test('never is an error of the emulator: bodies of any JSON', async () => {
    const paths = [
      ...submissionPaths,
      '/parse',
      '/classify',
      '/upload',
      '/svix/portal',
      '/configure_webhook',
      '/cancel/x',
    ];
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...paths), fc.jsonValue(), async (path, body) => {
        expect((await started.call('POST', path, body)).status).toBeLessThan(500);
      }),
      { numRuns: 200 },
    );
  });

  test('never is an error of the emulator: schemas of any JSON', async () => {
    const word = fc.constantFrom(
      'type',
      'properties',
      'items',
      'anyOf',
      '$ref',
      'enum',
      'minimum',
      'maximum',
      'minItems',
      'a',
    );
    const leaf = fc.constantFrom<unknown>(
      'object',
      'array',
      'number',
      '#',
      '#/properties/a',
      -1,
      1e308,
      null,
      [],
      true,
    );
    const { schema } = fc.letrec((tie) => ({
      schema: fc.dictionary(
        word,
        fc.oneof({ maxDepth: 4 }, leaf, tie('schema'), fc.array(tie('schema'), { maxLength: 2 })),
      ),
    }));
    await fc.assert(
      fc.asyncProperty(schema, async (value) => {
        const { status, json } = await started.call('POST', '/extract', {
          input,
          instructions: { schema: value },
        });
        expect(status).toBe(200);
        expectComponent('V3ExtractResponse', json);
      }),
      { numRuns: 150 },
    );
  });

  test.each([
    ['no JSON', 'POST', '/parse_async', '{"input":', 422],
    ['invalid UTF-8', 'POST', '/parse_async', Buffer.from([0x22, 0xff, 0xfe, 0x22]), 422],
    [
      'nesting without end',
      'POST',
      '/parse_async',
      `{"input":"x","async":{"metadata":${'['.repeat(100_000)}${']'.repeat(100_000)}}}`,
      422,
    ],
    [
      'prototype names',
      'POST',
      '/parse_async',
      '{"input":"x","__proto__":{"a":1},"constructor":{"prototype":1}}',
      200,
    ],
    [
      'NUL characters',
      'POST',
      '/parse_async',
      '{"input":"\\u0000","async":{"metadata":{"\\u0000":"\\ud800"}}}',
      200,
    ],
    ['bad percent-encoding', 'GET', '/job/%E0%A4%A', '', 400],
    ['a long id', 'GET', `/job/${'x'.repeat(8000)}`, '', 404],
    ['an id that is SQL', 'GET', "/job/'%20or%201=1--", '', 404],
    ['a compressed body that is none', 'POST', '/parse_async', 'xx', 400, { 'content-encoding': 'gzip' }],
    ['an encoding nobody knows', 'POST', '/parse_async', 'xx', 415, { 'content-encoding': 'foo' }],
    ['a form that is none', 'POST', '/upload', 'xx', 400, { 'content-type': 'multipart/form-data' }],
    [
      'a form that breaks off',
      'POST',
      '/upload',
      '--b\r\nContent-Disposition: form-data; name="file"; filename="x"\r\n\r\nabc',
      400,
      { 'content-type': 'multipart/form-data; boundary=b' },
    ],
  ] as [string, string, string, string, number, Record<string, string>?][])(
    '%s',
    async (_, method, path, body, status, headers?: Record<string, string>) => {
      const response = await raw(
        started.url,
        { method, path, headers: { authorization: 'Bearer k', ...headers } },
        body,
      );
      expect(response.status).toBe(status);
      expect(JSON.parse(response.text)).toHaveProperty(status === 200 ? 'job_id' : 'detail');
    },
  );

  test('a body over the limit gets 413', async () => {
    const body = JSON.stringify({ input: 'x'.repeat(21 * 1024 * 1024) });
    expect(
      (
        await raw(
          started.url,
          { method: 'POST', path: '/parse_async', headers: { authorization: 'Bearer k' } },
          body,
        )
      ).status,
    ).toBe(413);
  });
});

describe('who asks', () => {
  test.each([undefined, '', 'Bearer', 'Bearer ', 'Basic abc'])('needs a key: %j', async (authorization) => {
    const headers = authorization === undefined ? {} : { authorization };
    const response = await raw(started.url, { method: 'GET', path: '/jobs', headers });
    expect([response.status, response.text]).toEqual([401, '{"detail":"Unauthorized"}']);
    expect((await raw(started.url, { method: 'GET', path: '/version', headers })).status).toBe(200);
  });

  test('needs the right key when one is demanded, and gets the other kind of error when that is asked for', async () => {
    const { url } = await startEmulator({
      settings: { apiKey: 'k1', errorBody: 'envelope', unknownJobStatus: 410 },
    });
    const ask = (key: string) =>
      raw(url, { method: 'GET', path: '/job/x', headers: { authorization: `Bearer ${key}` } });
    expect(JSON.parse((await ask('k2')).text)).toEqual({
      error: { message: 'Unauthorized', type: 'authentication_error', code: 401 },
    });
    expect((await ask('k1')).status).toBe(410);
  });

  test.each([
    ['evil.example.com', 403],
    ['127.0.0.1.evil.com', 403],
    ['localhost', 200],
    ['LOCALHOST:99', 200],
    ['[::1]:4142', 200],
    ['reducto.localhost', 200],
  ])('has to call it by a loopback name: %s', async (host, status) => {
    expect((await raw(started.url, { method: 'GET', path: '/version', headers: { host } })).status).toBe(
      status,
    );
  });
});

/** Places where the emulator is stricter than the published schema, knowingly: Reducto must refuse some of it. */
const stricter = (path: string, place: readonly (string | number)[]): boolean =>
  path === '/edit_async' && place[0] === 'webhook';

/** Every place in a value, as a list of keys. */
function pathsIn(value: unknown): (string | number)[][] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, each]) => [
    [Array.isArray(value) ? Number(key) : key],
    ...pathsIn(each).map((rest) => [Array.isArray(value) ? Number(key) : key, ...rest]),
  ]);
}

function replaced(value: unknown, [key, ...rest]: readonly (string | number)[], by: unknown): unknown {
  if (key === undefined) return by;
  const copy = structuredClone(value) as Record<string | number, unknown>;
  copy[key] = replaced(copy[key], rest, by);
  return copy;
}

/** A request that `fetch` would not send. */
function raw(
  url: string,
  { method, path, headers }: { method: string; path: string; headers: Record<string, string> },
  body: string | Buffer = '',
): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(url, { method, path, headers }, (response) => {
      let text = '';
      response.on('data', (chunk) => {
        text += chunk;
      });
      response.on('end', () => resolve({ status: response.statusCode!, text }));
    });
    request.on('error', reject).end(body);
  });
}
