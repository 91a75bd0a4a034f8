import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import { runChecks } from '../../src/checks/index.ts';
import { parseEndpoint } from '../../src/core/endpoint.ts';
import { onCleanup, tempDir } from '../support/cleanup.ts';
import { svixSecret } from './zoo/zoo.ts';

test('a handler that trusts the JSON of whoever signs is not accused of what only a stranger sends', async () => {
  const jobs = new Set<string>();
  const server = createServer(async (request, response) => {
    if (request.url === '/state') return response.end(JSON.stringify([...jobs]));
    const body = await text(request);
    try {
      if (request.headers['svix-signature'] === undefined) response.statusCode = 401;
      else jobs.add(JSON.parse(body).job_id);
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
    only: ['malformed-json', 'empty-body'],
  });
  expect(results.map(({ id, verdict }) => `${id}: ${verdict.outcome}`)).toEqual([
    'once: passed',
    'malformed-json: passed',
    'empty-body: passed',
  ]);
});
