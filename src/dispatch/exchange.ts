import {
  type ClientRequest,
  request as httpRequest,
  type IncomingMessage,
  type RequestOptions,
} from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import type { HeaderPair } from '../core/delivery.ts';
import { hostOf } from '../core/endpoint.ts';
import { headerValue } from '../core/headers.ts';
import { BodyReader } from './answer-body.ts';
import { maxHeadBytes } from './answer-head.ts';
import { type AppAgent, menderOf } from './app-agent.ts';
import type { Place } from './connect.ts';
import { InvalidAnswer } from './outcome.ts';

/** A request as it goes out; `path` is used as it is, never normalised. */
export interface OutgoingRequest {
  endpoint: string;
  origin: string;
  path: string;
  method: string;
  headers: readonly HeaderPair[];
  body: Uint8Array;
  /** The body's speed; null for as fast as it goes. */
  bytesPerSecond?: number | null;
  /** Holds back its last byte. */
  gate?: LastByteGate | undefined;
  /** Told in the instant before its first byte goes out, and when the system has taken the last one. */
  onSend?: ((state: 'going' | 'sent') => void) | undefined;
  /** Over a connection of its own, which is closed after it. */
  fresh?: boolean | undefined;
}

/** Holds the last byte of requests back, so that many, each on a connection of its own, are whole at one instant. */
export interface LastByteGate {
  /** Told when all but the last byte is on its way. */
  arrived(): void;
  /** Resolves when the last byte may go. */
  opened: Promise<void>;
  /** Told when the last byte is on its way. */
  sent?(): void;
}

/** Methods for which no length is said where there is no body (RFC 9110, 8.6). */
const bodyless: ReadonlySet<string> = new Set(['GET', 'HEAD', 'DELETE', 'OPTIONS', 'TRACE']);

/** Begins a request; its body is still to be written. @throws when method, path or headers can't be sent */
export function open(
  { origin, path, method, headers, body }: OutgoingRequest,
  { host, port }: Place,
  agent: AppAgent,
  life: AbortSignal,
): ClientRequest {
  const counted =
    body.length > 0 || !bodyless.has(method) || headerValue(headers, 'content-length') !== undefined;
  const lines: HeaderPair[] = [
    ...(headerValue(headers, 'host') === undefined ? [['host', hostOf(origin)] as const] : []),
    ...headers.filter(([name]) => name.toLowerCase() !== 'content-length'),
    ...(counted ? [['content-length', String(body.length)] as const] : []),
  ];
  // As a flat list, which Node's types don't know, the headers keep their order and case.
  const flat = { headers: lines.flat() } as unknown as RequestOptions;
  const options = { agent, host, port, path, method, life, maxHeaderSize: maxHeadBytes, ...flat };
  const sent = httpRequest(options);
  sent.maxHeadersCount = 0; // no limit but that of their bytes
  return sent;
}

/** Writes the body as the request has it: at once, slowly, or all but its last byte until a gate opens. */
export async function writeBody(
  sent: ClientRequest,
  { body, bytesPerSecond, gate, onSend }: OutgoingRequest,
  life: AbortSignal,
): Promise<void> {
  const plain = body.length > 0 && !bytesPerSecond && !gate;
  // Node keeps head and body back until the end: all is ready by the time that is told, and nothing but the system
  // call comes between.
  if (plain) sent.write(body);
  onSend?.('going');
  if (plain) return void sent.end();
  if (bytesPerSecond) await trickle(sent, body, bytesPerSecond, life);
  else if (gate && body.length > 0) {
    await flushed(sent, body.subarray(0, -1)); // so the connection is up
    gate.arrived();
    await gate.opened;
    sent.end(body.subarray(-1), () => gate.sent?.());
    return;
  }
  sent.end();
}

const flushed = (sent: ClientRequest, bytes: Uint8Array): Promise<void> =>
  new Promise((resolve, reject) => {
    sent.write(bytes, (error) => (error ? reject(error) : resolve()));
  });

/** A body in small pieces, at most ten a second. */
async function trickle(
  sent: ClientRequest,
  body: Uint8Array,
  bytesPerSecond: number,
  life: AbortSignal,
): Promise<void> {
  const size = Math.max(1, Math.floor(bytesPerSecond / 10));
  for (let from = 0; from < body.length; from += size) {
    await delay((size / bytesPerSecond) * 1000, undefined, { signal: life });
    sent.write(body.subarray(from, from + size));
  }
}

/** An answer whose status has come. */
export interface Answer {
  message: IncomingMessage;
  body: BodyReader;
  /** What is odd about it, though it was taken. */
  remarks: string[];
}

/**
 * Resolves when the status has come.
 * @throws an {@link InvalidAnswer} for what is no answer to a delivery, or the error of the connection
 */
export function answerTo(sent: ClientRequest): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const remarks: string[] = [];
    let fail: (error: unknown) => void = reject;
    sent.on('error', (error) => fail(error));
    sent.once('socket', () => menderOf(sent)?.begin());
    sent.once('continue', () => remarks.push('the app said 100 Continue, which nobody asked for'));
    const changesProtocol = ({ statusCode }: IncomingMessage): void => {
      sent.destroy();
      reject(
        new InvalidAnswer(`it answers ${statusCode}, to go on in another protocol, which nobody asked for`),
      );
    };
    sent.once('upgrade', changesProtocol).once('connect', changesProtocol);
    sent.once('response', (message) => {
      if (message.statusCode! < 100) {
        sent.destroy();
        return reject(new InvalidAnswer(`there is no status ${printStatus(message)}: it is from 100 to 599`));
      }
      const body = new BodyReader(message);
      // What follows a complete answer is not part of it.
      fail = (error) => void (message.complete || body.fail(error));
      remarks.push(...(menderOf(sent)?.remarks ?? []), ...oddities(message));
      if (remarks.length > 0) sent.shouldKeepAlive = false; // who knows what comes after it
      resolve({ message, body, remarks });
    });
  });
}

const printStatus = ({ statusCode }: IncomingMessage): string => String(statusCode).padStart(3, '0');

function oddities({ statusCode, headers }: IncomingMessage): string[] {
  const length = headers['content-length'] ?? '0';
  const remarks: string[] = [];
  if (statusCode === 204 && length !== '0')
    remarks.push(`a 204 has no body, and this one says a content-length of ${length}`);
  if (statusCode === 204 && headers['transfer-encoding'])
    remarks.push('a 204 has no body, and this one says a transfer-encoding');
  if (statusCode! > 599) remarks.push(`HTTP has no status ${statusCode}`);
  return remarks;
}
