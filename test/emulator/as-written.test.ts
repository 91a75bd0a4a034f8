import { expect, test } from 'vitest';
import { startApp } from '../support/app.ts';
import { waitFor } from '../support/wait.ts';
import { startEmulator } from './support.ts';

// What JavaScript's own values would change: digits, zeros, the order of keys, keys that objects have already.
const metadata =
  '{"order":9007199254740993,"amount":10.0,"e":1E2,"2":"b","1":"a","__proto__":{"x":-0.0},"text":"é /"}';
const spaced = metadata.replaceAll(',"', ' ,\n  "').replace('é /', '\\u00e9 \\/');

test.for([
  [
    'V3',
    '/parse_async',
    (url: string) =>
      `{"input":"https://a.b/c.pdf","async":{"webhook":{"mode":"direct","url":"${url}"}, "metadata" : ${spaced}}}`,
  ],
  [
    'edit',
    '/edit_async',
    (url: string) =>
      `{"document_url":"https://a.b/c.pdf","edit_instructions":"x","webhook":{"mode":"direct","metadata":${spaced},"url":"${url}"}}`,
  ],
  [
    'V2',
    '/parse_async',
    (url: string) =>
      `{"document_url":"https://a.b/c.pdf","webhook":{"metadata":${spaced},"mode":"direct","url":"${url}"}}`,
  ],
] as const)(
  'metadata reaches the handler as it was written, also after a restart: %s',
  async ([, path, body]) => {
    const app = await startApp(() => ({ status: 200 }));
    const { url, idle, close, dataDir } = await startEmulator({ settings: { jobTime: '0ms' } });
    const submitted = await fetch(url + path, {
      method: 'POST',
      headers: { authorization: 'Bearer key', 'content-type': 'application/json' },
      body: body(`${app.url}/hook`),
    });
    const { job_id: id } = (await submitted.json()) as { job_id: string };
    const expected = `{"status":"Completed","job_id":"${id}","metadata":${metadata}}`;
    await waitFor(() => app.requests.length === 1);
    expect(app.requests[0]!.body.toString()).toBe(expected);
    await idle();
    await close();

    const again = await startEmulator({ dataDir });
    expect(again.store.jobs.get(id)!.metadata).toEqual({ text: metadata });
    const shown = await again.call('GET', `/job/${id}`);
    expect((shown.json as { raw_config: string }).raw_config).toContain(metadata);
  },
);
