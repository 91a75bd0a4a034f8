import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test, vi } from 'vitest';
import { type CheckOptions, type Report, runChecks } from '../../src/checks/index.ts';
import { parseEndpoint } from '../../src/core/endpoint.ts';
import { openStore } from '../../src/store/sqlite-store.ts';
import { onCleanup, tempDir } from '../support/cleanup.ts';
import { type Handler, idempotent, notIdempotent, racing, startHandler } from './handler.ts';

vi.setConfig({ testTimeout: 120_000 });

const run = (handler: Handler, options: Partial<CheckOptions> = {}): Promise<Report> =>
  runChecks({
    endpoint: parseEndpoint(handler.url),
    dataDir: tempDir(),
    effectsUrls: [handler.stateUrl],
    emulatorPort: 0,
    ...options,
  });

const outcomesOf = ({ results }: Report): Record<string, string> =>
  Object.fromEntries(results.map(({ id, verdict }) => [id, verdict.outcome]));

test('what was sent is in the store like any other delivery, with its attempts', async () => {
  const handler = await startHandler(notIdempotent);
  const dataDir = tempDir();
  const { results } = await run(handler, { dataDir, only: ['duplicate-concurrent'] });
  const { sent, verdict } = results.find(({ id }) => id === 'duplicate-concurrent')!;
  expect(verdict).toMatchObject({ outcome: 'failed', observed: expect.stringMatching(/8 times the effect/) });
  const store = openStore(dataDir);
  onCleanup(() => store.close());
  const { seq, id, jobId } = sent[0]!;
  expect(store.delivery(seq)).toMatchObject({
    id,
    source: 'check',
    recognition: { kind: 'reducto', jobId },
  });
  expect(store.attempts(seq).map(({ reason }) => reason)).toEqual(Array(8).fill('check'));
});

test('without a probe duplicates are not judged, and answers are', async () => {
  const handler = await startHandler(({ metadata }, _state) => (metadata?.secret === 's3cret' ? 200 : 500));
  const report = await run(handler, {
    effectsUrls: [],
    secret: 's3cret',
    only: ['duplicate*', 'wrong-secret', 'burst'],
  });
  expect(outcomesOf(report)).toEqual({
    once: 'not judged',
    'duplicate-sequential': 'not judged',
    'duplicate-concurrent': 'not judged',
    'wrong-secret': 'failed',
    burst: 'not judged',
  });
  expect(report.exitCode).toBe(1);
});

test('a race is found by copies at the same instant, not by those one after another', async () => {
  const report = await run(await startHandler(racing), { only: ['duplicate*'] });
  expect(outcomesOf(report)).toEqual({
    once: 'passed',
    'duplicate-sequential': 'passed',
    'duplicate-concurrent': 'failed',
  });
});

test('when the plain delivery has no effect, nothing that builds on it is judged', async () => {
  const report = await run(await startHandler(() => 200), {
    effectMs: 300,
    only: ['duplicate*', 'malformed-json'],
  });
  expect(outcomesOf(report)).toEqual({
    once: 'failed',
    'duplicate-sequential': 'not judged',
    'duplicate-concurrent': 'not judged',
    'malformed-json': 'not judged',
  });
});

test('a secret does not get into the report', async () => {
  const show = (handler: Handler): string => JSON.stringify(handler.state.rows);
  const handler: Handler = await startHandler(
    (payload, state) => {
      state.add({ ...payload, status: `secret ${payload.metadata?.secret}` });
      return 200;
    },
    () => show(handler),
  );
  const report = await run(handler, { secret: 'hush-hush', only: ['duplicate-sequential'] });
  expect(JSON.stringify(report.results)).toMatch(/secret ••••••/);
  expect(JSON.stringify(report)).not.toContain('hush-hush');
});

test('a probe that moves by itself ends the run before any check, and shows what moved', async () => {
  let asked = 0;
  const handler = await startHandler(idempotent, () => JSON.stringify({ asked: ++asked }));
  await expect(run(handler)).rejects.toMatchObject({
    code: 'probe',
    exitCode: 3,
    message: expect.stringMatching(/not stable[\s\S]*asked \(by 1\)/),
  });
  expect(handler.state.rows).toEqual([]);
});

test('what moves by itself can be ignored', async () => {
  let asked = 0;
  const handler = await startHandler(idempotent, ({ rows }) =>
    JSON.stringify({ asked: ++asked, rows: rows.length }),
  );
  const report = await run(handler, { effectsIgnore: [/asked/gi], only: ['duplicate-sequential'] });
  expect(outcomesOf(report)).toEqual({ once: 'passed', 'duplicate-sequential': 'passed' });
});

test('an app that goes down fails the check that did it, and nothing is judged after that', async () => {
  const server = createServer((request, response) => {
    request.on('data', (chunk: Buffer) => {
      if (!chunk.toString().includes('"metadata":null')) return;
      server.close();
      server.closeAllConnections();
    });
    request.on('end', () => response.end('{}'));
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  onCleanup(() => server.close());
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/webhook`;
  const handler = { url, stateUrl: '', state: { rows: [], add: () => undefined } };
  const report = await run(handler, { effectsUrls: [], only: ['metadata-null', 'metadata-array', 'burst'] });
  const verdicts = report.results.map(({ id, verdict }) => [
    id,
    'reason' in verdict ? verdict.reason : verdict.outcome,
  ]);
  expect(verdicts).toEqual([
    ['once', expect.stringMatching(/there is no effect probe/)],
    ['metadata-null', 'failed'],
    ['metadata-array', 'the app went down during metadata-null'],
    ['burst', 'the app went down during metadata-null'],
  ]);
});

test('names of checks are known, or it is an error; a beginning with * names several', async () => {
  const handler = await startHandler(idempotent);
  await expect(run(handler, { only: ['dupes'] })).rejects.toMatchObject({ exitCode: 2 });
  const report = await run(handler, { only: ['metadata-*'], skip: ['metadata-large', 'metadata-array'] });
  expect(Object.keys(outcomesOf(report))).toEqual(['once', 'metadata-absent', 'metadata-null']);
});

test('--bail stops at the first error', async () => {
  const report = await run(await startHandler(notIdempotent), { only: ['duplicate*', 'burst'], bail: true });
  expect(outcomesOf(report)).toEqual({ once: 'passed', 'duplicate-sequential': 'failed' });
});

test('a copy that has its effect only after its check has passed makes it fail at the end', async () => {
  const waiting: (() => void)[] = [];
  let requests = 0;
  const handler = await startHandler((payload, state) => {
    requests += 1;
    if (state.rows.some(({ jobId }) => jobId === payload.job_id)) waiting.push(() => state.add(payload));
    else state.add(payload);
    // A queue that takes up what it has put aside when there is nothing else: here, with the last check.
    if (requests === 10) for (const work of waiting.splice(0)) work();
    return 200;
  });
  const report = await run(handler, {
    only: ['duplicate-sequential', 'late-duplicate', 'keep-alive'],
    lateMs: 0,
  });
  const [, sequential] = report.results;
  expect(sequential).toMatchObject({
    id: 'duplicate-sequential',
    verdict: { outcome: 'failed', summary: expect.stringMatching(/came again: job .*: 3 times the effect/) },
    sent: [{ attempts: [{}, {}, {}] }],
  });
  expect(report.exitCode).toBe(1);
});

test.each<[string, string, (status: string) => string]>([
  // What is shown of a job, by its status; a completed one has 3 pages.
  ['failed', 'the word of a completed one, with 0 beside it', () => 'completed'],
  ['failed', 'the same word, with nothing beside it', () => 'done'],
  [
    'passed',
    'a word for a failure, where success has none',
    (status) => (status === 'Failed' ? 'failed' : ''),
  ],
  ['passed', 'another word', (status) => (status === 'Failed' ? 'failed' : 'completed')],
  ['passed', 'the same word, and an error beside it', (status) => `done ${status === 'Failed' ? 'E42' : ''}`],
])('failed-status is %s when a failed job is recorded with %s', async (outcome, name, word) => {
  const pages = (status: string): string =>
    status !== 'Failed' ? '3' : name.includes('nothing') ? 'null' : '0';
  const handler = await startHandler(idempotent, ({ rows }) =>
    rows.map(({ jobId, status }) => `${jobId}|${word(status)}|${pages(status)}\n`).join(''),
  );
  const report = await run(handler, { only: ['failed-status'] });
  expect(outcomesOf(report)['failed-status']).toBe(outcome);
});
