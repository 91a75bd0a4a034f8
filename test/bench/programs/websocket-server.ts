import type { AddressInfo } from 'node:net';
import { WebSocketServer } from 'ws';

/** The baseline of many listeners: takes WebSockets, greets each, and pings it as the relay does. */
const server = new WebSocketServer({ port: 0, host: '127.0.0.1', perMessageDeflate: false });
server.on('connection', (socket) => {
  const pinging = setInterval(() => socket.ping(), 10_000);
  socket.on('close', () => clearInterval(pinging));
  socket.send('hello');
});
server.on('listening', () => {
  process.stdout.write(`http://127.0.0.1:${(server.address() as AddressInfo).port}\n`);
});
process.on('SIGTERM', () => process.exit(0));
