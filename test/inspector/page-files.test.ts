import { mkdirSync, writeFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { join } from 'node:path';
import express from 'express';
import { describe, expect, test } from 'vitest';
import { Access } from '../../src/inspector/access.ts';
import { LocalApi } from '../../src/inspector/local-api.ts';
import { pageFiles } from '../../src/inspector/page-files.ts';
import { secureHeaders } from '../../src/inspector/secure-headers.ts';
import { exchange } from '../receiver/raw-client.ts';
import { onCleanup, tempDir } from '../support/cleanup.ts';

/** A built page with a secret beside it. */
async function serve() {
  const root = tempDir();
  writeFileSync(join(root, 'secret.txt'), 'top secret');
  const dir = join(root, 'web');
  mkdirSync(join(dir, 'assets'), { recursive: true });
  writeFileSync(join(dir, 'index.html'), '<title>page</title>');
  writeFileSync(join(dir, 'assets/main-1a2b.js'), 'run()');
  writeFileSync(join(dir, '.hidden'), 'top secret');
  const app = express();
  app.use(pageFiles(dir), (_request, response) => void response.status(404).end('nothing'));
  // biome-ignore format: four parameters make it express's handler of errors
  app.use((error: { status?: number }, _request: IncomingMessage, response: express.Response, _next: unknown) => void response.status(error.status ?? 500).end());
  const server = app.listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  onCleanup(() => server.close());
  const { port } = server.address() as { port: number };
  return (path: string, method = 'GET') =>
    exchange(port, [`${method} ${path} HTTP/1.1`, 'Host: x', 'Connection: close', 'Content-Length: 0']);
}

describe('the page', () => {
  test('is what every path of it shows', async () => {
    const get = await serve();
    for (const path of ['/', '/d/12', '/d/12/attempts/2', '/?filter=path:*.js', '/%C3%BC']) {
      const answer = await get(path);
      expect([path, answer.status, answer.body.toString()]).toEqual([path, 200, '<title>page</title>']);
      expect(answer.header('cache-control')).toBe('no-cache');
      expect(answer.header('content-type')).toBe('text/html; charset=utf-8');
    }
  });

  test('has files that never change under their name, and none that it has not', async () => {
    const get = await serve();
    const script = await get('/assets/main-1a2b.js');
    expect([script.status, script.body.toString()]).toEqual([200, 'run()']);
    expect(script.header('cache-control')).toMatch(/immutable/);
    expect(script.header('content-type')).toMatch(/javascript/);
    for (const path of [
      '/assets/main-0000.js',
      '/assets/none',
      '/assets/',
      '/assets',
      '/favicon.ico',
      '/.hidden',
    ])
      expect([path, (await get(path)).status]).toEqual([path, 404]);
  });

  test('answers HEAD without a body, and takes nothing', async () => {
    const get = await serve();
    const head = await get('/', 'HEAD');
    expect([head.status, head.body.length]).toEqual([200, 0]);
    for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS'])
      expect([method, (await get('/', method)).status]).toEqual([method, 404]);
  });

  test.each([
    '/../secret.txt',
    '/assets/../../secret.txt',
    '/..%2fsecret.txt',
    '/%2e%2e/secret.txt',
    '/%2e%2e%2fsecret.txt',
    '/..%5csecret.txt',
    '/..\\secret.txt',
    '//../secret.txt',
    '/assets/..%2f..%2fsecret.txt',
    '/%2e%2e/%2e%2e/%2e%2e/%2e%2e/etc/passwd',
    '/secret.txt%00.js',
    '/%',
    '/%E0%A4%A',
    '/.hidden',
    '/%2ehidden',
  ])('has no way to what lies beside it: %s', async (path) => {
    const get = await serve();
    const { status, body } = await get(path);
    // The page itself, which is no secret, or nothing.
    if (status === 200) expect(body.toString()).toBe('<title>page</title>');
    else expect([400, 403, 404]).toContain(status);
    expect(body.toString()).not.toMatch(/secret|root:/);
  });
});

test('everything that the server says has the headers of a closed page', async () => {
  const api = new LocalApi(new Access({ dataDir: tempDir() }), { port: 0, page: true });
  await api.listen();
  onCleanup(() => api.close());
  api.serve({ status: () => ({}), run: async () => ({}) });
  const port = Number(new URL(api.url).port);
  const link = new URL(api.link!).pathname;
  const ask = (line: string, host = `127.0.0.1:${port}`, authorization = `Bearer ${api.token}`) =>
    exchange(port, [
      `${line} HTTP/1.1`,
      `Host: ${host}`,
      `Authorization: ${authorization}`,
      'Content-Length: 0',
    ]);
  const answers = await Promise.all([
    ask('GET /'),
    ask('GET /assets/none.js'),
    ask('GET /%E0%A4%A'),
    ask('GET /open/none'),
    ask('GET /open/%E0%A4%A'),
    ask(`GET ${link}`),
    ask('POST /login'),
    ask('PUT /'),
    ask('GET /api/status'),
    ask('GET /api/status', 'evil.test'),
    ask('GET /', 'evil.test'),
    ask('GET /api/status', undefined, 'wrong'),
    ask('GET /api/nothing'),
    ask('POST /api/commands/list'),
    ask(`GET http://127.0.0.1:${port}/`),
  ]);
  for (const answer of answers)
    for (const [name, value] of Object.entries(secureHeaders)) expect(answer.header(name)).toBe(value);
  expect(answers.map(({ status }) => status)).not.toContain(500);
  const policy = secureHeaders['content-security-policy']!;
  expect(policy).toMatch(/default-src 'none'.*frame-ancestors 'none'/);
  expect(policy).not.toMatch(/unsafe|\*|http:/);
});
