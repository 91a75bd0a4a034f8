import { expect, test } from 'vitest';
import { strandedJobs, urlChangedMessage } from '../../src/runtime/stranded-jobs.ts';
import { openStore } from '../../src/store/sqlite-store.ts';
import { onCleanup, tempDir } from '../support/cleanup.ts';
import { start } from './start.ts';

test('are those of the emulator that are under way, and those that somebody waits for', async () => {
  const dataDir = tempDir();
  const runtime = await start({ dataDir, emulator: { port: 0, settings: { jobTime: '1h' } } });
  const submit = async (webhook: object): Promise<string> => {
    const response = await fetch(`${runtime.status().emulator!.url}/parse_async`, {
      method: 'POST',
      headers: { authorization: 'Bearer key', 'content-type': 'application/json' },
      body: JSON.stringify({ input: 'https://example.com/a.pdf', async: { webhook } }),
    });
    return ((await response.json()) as { job_id: string }).job_id;
  };
  const old = await submit({ mode: 'direct', url: 'https://old.example/webhook' });
  await submit({ mode: 'direct', url: 'https://other.example/webhook' });
  await submit({ mode: 'direct', url: 'https://old.example.com/webhook' });
  await submit({ mode: 'svix' });
  await runtime.run('trigger', { event: 'parse.completed', jobId: 'arrived' });
  await runtime.close();

  const store = openStore(dataDir);
  onCleanup(() => store.close());
  expect(strandedJobs(store, ['waited-for', 'arrived', old], 'https://old.example')).toEqual([
    'waited-for',
    old,
  ]);
});

test('how it is said', () => {
  const say = (count: number): string =>
    urlChangedMessage(
      'https://a',
      'https://b',
      Array.from({ length: count }, (_, i) => `job-${i}`),
    );
  expect(say(0)).toBe(
    "The public URL changed from https://a to https://b: jobs submitted with the old one can't reach you.",
  );
  expect(say(1)).toMatch(/: this job still points to the old one: job-0\. Read results with/);
  expect(say(2)).toMatch(/: these jobs still point to the old one: job-0, job-1\. /);
  expect(say(25)).toMatch(/job-19 and 5 more\. /);
  expect(urlChangedMessage('https://a', 'https://b', ['\u001b[2J'])).not.toContain('\u001b');
});
