import { once } from 'node:events';
import WebSocket from 'ws';
import {
  decodeMessage,
  encodeMessage,
  listenPath,
  relayVersions,
  subprotocolOf,
} from '../../../src/core/relay.ts';

/** Many listeners in one process, an inbox each: `relay-listeners <url> <key> <count> <stay|leave>`; 100 connect at a time. */
const [url, key, count, mode] = process.argv.slice(2) as [string, string, string, 'stay' | 'leave'];
const atOnce = 100;
let next = 0;

async function connectSome(): Promise<void> {
  while (next < Number(count)) await connect(next++);
}

/** Resolves when the server has said its first word, and with `leave` when the connection is closed. */
async function connect(index: number): Promise<void> {
  const listener = index.toString(16).padStart(32, '0');
  const socket = new WebSocket(
    `${url.replace('http', 'ws')}${listenPath}bench-${index}?listener=${listener}`,
    relayVersions.map(subprotocolOf),
    { headers: { authorization: `Bearer ${key}` }, perMessageDeflate: false },
  );
  await once(socket, 'message');
  if (mode === 'stay') return void socket.on('message', (data: Buffer) => answer(socket, data));
  socket.close(1000);
  await once(socket, 'close');
}

function answer(socket: WebSocket, data: Buffer): void {
  const { head } = decodeMessage(data);
  if (head.type !== 'deliver') return;
  const { id } = head.request;
  // What comes of the log, after it came live, is known.
  if (head.how !== 'live') return socket.send(encodeMessage({ type: 'have', id }));
  const headers: [string, string][] = [['content-type', 'application/json']];
  socket.send(encodeMessage({ type: 'answer', id, answer: { status: 200, headers } }, Buffer.from('{}')));
}

const began = performance.now();
await Promise.all(Array.from({ length: atOnce }, connectSome));
process.stdout.write(`${(performance.now() - began) / 1000}\n`);
process.on('SIGTERM', () => process.exit(0));
