// The builder of deliveries and attempts for all tests. Without vitest, for their programs as well.
import type {
  Acknowledgement,
  Attempt,
  AttemptResponse,
  Delivery,
  HeaderPair,
  Outcome,
} from '../../src/core/delivery.ts';
import { recognise } from '../../src/core/payload.ts';
import type { NewAttempt, NewDelivery } from '../../src/store/store.ts';

const at = Date.UTC(2026, 4, 6, 7, 8, 9, 10);

/** A payload as Reducto sends it. */
export const payload = (jobId: string, metadata: unknown, status = 'Completed'): string =>
  JSON.stringify({ status, job_id: jobId, metadata });

/** A delivery that is not stored yet, with this body, recognised as what it is, and what else is given. */
export function newDelivery(body: string | Uint8Array = '{}', rest: Partial<NewDelivery> = {}): NewDelivery {
  const bytes = Buffer.from(body as Uint8Array);
  return {
    receivedAt: at,
    source: 'tunnel',
    method: 'POST',
    target: '/webhook?a=1',
    httpVersion: '1.1',
    headers: [
      ['Host', 'x.loca.lt'],
      ['Content-Type', 'application/json'],
    ],
    body: bytes,
    remoteAddress: '203.0.113.9',
    intake: 'complete',
    recognition: recognise(bytes),
    verification: { secret: null, svix: null },
    acknowledgement: null,
    ...rest,
  };
}

/** A delivery as the store gives it back: a completed job's where nothing else is given. */
export const delivery = ({
  body = Buffer.from(payload('j1', { user_id: 7 })),
  ...rest
}: Partial<Delivery> = {}): Delivery => ({
  seq: 1,
  id: 'dlv_01jt3z5w9k00abcd',
  ...newDelivery(body, rest),
});

/** What a sender was answered. */
export const acknowledged = (
  status: number | null,
  by: Acknowledgement['by'],
  rest: Partial<Acknowledgement> = {},
): Acknowledgement => ({ status, by, note: null, at, durationMs: 12.5, ...rest });

/** An answer of the app. */
export const answer = (
  status: number,
  body: string | Uint8Array = 'ok',
  headers: readonly HeaderPair[] = [['Content-Length', String(body.length)]],
): AttemptResponse => ({
  kind: 'response',
  status,
  headers,
  body: Buffer.from(body as Uint8Array),
  bodySize: body.length,
});

let attempts = 0;

/** An attempt that is about to start. */
export const newAttempt = (of: Pick<Delivery, 'seq' | 'id'>, rest: Partial<NewAttempt> = {}): NewAttempt => ({
  id: `att_${String(++attempts).padStart(16, '0')}`,
  delivery: of,
  endpoint: 'http://localhost:3000',
  reason: 'forward',
  request: { method: 'POST', url: 'http://localhost:3000/webhook', headers: [['Host', 'localhost:3000']] },
  requestBody: null,
  faults: [],
  notes: [],
  startedAt: at + 77,
  ...rest,
});

/** An attempt that ended, as the store gives it back. */
export function endedAttempt(outcome: Outcome, rest: Partial<Attempt> = {}): Attempt {
  const { delivery: of, step: _, ...begun } = newAttempt({ seq: 1, id: 'dlv_01jt3z5w9k00abcd' });
  return { ...begun, deliveryId: of.id, deliverySeq: of.seq, number: 1, durationMs: 12, outcome, ...rest };
}
