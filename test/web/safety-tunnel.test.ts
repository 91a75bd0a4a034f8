import { request } from 'node:http';
import { expect, test, vi } from 'vitest';
import { readLock } from '../../src/inspector/lock.ts';
import { startCli } from '../support/cli.ts';
import { startLocaltunnelServer } from '../support/localtunnel-server.ts';
import { command } from './support/page.ts';

vi.setConfig({ testTimeout: 60_000 });

test('through the tunnel there is no page and no API, whatever is asked for and shown', async () => {
  const server = await startLocaltunnelServer();
  const tool = startCli(['--tunnel-host', server.url, '--ack', '202']);
  const { inspectorUrl } = await tool.ready;
  const { url } = (await tool.waitFor('tunnel', ({ state }) => state === 'open')) as unknown as {
    url: string;
  };
  const { token, apiUrl } = readLock(tool.dataDir)!;
  const inspector = new URL(apiUrl).host;
  const link = new URL(inspectorUrl!).pathname;
  const cookie = `reducto-webhook-dev-${new URL(apiUrl).port}=x`;

  /** Asks at the public end, where the tunnel's server knows whose request it is by the host. */
  const ask = (method: string, path: string, headers: Record<string, string>): Promise<string> => {
    const { host, port } = new URL(url);
    const asked = { host: '127.0.0.1', port, path, method, agent: false, headers: { host, ...headers } };
    return new Promise((resolve, reject) => {
      const sent = request(asked, async (response) => {
        const body = Buffer.concat(await response.toArray()).toString();
        const { statusCode, headers } = response;
        resolve([statusCode, headers['set-cookie'] ?? 'no cookie', body].join(' '));
      });
      sent.on('upgrade', (response, socket) => {
        socket.destroy();
        resolve(`${response.statusCode} upgraded`);
      });
      sent.on('error', reject).end();
    });
  };

  const shown = { authorization: `Bearer ${token}`, cookie };
  const asked: [method: string, path: string, headers?: Record<string, string>][] = [
    ['GET', '/'],
    ['GET', '/index.html'],
    ['GET', '/d/1'],
    ['GET', link],
    ['POST', '/login'],
    ['GET', '/api/status'],
    ['GET', '/api/deliveries'],
    ['GET', '/api/openapi.json'],
    ['POST', '/api/commands/list'],
    ['GET', '/api/status', { 'x-forwarded-host': inspector, forwarded: `host=${inspector}` }],
    ['GET', `http://${inspector}/api/status`],
    ['GET', `//${inspector}/api/status`],
  ];
  for (const [method, path, headers] of asked) {
    const answer = await ask(method, path, { ...shown, ...headers });
    // To the receiver each is a delivery like any other.
    expect([path, answer]).toEqual([path, '202 no cookie {}']);
  }
  const upgrade = { connection: 'Upgrade', upgrade: 'websocket', 'sec-websocket-version': '13' };
  const key = { 'sec-websocket-key': 'AAAAAAAAAAAAAAAAAAAAAA==' };
  const answer = await ask('GET', '/api/events', { ...shown, ...upgrade, ...key }).catch(() => 'refused');
  expect(answer).not.toMatch(/upgraded|epoch/);

  const { deliveries } = await command(tool, 'list', { filter: 'source:tunnel', from: 'oldest' });
  expect(deliveries.length).toBeGreaterThanOrEqual(asked.length);
  // The link was not used up by who saw its path.
  expect((await fetch(inspectorUrl!, { redirect: 'manual' })).headers.get('set-cookie')).toMatch(/HttpOnly/);
});
