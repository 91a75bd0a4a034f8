import { mkdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startEgress } from '../../../src/checks/effects/egress.ts';
import { onCleanup, tempDir } from '../../support/cleanup.ts';

/**
 * A stand-in for mockttp, which brings 43 MB: of its ways only that it makes a server which listens on every interface,
 * and what it tells of requests. What passes through the real one is for whoever has it installed.
 */
const standIn = `
  const { createServer } = require('node:http');
  const listeners = {};
  class Server {
    async start() {
      this.server = createServer();
      this.server.listen(0);
      await new Promise((resolve) => this.server.once('listening', resolve));
    }
    get url() { return 'https://localhost:' + this.server.address().port; }
    forUnmatchedRequest() { return { thenPassThrough: async (options) => { globalThis.egressStandIn.options = options; } }; }
    async on(event, listener) { listeners[event] = listener; }
    async stop() { this.server.close(); }
  }
  exports.generateCACertificate = async () => ({ key: 'KEY', cert: 'CERT' });
  exports.getLocal = () => (globalThis.egressStandIn.server = new Server());
  exports.tell = (event, message) => listeners[event](message);
  globalThis.egressStandIn = { tell: exports.tell };
`;

interface StandIn {
  server: { server: { address(): { address: string; port: number } } };
  options: { ignoreHostHttpsErrors: readonly string[] };
  tell(event: string, message: object): void;
}

async function start() {
  const [cwd, dataDir] = [tempDir(), tempDir()];
  mkdirSync(join(cwd, 'node_modules/mockttp'), { recursive: true });
  writeFileSync(join(cwd, 'node_modules/mockttp/index.js'), standIn);
  const egress = await startEgress(cwd, dataDir, 'http://127.0.0.1:4142');
  onCleanup(() => egress.close());
  const { egressStandIn } = globalThis as unknown as { egressStandIn: StandIn };
  return { egress, dataDir, standIn: egressStandIn };
}

test('the proxy is on loopback alone, named by its address, and vouches for nobody but this machine', async () => {
  const { egress, dataDir, standIn } = await start();
  const { address, port } = standIn.server.server.address();
  expect(address).toBe('127.0.0.1');
  expect(egress.url).toBe(`http://127.0.0.1:${port}`);
  expect(standIn.options.ignoreHostHttpsErrors).toEqual(['localhost']);
  expect(statSync(join(dataDir, 'egress-ca.pem')).mode & 0o077).toBe(0);
});

test('what asks for something and is answered below 400 counts, with the jobs that it names', async () => {
  const { egress, standIn } = await start();
  const job = '0b9a1a2e-7f4e-4c58-9c35-3d0f1d2a4b5c';
  const call = (id: string, method: string, url: string, statusCode: number): void => {
    standIn.tell('request-initiated', { id });
    standIn.tell('request', { id, method, url, body: { getText: async () => JSON.stringify({ job }) } });
    expect(egress.busy()).toBe(true);
    standIn.tell('response', { id, statusCode });
  };
  call('1', 'POST', 'https://pay.example/v1/charges?key=sk_live', 200);
  call('2', 'GET', 'https://pay.example/v1/charges', 200);
  call('3', 'POST', 'https://pay.example/v1/charges', 500);
  call('4', 'POST', 'http://127.0.0.1:4142/parse_async', 200);
  await expect.poll(() => egress.busy()).toBe(false);
  expect(JSON.parse(await egress.probe.snapshot())).toEqual([
    `POST https://pay.example/v1/charges for ${job}`,
  ]);
});
