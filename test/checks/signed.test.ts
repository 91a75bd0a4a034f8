import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import { runChecks } from '../../src/checks/index.ts';
import { parseEndpoint } from '../../src/core/endpoint.ts';
import { onCleanup, tempDir } from '../support/cleanup.ts';
import { svixSecret } from './zoo/zoo.ts';

/**
 * Checks a handler that takes what its guard lets in once for each job, and is broken by what is no JSON.
 * @returns what became of each check
 */
async function checked(guard: (headers: IncomingHttpHeaders) => boolean, only: string[]): Promise<string[]> {
  const jobs = new Set<string>();
  const server = createServer(async (request, response) => {
    if (request.url === '/state') return response.end(JSON.stringify([...jobs]));
    const body = await text(request);
    try {
      if (guard(request.headers)) jobs.add(JSON.parse(body).job_id);
      else response.statusCode = 401;
    } catch {
      response.statusCode = 500;
    }
    response.end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onCleanup(() => void server.close().closeAllConnections());
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const { results } = await runChecks({
    endpoint: parseEndpoint(`${origin}/webhook`),
    dataDir: tempDir(),
    effectsUrls: [`${origin}/state`],
    emulatorPort: 0,
    svixSecret,
    only,
  });
  return results.map(({ id, verdict }) => `${id}: ${verdict.outcome}`);
}

test('a handler that trusts the JSON of whoever signs is not accused of what only a stranger sends', async () => {
  const signed = (headers: IncomingHttpHeaders): boolean => headers['svix-signature'] !== undefined;
  expect(await checked(signed, ['malformed-json', 'empty-body'])).toEqual([
    'once: passed',
    'malformed-json: passed',
    'empty-body: passed',
  ]);
});

test('plain deliveries are signed as they are sent: a strict clock refuses none of them, nor their retries', async () => {
  const recent = ({ 'svix-timestamp': at }: IncomingHttpHeaders): boolean =>
    Math.abs(Date.now() / 1000 - Number(at) - 15) <= 15; // none ahead, and none older than half a minute
  const ids = ['duplicate-sequential', 'retry-after-lost-ack', 'svix-id-new-timestamp'];
  expect(await checked(recent, [...ids, 'svix-tolerated-timestamp'])).toEqual([
    'once: passed',
    ...ids.slice(0, 2).map((id) => `${id}: passed`),
    'svix-tolerated-timestamp: failed',
    'svix-id-new-timestamp: passed',
  ]);
});
