import * as z from 'zod';
import { UserError } from './errors.ts';
import type { HeaderPair } from './headers.ts';
import { jsonValue } from './json.ts';
import { longestTimerMs } from './units.ts';

/** The versions of the protocol that this tool speaks; docs/relay.md has what each says. */
export const relayVersions: readonly number[] = [1];

const prefix = 'reducto-webhook-dev.relay.v';

/** The name of a version as a WebSocket's subprotocol (RFC 6455, 1.9). */
export const subprotocolOf = (version: number): string => `${prefix}${version}`;

/** The newest version that both sides speak, as a subprotocol; null when there is none. */
export function commonSubprotocol(offered: Iterable<string>): string | null {
  const known = new Set(offered);
  const version = [...relayVersions].sort((a, b) => b - a).find((each) => known.has(subprotocolOf(each)));
  return version === undefined ? null : subprotocolOf(version);
}

/** The versions among subprotocols that somebody offers, for a message to a person. */
export const versionsOf = (offered: Iterable<string>): string =>
  [...offered]
    .filter((name) => name.startsWith(prefix))
    .map((name) => name.slice(prefix.length))
    .join(', ') || 'none';

/** By which code a relay closes the connection of a listener in whose name another one has connected (RFC 6455, 7.4.2). */
export const replacedCode = 4001;

/** Where listeners connect, below the relay's URL; the inbox's name follows. */
export const listenPath = '/listen/';

/** Where an inbox stands, below the relay's URL; its name follows, and then what is the app's. */
export const inboxPath = '/in/';

const inboxName = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;

/** Whether a text can name an inbox: one label of a domain name (RFC 1035, 2.3.1), in lower case. */
export const isInboxName = (text: string): boolean => inboxName.test(text);

/** One webhook request on its way from a relay to its listeners. */
export interface RelayedRequest {
  /** The relay's own id, by which a listener knows what it has. */
  id: string;
  /** When it arrived at the relay, ms since the epoch. */
  at: number;
  method: string;
  /** Path and query after the inbox's name, as they were sent. */
  target: string;
  httpVersion: string;
  headers: readonly HeaderPair[];
  remoteAddress: string;
  body: Uint8Array;
}

/** What a listener's app answered. */
export interface RelayedAnswer {
  status: number;
  headers: readonly HeaderPair[];
  body: Uint8Array;
}

/** Bytes of a body at most, on any relay: one frame has it whole. */
export const mostRelayedBody = 100 * 1024 * 1024;
/** Bytes of a frame that are no body, at most. */
export const mostRelayedHead = 1024 * 1024;

// As HTTP has them (RFC 9110, 5.1 and 5.5): Node's client and server throw at any other.
const headerName = z.string().regex(/^[\w!#$%&'*+.^`|~-]+$/);
const headerText = z.string().regex(/^[\t\x20-\x7e\x80-\xff]*$/);
const pairs = z.array(z.tuple([headerName, headerText]));

const requestHead = z.object({
  id: z.string().min(1).max(100),
  at: z.int().min(0),
  method: z.string().regex(/^[A-Z-]+$/),
  target: z.string().regex(/^\/[\x21-\xff]*$/),
  httpVersion: z.string(),
  headers: pairs,
  remoteAddress: z.string(),
});

const answerHead = z.object({ status: z.int().min(200).max(999), headers: pairs });

/** The messages of version 1; the body, where one has it, follows the head. */
const message = z.discriminatedUnion('type', [
  // From the relay.
  z.object({
    type: z.literal('hello'),
    /** The inbox's public URL. */
    url: z.url({ protocol: /^https?$/ }),
    /** Whether this listener answers the senders. */
    leads: z.boolean(),
    /** Deliveries that were kept for this listener and are about to come. */
    waiting: z.int().min(0),
    /** Bytes of a body at most, either way. */
    maxBody: z.int().min(0),
    /** ms after which the relay's next ping is late. */
    pingWithin: z.int().min(1).max(longestTimerMs),
  }),
  z.object({ type: z.literal('leads'), leads: z.boolean() }),
  /**
   * A delivery: `live` when its sender waits for the answer, `copy` when it came while this listener was here and
   * somebody else answers it, `kept` when it came while this listener was away; `probe` when it is the listener's own
   * and never kept.
   */
  z.object({
    type: z.literal('deliver'),
    how: z.enum(['live', 'copy', 'kept', 'probe']),
    request: requestHead,
  }),
  /** This relay is going: connect anew, to another one. */
  z.object({ type: z.literal('drain') }),
  // From the listener.
  /** The answer to what came live, which the listener has on its disk by now. */
  z.object({ type: z.literal('answer'), id: z.string(), answer: answerHead }),
  /** A copy, or what was kept, is on the listener's disk. */
  z.object({ type: z.literal('have'), id: z.string() }),
  /** It could not be stored, or not be passed on: it is to come again. */
  z.object({ type: z.literal('again'), id: z.string() }),
]);

/** A message of the protocol. */
export type RelayMessage = z.output<typeof message>;

/** One message as a binary frame: the length of its head (4 bytes, big-endian), the head as JSON, the body. */
export function encodeMessage(head: RelayMessage, body: Uint8Array = new Uint8Array()): Buffer {
  const json = Buffer.from(JSON.stringify(head));
  const length = Buffer.alloc(4);
  length.writeUInt32BE(json.length);
  return Buffer.concat([length, json, body]);
}

/** @throws UserError when it is no message of a version that is known here */
export function decodeMessage(frame: Buffer): { head: RelayMessage; body: Buffer } {
  const length = frame.length < 4 ? -1 : frame.readUInt32BE(0);
  const json =
    length < 0 || length > frame.length - 4 ? undefined : jsonValue(frame.toString('utf8', 4, 4 + length));
  const parsed = message.safeParse(json);
  if (!parsed.success)
    throw new UserError('relay-protocol', 'the other side sent what is no message of the relay protocol');
  return { head: parsed.data, body: frame.subarray(4 + length) };
}

/** What a request is without its body, as messages have it. */
export const headOf = ({ body: _, ...head }: RelayedRequest): z.output<typeof requestHead> => ({
  ...head,
  headers: head.headers.map(([name, value]) => [name, value]),
});

/** What becomes of deliveries that came while nobody listened here: they go to the app, wait to be released, or are only shown. */
export const catchUps = ['forward', 'hold', 'show'] as const;
export type CatchUp = (typeof catchUps)[number];

/**
 * As what a receiver takes a request that came by a relay: `live` when its sender waits for the answer, `copy` when
 * another listener answers it, `probe` for what is no delivery; else what becomes of what was kept.
 */
export type RelayedAs = 'live' | 'copy' | 'probe' | CatchUp;

/**
 * What a receiver made of it: the answer, once the delivery is on the disk here or is refused for good; `again` when it
 * is to come again; `silence` when its sender gets no answer, on purpose.
 */
export type RelayedOutcome = RelayedAnswer | 'again' | 'silence';

/**
 * Takes a request that came by a relay into this process.
 * @param connection aborted when nobody can be answered any more
 */
export type TakeRelayed = (
  request: RelayedRequest,
  as: RelayedAs,
  connection: AbortSignal,
) => Promise<RelayedOutcome>;
