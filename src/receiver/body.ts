import type { IncomingMessage } from 'node:http';
import type { Intake } from '../core/delivery.ts';

/**
 * Reads a request's body, up to `limit` bytes. What exceeds the limit is let through unread; when the sender
 * goes away, what came is returned.
 */
export function readBody(request: IncomingMessage, limit: number): Promise<{ body: Buffer; intake: Intake }> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const finish = (intake: Intake): void => {
      request.off('data', onData).off('end', onEnd).off('close', onClose);
      resolve({ body: chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks), intake });
    };
    const onData = (chunk: Buffer): void => {
      const room = limit - size;
      size += chunk.length;
      chunks.push(chunk.length > room ? chunk.subarray(0, room) : chunk);
      if (size <= limit) return;
      finish('too-large');
      // The rest is drained, so that the sender can finish writing and read its 413.
      request.resume();
    };
    const onEnd = (): void => finish('complete');
    const onClose = (): void => finish('aborted');
    // An aborted request also emits "error"; "close" follows and tells the same.
    request
      .on('data', onData)
      .on('end', onEnd)
      .on('close', onClose)
      .on('error', () => undefined);
  });
}
