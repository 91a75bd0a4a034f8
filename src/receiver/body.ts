import type { IncomingMessage } from 'node:http';
import type { Intake } from '../core/delivery.ts';
import { Gathering } from '../core/gathering.ts';

/** How a body came in; `busy` when there is no room for it now, and its beginning was let go. */
export interface ReadBody {
  body: Uint8Array;
  intake: Intake | 'busy';
}

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
    const body = new Gathering(Math.min(Number(request.headers['content-length']) || 0, limit));
    const finish = (intake: ReadBody['intake']): void => {
      request.off('data', onData).off('end', onEnd).off('close', onClose);
      resolve({ body: body.bytes, intake });
    };
    const onData = (chunk: Buffer): void => {
      const left = limit - body.size;
      if (!grow(body.size + Math.min(chunk.length, left))) {
        body.drop();
        return finish('busy');
      }
      body.add(chunk.length > left ? chunk.subarray(0, left) : chunk);
      if (chunk.length <= left) return;
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
