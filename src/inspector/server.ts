import { once } from 'node:events';
import type { Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { systemCode, UserError } from '../core/errors.ts';

/** ms that the last answers have. */
const lastAnswersMs = 1000;

/** Has a server listen. @throws UserError when the port is taken or the address none of this machine's */
export async function listenOn(server: Server, host: string, port: number): Promise<void> {
  server.listen(port, host);
  try {
    await once(server, 'listening');
  } catch (error) {
    const code = systemCode(error);
    if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND')
      throw new UserError('inspector-host', `${host} is no address of this machine: see --inspector-host.`);
    if (code === 'EACCES')
      throw new UserError(
        'port-in-use',
        `Port ${port} may not be opened: choose another one with --inspector-port.`,
      );
    if (code !== 'EADDRINUSE') throw error;
    throw new UserError('port-in-use', `Port ${port} is taken: choose another one with --inspector-port.`);
  }
}

/** Stops listening; answers that are on their way get a moment to arrive. */
export async function closeServer(server: Server): Promise<void> {
  const closed = new Promise((resolve) => server.close(resolve));
  const idle = setInterval(() => server.closeIdleConnections(), 20);
  const limit = setTimeout(() => server.closeAllConnections(), lastAnswersMs);
  await closed;
  clearInterval(idle);
  clearTimeout(limit);
}

/**
 * Answers a request to change protocols with a refusal. The server has let go of such a connection, and would wait for
 * one that its client keeps open.
 */
export function refuseUpgrade(socket: Duplex, status: number): void {
  socket.once('finish', () => socket.destroy());
  socket.end(`HTTP/1.1 ${status} Refused\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`);
}
