import { expect, test } from 'vitest';
import { withFullResult } from '../../../src/runtime/reducto/full-result.ts';
import { startApp } from '../../support/app.ts';

const job = (url: string) => ({ job_id: 'j', result: { result: { type: 'url', url }, usage: 1 } });

test('a result that comes by URL takes the place of it', async () => {
  const app = await startApp({ body: '{"chunks":[]}' });
  expect(await withFullResult(job(app.url), 1000)).toEqual({
    job_id: 'j',
    result: { result: { chunks: [] }, usage: 1 },
  });
});

test('one without end is not read to its end', async () => {
  const chunks = Array.from({ length: 50 }, () => Buffer.alloc(1024, 'x'));
  const app = await startApp({ chunks });
  await expect(withFullResult(job(app.url), 10 * 1024)).rejects.toMatchObject({
    code: 'result',
    message: expect.stringMatching(/it is over 10 KB.*--short/),
  });
});

test.each([
  ['no JSON', { body: 'oops' }, /JSON/],
  ['not there', { status: 404 }, /status 404/],
])('%s is said', async (_what, answer, message) => {
  const app = await startApp(answer);
  await expect(withFullResult(job(app.url))).rejects.toThrow(message);
});
