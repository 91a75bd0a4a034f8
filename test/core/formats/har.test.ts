import { Ajv } from 'ajv';
import addFormats from 'ajv-formats';
import fc from 'fast-check';
import published from 'har-schema';
import { describe, expect, it, test } from 'vitest';
import { z } from 'zod';
import type { HeaderPair } from '../../../src/core/delivery.ts';
import type { ExportItem } from '../../../src/core/formats/format.ts';
import { har } from '../../../src/core/formats/har.ts';
import { readDeliveries } from '../../../src/core/formats/index.ts';
import { acknowledged, answer, endedAttempt } from '../../support/deliveries.ts';
import { anyDelivery, item } from './arbitraries.ts';

// HAR 1.2 as softwareishard.com/blog/har-12-spec has it: fields not marked [optional] there must be present, and
// what is not of the specification must begin with "_".
const strict = <Shape extends z.ZodRawShape>(shape: Shape) =>
  z
    .object(shape)
    .catchall(z.unknown())
    .superRefine((value, context) => {
      for (const key of Object.keys(value))
        if (!(key in shape) && !key.startsWith('_') && key !== 'comment')
          context.addIssue({ code: 'custom', message: `unknown field ${key}` });
    });
const pair = strict({ name: z.string(), value: z.string() });
const cookie = strict({ name: z.string(), value: z.string() });
const size = z.number().int().min(-1);
const ms = z.number().min(-1);
const harSchema = strict({
  log: strict({
    version: z.literal('1.2'),
    creator: strict({ name: z.string(), version: z.string() }),
    comment: z.string().optional(),
    entries: z.array(
      strict({
        startedDateTime: z.iso.datetime({ offset: true }),
        time: z.number().min(0),
        request: strict({
          method: z.string(),
          url: z.url({ protocol: /^https?$/ }),
          httpVersion: z.string(),
          cookies: z.array(cookie),
          headers: z.array(pair),
          queryString: z.array(pair),
          postData: strict({ mimeType: z.string(), text: z.string() }).optional(),
          headersSize: size,
          bodySize: size,
        }),
        response: strict({
          status: z.number().int(),
          statusText: z.string(),
          httpVersion: z.string(),
          cookies: z.array(cookie),
          headers: z.array(pair),
          content: strict({
            size: z.number().int(),
            mimeType: z.string(),
            text: z.string().optional(),
            encoding: z.literal('base64').optional(),
          }),
          redirectURL: z.string(),
          headersSize: size,
          bodySize: size,
        }),
        cache: z.object({}),
        timings: strict({
          send: z.number().min(0),
          wait: z.number().min(0),
          receive: z.number().min(0),
          dns: ms.optional(),
        }),
      }),
    ),
  }),
});

interface Entry {
  request: Record<string, unknown> & { url: string };
  response: Record<string, unknown>;
  _delivery: Record<string, unknown>;
}

function written(items: ExportItem[], secrets = true): Entry[] {
  const json = JSON.parse([...har.write(items, { secrets })].join('')) as { log: { entries: Entry[] } };
  harSchema.parse(json);
  for (const { time, timings } of json.log.entries as unknown as {
    time: number;
    timings: Record<string, number>;
  }[])
    expect(Object.values(timings).reduce((sum, part) => sum + part)).toBe(time);
  return json.log.entries;
}

const readEntries = (...entries: object[]) =>
  readDeliveries(Buffer.from(JSON.stringify({ log: { version: '1.2', entries } })), 0).deliveries;

describe('HAR that is written', () => {
  it('has the request as it arrived', () => {
    const headers: HeaderPair[] = [
      ['Host', 'x.loca.lt'],
      ['X-Forwarded-Proto', 'https'],
      ['Content-Type', 'application/json'],
      ['cookie', 'a=1; b=x=y'],
    ];
    const [entry] = written([item({ target: '/hook?a=1&b=%20', headers, body: Buffer.from('{"a":"é"}') })]);
    expect(entry!.request).toEqual({
      method: 'POST',
      url: 'https://x.loca.lt/hook?a=1&b=%20',
      httpVersion: 'HTTP/1.1',
      cookies: [
        { name: 'a', value: '1' },
        { name: 'b', value: 'x=y' },
      ],
      headers: headers.map(([name, value]) => ({ name, value })),
      queryString: [
        { name: 'a', value: '1' },
        { name: 'b', value: ' ' },
      ],
      headersSize: -1,
      bodySize: 10,
      postData: { mimeType: 'application/json', text: '{"a":"é"}' },
    });
  });

  it('has a URL whatever Host and target are', () => {
    const url = (host: string | null, target: string) =>
      written([item({ target, headers: host === null ? [] : [['host', host]] })])[0]!.request.url;
    expect(url(null, '/a')).toBe('http://localhost/a');
    expect(url('evil host/"', '/a')).toBe('http://localhost/a');
    expect(url('[::1]:3000', '*')).toBe('http://[::1]:3000/*');
    expect(url('h', 'https://other.test/x?y')).toBe('https://other.test/x?y');
    expect(url('h', '/a"<\xe9>')).toBe('http://h/a%22%3C%E9%3E');
  });

  it('has a body that is not text in _body', () => {
    const [{ request } = { request: {} as Entry['request'] }] = written([
      item({ body: Buffer.from([0xff, 0]) }),
    ]);
    expect(request).toMatchObject({
      bodySize: 2,
      postData: { mimeType: 'application/json', text: '' },
      _body: { encoding: 'base64', text: '/wA=' },
    });
    expect(written([item({ body: Buffer.alloc(0) })])[0]!.request).not.toHaveProperty('postData');
  });

  it("has the app's answer that the sender got", () => {
    const attempts = [
      endedAttempt(answer(500, 'not this one')),
      endedAttempt(answer(201, 'nor a replay', [['x', '1']]), { reason: 'replay' }),
      endedAttempt(
        answer(201, 'made', [
          ['Content-Type', 'text/plain'],
          ['Connection', 'close'],
          ['Set-Cookie', 'sid=hidden; Path=/'],
        ]),
      ),
    ];
    const items = [item({ acknowledgement: acknowledged(201, 'app') }, attempts)];
    expect(written(items)[0]!.response).toEqual({
      status: 201,
      statusText: 'Created',
      httpVersion: 'HTTP/1.1',
      cookies: [{ name: 'sid', value: 'hidden' }],
      headers: [
        { name: 'Content-Type', value: 'text/plain' },
        { name: 'Set-Cookie', value: 'sid=hidden; Path=/' },
      ],
      content: { size: 4, mimeType: 'text/plain', text: 'made' },
      redirectURL: '',
      headersSize: -1,
      bodySize: 4,
    });
    expect(JSON.stringify(written(items, false))).not.toContain('hidden');
  });

  it("has a status only where the answer was this tool's, and none where there was no answer", () => {
    const attempts = [endedAttempt(answer(502, 'app'))];
    const byTool = acknowledged(502, 'tool', { note: 'refused', faults: ['status=502'] });
    expect(written([item({ acknowledgement: byTool }, attempts)])[0]!.response).toMatchObject({
      status: 502,
      content: { size: 0 },
      comment: 'refused; fault: status=502',
    });
    for (const acknowledgement of [null, acknowledged(null, 'nobody')])
      expect(written([item({ acknowledgement })])[0]!.response).toMatchObject({
        status: 0,
        _error: 'the sender was not answered',
      });
  });

  it('says when only the beginning of an answer was kept', () => {
    const attempts = [endedAttempt({ ...answer(200, Buffer.from([0xff]), []), bodySize: 9 })];
    expect(
      written([item({ acknowledgement: acknowledged(200, 'app') }, attempts)])[0]!.response.content,
    ).toEqual({
      size: 9,
      mimeType: 'x-unknown',
      text: '/w==',
      encoding: 'base64',
      comment: 'only the first 1 of 9 bytes were kept',
    });
  });
});

test('any delivery gives HAR that the npm package har-schema, which other tools check with, takes', () => {
  const ajv = new Ajv({ strict: false });
  addFormats.default(ajv);
  // They are in draft 6, of which Ajv would want the meta-schema; what they use is the same since.
  for (const schema of Object.values(published))
    ajv.addSchema({ ...schema, $schema: 'http://json-schema.org/draft-07/schema#' });
  const validate = ajv.getSchema('har.json#')!;
  fc.assert(
    fc.property(anyDelivery, fc.boolean(), (delivery, secrets) => {
      const attempts = [endedAttempt(answer(200, 'ok', [['Content-Type', 'text/plain']]))];
      const acknowledgement = acknowledged(200, 'app', { faults: ['sender.delay=1s'] });
      for (const one of [
        { delivery, attempts: [] },
        { delivery: { ...delivery, acknowledgement }, attempts },
      ]) {
        const text = [...har.write([one], { secrets })].join('');
        expect(validate(JSON.parse(text)), JSON.stringify(validate.errors)).toBe(true);
      }
    }),
    { numRuns: 300 },
  );
});

describe('HAR that others wrote', () => {
  it("reads Chrome's", () => {
    const [read] = readEntries({
      _initiator: { type: 'script' },
      _priority: 'High',
      startedDateTime: '2026-05-06T07:08:09.123Z',
      time: 3.2,
      request: {
        method: 'POST',
        url: 'https://api.test/hook?x=%7B1%7D#top',
        httpVersion: 'http/2.0',
        headers: [
          { name: ':authority', value: 'api.test' },
          { name: ':method', value: 'POST' },
          { name: 'content-type', value: 'application/json' },
        ],
        queryString: [{ name: 'x', value: '%7B1%7D' }],
        cookies: [],
        headersSize: -1,
        bodySize: 7,
        postData: { mimeType: 'application/json', text: '{"a":1}' },
      },
      response: { status: 200, _transferSize: 0, _error: null },
    });
    expect(read).toEqual({
      receivedAt: Date.UTC(2026, 4, 6, 7, 8, 9, 123),
      method: 'POST',
      target: '/hook?x=%7B1%7D',
      httpVersion: '2.0',
      headers: [['content-type', 'application/json']],
      body: Buffer.from('{"a":1}'),
      remoteAddress: '',
      intake: 'complete',
      origin: { id: null, source: null },
      masked: false,
    });
  });

  it("reads Firefox's, forms, base64 and what is no http request", () => {
    const request = { method: 'POST', url: 'http://api.test', headers: [] };
    const startedDateTime = '2026-05-06T09:08:09.123+02:00';
    const read = readEntries(
      {
        startedDateTime,
        request: {
          ...request,
          httpVersion: 'HTTP/2',
          headers: [{ name: 'X-Name', value: '名' }],
          postData: {
            mimeType: 'application/x-www-form-urlencoded',
            params: [{ name: 'a', value: 'b c' }],
            text: 'a=b%20c',
          },
        },
      },
      {
        startedDateTime,
        request: { ...request, postData: { params: [{ name: 'a', value: 'b c' }, { name: 'd' }] } },
      },
      {
        startedDateTime,
        request: { ...request, postData: { mimeType: '', text: '/wA=', encoding: 'base64' } },
      },
      { startedDateTime, request: { ...request, bodySize: 812, postData: null } },
      { startedDateTime, request: { method: 'GET', url: 'data:text/plain,x' } },
      { startedDateTime, request: { method: 'GET', url: 'wss://api.test/' } },
    );
    expect(read.map(({ body }) => Buffer.from(body).toString('latin1'))).toEqual([
      'a=b%20c',
      'a=b+c&d=',
      '\xff\0',
      '',
    ]);
    expect(read.map(({ intake }) => intake)).toEqual(['complete', 'complete', 'complete', 'aborted']);
    expect(read[0]).toMatchObject({
      receivedAt: Date.UTC(2026, 4, 6, 7, 8, 9, 123),
      httpVersion: '2.0',
      target: '/',
    });
    // One character a byte, as Node would have read it.
    expect(read[0]!.headers).toEqual([['X-Name', Buffer.from('名').toString('latin1')]]);
  });
});
