import { connect } from 'node:net';
import { describe, expect, test } from 'vitest';
import { startApp } from '../support/app.ts';
import { expectPublished, type RecordedRequest, recordedRequests } from './schema.ts';
import { startEmulator } from './support.ts';

const recordedJob = '204a39e4-dd10-4c83-a978-0cee4af8cde2';

/** Sends a request as it was recorded, header by header and byte by byte, but for host and length. */
function send(
  port: number,
  { method, path, headers, body }: RecordedRequest,
): Promise<{ status: number; json: unknown }> {
  const lines = Object.entries(headers)
    .filter(([name]) => !/^(host|content-length|connection|accept-encoding)$/i.test(name))
    .map(([name, value]) => `${name}: ${value}`);
  const length = method === 'POST' ? [`Content-Length: ${Buffer.byteLength(body)}`] : [];
  const head = [
    `${method} ${path} HTTP/1.1`,
    `Host: 127.0.0.1:${port}`,
    ...lines,
    ...length,
    'Connection: close',
  ];
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(`${head.join('\r\n')}\r\n\r\n${body}`));
    let answer = '';
    socket.on('data', (chunk) => {
      answer += chunk;
    });
    socket.on('error', reject);
    socket.on('end', () => {
      const [top = '', text = ''] = answer.split('\r\n\r\n');
      resolve({ status: Number(top.split(' ')[1]), json: JSON.parse(text) });
    });
  });
}

/** The operation of the published schema that a recorded path is one of. */
const operationOf = ({ method, path }: RecordedRequest): string =>
  `${method} ${path.replace(/\?.*/, '').replace(/^\/(job|cancel)\/.*/, '/$1/{job_id}')}`;

const expectedStatus = ({ label }: RecordedRequest): number =>
  /404|401|slash|trailing|baseURL/.test(label) ? 404 : 200;

describe('every request that the official SDKs were recorded to send', () => {
  test.each(recordedRequests.map((request) => [`${request.sdk}: ${request.label}`, request] as const))(
    '%s',
    async (_, request) => {
      const app = await startApp();
      const { emulator, url } = await startEmulator();
      await emulator.createJob({ id: recordedJob });
      // The recorded webhook URLs are on the internet.
      const local = { ...request, body: request.body.replaceAll('https://your-app.com', app.url) };
      const { status, json } = await send(Number(new URL(url).port), local);
      expect([status, status === 404 ? json : null]).toEqual([
        expectedStatus(request),
        status === 404 ? { detail: expect.stringMatching(/not found/i) } : null,
      ]);
      if (status !== 200) return;
      expectPublished(operationOf(request), json);
      if (local.body.includes('/webhook')) {
        const [webhook] = await app.received(1);
        const { metadata } = JSON.parse(webhook!.body.toString());
        const { async, webhook: flat } = JSON.parse(local.body);
        expect(metadata).toEqual((async ?? flat).metadata);
      }
    },
  );

  test('the legacy shape too, which the Go SDK sends', async () => {
    const app = await startApp();
    const { call } = await startEmulator();
    const webhook = { mode: 'direct', url: app.url, metadata: { a: 1 } };
    const bodies = {
      parse: {},
      extract: {
        schema: { type: 'object', properties: { total: { type: 'integer' } } },
        generate_citations: true,
      },
      split: { split_description: [{ name: 'a', description: 'b' }], deep_split: true },
      pipeline: { pipeline_id: 'p' },
    };
    for (const [name, own] of Object.entries(bodies)) {
      const body = { document_url: 'https://example.com/a.pdf', webhook, ...own };
      const { status, json } = await call('POST', `/${name}_async`, body);
      expect(status).toBe(200);
      const requests = await app.received(app.requests.length + 1);
      const { job_id } = json as { job_id: string };
      expect(JSON.parse(requests.at(-1)!.body.toString())).toEqual({
        status: 'Completed',
        job_id,
        metadata: { a: 1 },
      });
      const job = await call('GET', `/job/${job_id}`);
      expectPublished('GET /job/{job_id}', job.json);
      if (name === 'extract')
        expect(job.json).toMatchObject({
          result: { result: [{ total: expect.any(Number) }], citations: [{ total: [{ type: 'Text' }] }] },
        });
    }
  });
});
