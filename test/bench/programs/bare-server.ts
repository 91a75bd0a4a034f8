import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** The baseline: reads the body, answers `{}`. Also the app that is forwarded to. Says when it had as many as told. */
const awaited = Number(process.argv[2] ?? 0);
let count = 0;
const server = createServer((request, response) => {
  const body: Buffer[] = [];
  request.on('data', (chunk: Buffer) => body.push(chunk));
  request.on('end', () => {
    Buffer.concat(body);
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': '2' });
    response.end('{}');
    count += 1;
    if (count === awaited) process.stdout.write(`${count}\n`);
  });
});
server.listen(0, '127.0.0.1', () => {
  process.stdout.write(`http://127.0.0.1:${(server.address() as AddressInfo).port}/webhook\n`);
});
process.on('SIGTERM', () => process.exit(0));
