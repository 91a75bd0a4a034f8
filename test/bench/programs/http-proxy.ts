import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { requirePeer } from '../peers.ts';

interface Proxy {
  web(request: http.IncomingMessage, response: http.ServerResponse): void;
}

/** `http-proxy <app>`: prints its URL. */
const app = new URL(process.argv[2]!);
const { createProxyServer } = requirePeer('http-proxy') as {
  createProxyServer(options: { target: string; agent: http.Agent }): Proxy;
};
const proxy = createProxyServer({ target: app.origin, agent: new http.Agent({ keepAlive: true }) });
const server = http.createServer((request, response) => proxy.web(request, response));
server.listen(0, '127.0.0.1', () => {
  process.stdout.write(`http://127.0.0.1:${(server.address() as AddressInfo).port}${app.pathname}\n`);
});
process.on('SIGTERM', () => process.exit(0));
