// Without vitest, for the programs as well.
import type { Delivery } from '../../src/core/delivery.ts';
import { recognise } from '../../src/core/payload.ts';
import type { NewAttempt, NewDelivery } from '../../src/store/store.ts';

/** A delivery with this body, and what else is given. */
export function newDelivery(body: string | Uint8Array = '{}', rest: Partial<NewDelivery> = {}): NewDelivery {
  const bytes = Buffer.from(body as Uint8Array);
  return {
    receivedAt: 1_700_000_000_123,
    source: 'local',
    method: 'POST',
    target: '/webhook',
    httpVersion: '1.1',
    headers: [['Content-Type', 'application/json']],
    body: bytes,
    remoteAddress: '127.0.0.1',
    intake: 'complete',
    recognition: recognise(bytes),
    verification: { secret: null, svix: null },
    acknowledgement: null,
    ...rest,
  };
}

/** A payload as Reducto sends it. */
export const payload = (jobId: string, metadata: unknown, status = 'Completed'): string =>
  JSON.stringify({ status, job_id: jobId, metadata });

let attempts = 0;
export const newAttempt = (
  delivery: Pick<Delivery, 'seq' | 'id'>,
  rest: Partial<NewAttempt> = {},
): NewAttempt => ({
  id: `att_${String(++attempts).padStart(16, '0')}`,
  delivery,
  endpoint: 'http://localhost:3000',
  reason: 'forward',
  request: { method: 'POST', url: 'http://localhost:3000/webhook', headers: [['Host', 'localhost:3000']] },
  requestBody: null,
  faults: [],
  notes: [],
  startedAt: 1_700_000_000_200,
  ...rest,
});
