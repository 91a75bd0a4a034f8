import type { IncomingMessage } from 'node:http';
import type { Intake } from '../core/delivery.ts';

/** How a body came in; `busy` when there is no room for it now, and its beginning was let go. */
export interface ReadBody {
  body: Buffer;
  intake: Intake | 'busy';
}

/** Bytes from which on a body whose length is known has its place before it comes. */
const wholeFrom = 256 * 1024;

const joined = (chunks: readonly Buffer[]): Buffer =>
  chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks);

/**
 * Reads a request's body, up to `limit` bytes. What exceeds the limit is let through unread; when the sender
 * goes away, what came is returned.
 * @param grow asked before more is held than `to` bytes
 */
export function readBody(
  request: IncomingMessage,
  limit: number,
  grow: (to: number) => boolean,
): Promise<ReadBody> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    // A large one is put in its place as it comes: put together at its end, it would be there twice.
    const length = Math.min(Number(request.headers['content-length']) || 0, limit);
    const place = length > wholeFrom ? Buffer.allocUnsafeSlow(length) : null;
    let size = 0;
    const keep = (chunk: Buffer, at: number): void => {
      if (place) chunk.copy(place, at);
      else chunks.push(chunk);
    };
    const finish = (intake: ReadBody['intake']): void => {
      request.off('data', onData).off('end', onEnd).off('close', onClose);
      const held = intake === 'busy' ? 0 : Math.min(size, limit);
      resolve({ body: place?.subarray(0, held) ?? joined(chunks), intake });
    };
    const onData = (chunk: Buffer): void => {
      const left = limit - size;
      size += chunk.length;
      if (!grow(Math.min(size, limit))) {
        chunks.length = 0;
        return finish('busy');
      }
      keep(chunk.length > left ? chunk.subarray(0, left) : chunk, limit - left);
      if (size <= limit) return;
      finish('too-large');
      // The rest is drained, so that the sender can finish writing and read its 413.
      request.resume();
    };
    const onEnd = (): void => finish('complete');
    const onClose = (): void => finish('aborted');
    if (request.closed) return onClose();
    // An aborted request also emits "error"; "close" follows and tells the same.
    request
      .on('data', onData)
      .on('end', onEnd)
      .on('close', onClose)
      .on('error', () => undefined);
  });
}
