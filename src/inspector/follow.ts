import { on } from 'node:events';
import { WebSocket } from 'ws';
import type { Status } from '../core/session.ts';
import type { OfflineStatus } from '../runtime/offline.ts';
import type { LiveMessage } from './live.ts';
import type { LockOwner } from './lock.ts';

/** What a running tool tells over its WebSocket. */
export type ToolMessage = LiveMessage<Status | OfflineStatus>;

/** The newest event that a reader knows, and of which stream. */
export type Place = Pick<ToolMessage, 'epoch' | 'last'>;

/**
 * What a running tool tells, from `place` on where it is still known there. While one message is being looked at no
 * more than a few are read.
 * @param place null to begin now
 * @throws the system's or the WebSocket's error when the connection can't be had or breaks; an AbortError by `signal`
 */
export async function* follow(
  { apiUrl, token }: LockOwner,
  place: Place | null,
  signal: AbortSignal,
): AsyncGenerator<ToolMessage> {
  const url = new URL('/api/events', apiUrl.replace('http', 'ws'));
  if (place !== null)
    url.search = new URLSearchParams({ epoch: place.epoch, after: String(place.last) }).toString();
  const socket = new WebSocket(url, {
    headers: { authorization: `Bearer ${token}` },
    perMessageDeflate: false,
  });
  try {
    const messages = on(socket, 'message', {
      ...{ signal, close: ['close'] },
      ...{ highWaterMark: 4, lowWaterMark: 1 },
    });
    for await (const [data] of messages) yield JSON.parse(String(data)) as ToolMessage;
  } finally {
    socket.on('error', () => undefined); // it may still be about to connect
    socket.terminate();
  }
}
