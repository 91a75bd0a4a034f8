import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { expect, test } from 'vitest';
import { Access } from '../../src/inspector/access.ts';
import { LocalApi } from '../../src/inspector/local-api.ts';
import type { CommandId } from '../../src/runtime/commands/index.ts';
import { execute } from '../../src/runtime/execute.ts';
import { startBench } from '../runtime/commands/context.ts';
import { onCleanup, tempDir } from '../support/cleanup.ts';
import { waitFor } from '../support/wait.ts';

/** The API before a history, and what it has every screen told. */
async function serve() {
  const bench = startBench();
  const api = new LocalApi(new Access({ dataDir: tempDir() }));
  const url = await api.listen();
  onCleanup(() => api.close());
  const told: string[] = [];
  const running = new Set<Promise<unknown>>();
  api.serve({
    status: () => ({}),
    run(id, args, caller) {
      const run = execute(bench.context, id as CommandId, args, caller);
      running.add(run);
      const ended = (): void => void running.delete(run);
      run.then(ended, ended);
      return run;
    },
    tell: (_, message) => told.push(message),
  });
  const authorization = `Bearer ${api.token}`;
  return {
    ...{ bench, told, running },
    fetch: (query: string) => fetch(`${url}/api/export?${query}`, { headers: { authorization } }),
    /** A download of which nothing is read yet. */
    async begin(query: string, headers = {}): Promise<IncomingMessage> {
      const asked = get(`${url}/api/export?${query}`, { headers: { authorization, ...headers } });
      const [response] = (await once(asked, 'response')) as [IncomingMessage];
      onCleanup(() => void response.destroy());
      return response;
    },
  };
}

const secret = '{"status":"Completed","job_id":"job-1","metadata":{"secret":"s3cret"}}';

test('what was asked for is a download of a neutral type, named, its secrets masked unless asked for', async () => {
  const { bench, fetch } = await serve();
  for (const body of [secret, '{"status":"Failed","job_id":"job-2"}', secret]) await bench.add(body);

  const all = await fetch('');
  expect(all.headers.get('content-disposition')).toBe('attachment; filename=deliveries.ndjson');
  expect(all.headers.get('content-type')).toBe('application/octet-stream');
  expect(all.headers.get('x-content-type-options')).toBe('nosniff');
  const lines = (await all.text()).trimEnd().split('\n');
  expect(lines).toHaveLength(3);
  expect(lines.join()).not.toContain('s3cret');

  expect(await (await fetch('secrets=true')).text()).toContain('s3cret');
  const har = await fetch(`format=har&filter=status:failed&file=${encodeURIComponent('../ü "x".har')}`);
  expect(har.headers.get('content-disposition')).toMatch(
    /^attachment; filename="\? \\"x\\".har"; filename\*=/,
  );
  expect(await har.json()).toMatchObject({ log: { entries: [{ request: { method: 'POST' } }] } });
  expect((await (await fetch('id=3,1')).text()).trimEnd().split('\n')).toHaveLength(2);
  // None is a whole file too.
  expect(await (await fetch('format=har&filter=code:500')).json()).toMatchObject({ log: { entries: [] } });
});

test('a scrubbed one says to every screen what was replaced, and what it is signed with', async () => {
  const { bench, fetch, told } = await serve();
  await bench.add(
    '{"status":"Completed","job_id":"job-1","metadata":{"secret":"s3cret","user":"Lovelace","kind":"invoice"}}',
  );
  const text = await (
    await fetch('scrub=true&scrubKeep=metadata.kind&scrubPath=status&scrubPath=path:')
  ).text();
  expect(text).not.toMatch(/Lovelace|s3cret|Completed|webhook\?/);
  expect(text).toContain('invoice');
  await waitFor(() => told.length === 1);
  expect(told).toEqual([
    expect.stringMatching(/^deliveries\.ndjson: Scrubbed: .*metadata\.user \(1\).*stand-in-secret/),
  ]);
});

test('a link can name ten thousand that are marked', async () => {
  const { bench, fetch } = await serve();
  await bench.add(secret);
  const answer = await fetch(`id=${Array(10_000).fill('1').join(',')}`);
  expect(answer.status).toBe(200);
  expect((await answer.text()).split('\n')).toHaveLength(10_001);
});

test.each([
  ['format=pdf', 400, 'format'],
  ['filter=status:(', 400, ''],
  ['secrets=perhaps', 400, 'secrets'],
  ['scrub=perhaps', 400, 'scrub'],
  ['scrubPath=a..b', 400, 'a..b'],
  ['scrub=true&secrets=true', 400, 'no secrets'],
  ['id=9', 404, '9'],
  ['id=1&id=2', 400, 'id'],
  ['format=har&format=curl', 400, 'format'],
  ['force=true', 400, 'force'],
  ['nonsense=1', 400, 'nonsense'],
])('what is wrong with %s is answered', async (query, status, named) => {
  const { fetch, told } = await serve();
  const answer = await fetch(query);
  const { error } = (await answer.json()) as { error: { message: string } };
  expect([answer.status, error.message]).toEqual([status, expect.stringContaining(named)]);
  expect(told).toEqual([]);
});

test('a page that follows a link to what can not be had is told why', async () => {
  const { begin, told } = await serve();
  const { statusCode } = await begin('id=9&file=x.har', { 'sec-fetch-mode': 'navigate' });
  expect(statusCode).toBe(404);
  expect(told).toEqual([expect.stringMatching(/^x\.har .*9/)]);
});

test('one that fails on its way breaks off, and is told', async () => {
  const { bench, fetch, told } = await serve();
  for (let i = 0; i < 5; i++) await bench.add(secret);
  const { store } = bench.context;
  const attempts = store.attempts.bind(store);
  store.attempts = (seq) => {
    if (seq === 4) throw new Error('the disk is gone');
    return attempts(seq);
  };
  const answer = await fetch('');
  expect(answer.status).toBe(200);
  await expect(answer.text()).rejects.toThrow();
  await waitFor(() => told.length === 1);
  expect(told).toEqual([expect.stringMatching(/deliveries\.ndjson .*not whole: the disk is gone/)]);
});

test('what is damaged in the history is left out, and told', async () => {
  const { bench, fetch, told } = await serve();
  for (let i = 0; i < 2; i++) await bench.add(secret);
  const { store } = bench.context;
  const delivery = store.delivery.bind(store);
  store.delivery = (seq) => {
    const found = delivery(seq)!;
    return seq === 1 ? { ...found, broken: true, damage: ['its body'] } : found;
  };
  expect((await (await fetch('')).text()).trimEnd().split('\n')).toHaveLength(1);
  await waitFor(() => told.length === 1);
  expect(told).toEqual([expect.stringContaining('left out: #1')]);
});

test('it is as long as it must be, and read no faster than it is taken; who goes away ends it', {
  timeout: 60_000,
}, async () => {
  const { bench, begin, told, running } = await serve();
  const body = new Uint8Array(12 * 1024 * 1024).fill(255);
  for (let i = 0; i < 5; i++) await bench.add(body);
  const { store } = bench.context;
  const delivery = store.delivery.bind(store);
  let read = 0;
  store.delivery = (seq) => {
    read += 1;
    return delivery(seq);
  };

  const slow = await begin('format=ndjson');
  await waitFor(() => read > 0);
  let length = 0;
  let end = '';
  for await (const chunk of slow) {
    // What is read ahead fits into the sockets' own buffers.
    expect(read).toBeLessThanOrEqual(Math.floor(length / 16e6) + 2);
    length += (chunk as Buffer).length;
    end = String(chunk).slice(-2);
  }
  expect([length > 64 * 1024 * 1024, end, read]).toEqual([true, '}\n', 5]);

  read = 0;
  const gone = await begin('format=ndjson');
  gone.destroy();
  await waitFor(() => running.size === 0);
  expect([read < 5, told]).toEqual([true, []]);
});
