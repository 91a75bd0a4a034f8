import {
  createServer,
  type IncomingMessage,
  type Server,
  type ServerResponse,
  STATUS_CODES,
} from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { DeliverySource } from '../core/delivery.ts';
import { mustNotFail, UserError, usageError } from '../core/errors.ts';
import { maxHeadBytes } from '../dispatch/answer-head.ts';
import { type Answer, toolAnswer } from './answer.ts';
import { noProxy } from './decide.ts';
import { HttpIncoming, type Incoming, type RequestHead, requestHead } from './incoming.ts';
import { unreadable } from './refusals.ts';

/** Who is told of what comes in at a door. */
export interface DoorKeeper {
  /** A request, its errors included. */
  request(request: Incoming): Promise<void>;
  /** A request that Node's HTTP server does not pass on, and what its sender was answered. */
  refused(refused: RequestHead, answer: Answer): void;
}

/** An HTTP server that refuses nothing without saying so. It does not listen yet. */
export function createDoor(source: DeliverySource, keeper: DoorKeeper): Server {
  /** The last request of each connection. */
  const underWay = new WeakMap<Socket, { request: IncomingMessage; work: Promise<void> }>();
  const server = createServer(
    // Who names no host is answered like others that are refused, not by Node.
    { maxHeaderSize: maxHeadBytes, requireHostHeader: false },
    (request, response) => {
      const work = keeper.request(new HttpIncoming(request, response, source));
      underWay.set(request.socket, { request, work });
    },
  );
  // A tunnel holds connections open for hours before it sends a request: never time them out.
  if (source === 'tunnel')
    Object.assign(server, { headersTimeout: 0, requestTimeout: 0, keepAliveTimeout: 0 });

  const refuse = async (error: Error, socket: Socket): Promise<void> => {
    const found = unreadable(error, socket, source);
    if (found === null) return void socket.destroy();
    const answer = toolAnswer(found.status, found.reason);
    const before = underWay.get(socket);
    // In the middle of a body: that request is recorded as broken off.
    if (before?.request.complete === false) return endWith(socket, answer);
    await before?.work; // what came before it is answered first
    endWith(socket, answer);
    keeper.refused(
      before ? { ...found.refused, method: '', target: '', httpVersion: '' } : found.refused,
      answer,
    );
  };
  server.on('clientError', (error: Error, socket: Socket) => mustNotFail(refuse(error, socket)));
  server.on('connect', (request: IncomingMessage, socket: Socket) => {
    endWith(socket, noProxy);
    keeper.refused(requestHead(request, source), noProxy);
  });
  server.on('checkExpectation', (request: IncomingMessage, response: ServerResponse) => {
    const answer = toolAnswer(
      417,
      `it expects "${request.headers.expect}", and only 100-continue can be met`,
    );
    response.writeHead(417, answer.headers.flat()).end(answer.body);
    keeper.refused(requestHead(request, source), answer);
  });
  return server;
}

/**
 * Has a door listen.
 * @param port 0 for any free one
 * @returns the port
 * @throws UserError when the port can't be had
 */
export function openDoor(server: Server, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(listenError(error, host, port)));
    server.listen(port, host, () => resolve((server.address() as AddressInfo).port));
  });
}

function listenError(error: NodeJS.ErrnoException, host: string, port: number): UserError {
  if (error.code === 'EADDRINUSE')
    return new UserError('port-in-use', `Port ${port} is in use: choose another one with --port.`);
  if (error.code === 'EACCES')
    return new UserError('port-denied', `Port ${port} may not be used: choose one above 1023.`);
  return usageError('host', `Can't listen on ${host}:${port} (${error.message}): check --host.`);
}

/** Writes an answer where Node has no response for it, and ends the connection. */
function endWith(socket: Socket, { status, headers, body }: Answer): void {
  // Only what is still to be read can be answered; an answer in another's middle would be taken for a part of it.
  if (!socket.writable || socket.bytesWritten > 0) return void socket.destroy();
  const lines = [...headers, ['content-length', String(Buffer.byteLength(body))], ['connection', 'close']];
  const head = lines.map(([name, value]) => `${name}: ${value}\r\n`).join('');
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status!]}\r\n${head}\r\n${body}`);
}
