import type { JSValue, SQLiteValue } from 'node-sqlite3-wasm';
import type { Acknowledgement, Attempt, AttemptErrorCode, Delivery, Outcome } from '../core/delivery.ts';
import { outcomeLabel } from '../core/delivery.ts';
import { recognise } from '../core/payload.ts';
import type { DeliverySummary } from '../core/record.ts';
import { isVerified, type Verification } from '../core/verification.ts';
import type { Row } from './database.ts';
import type { OwedDelivery } from './store.ts';
import { traitsOf } from './traits.ts';

const unverified: Verification = { secret: null, svix: null };

const json = (value: unknown): string => JSON.stringify(value);
const parse = <T>(value: SQLiteValue | undefined): T => JSON.parse(value as string) as T;
const flag = (value: boolean | null): number | null => (value === null ? null : Number(value));

export const insertDelivery = `insert into delivery (seq, id, received_at, source, method, target, intake, size,
  status, job_id, metadata, traits, note, verification, verified, ack, ack_status, owed)
  values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`;

/** The values of {@link insertDelivery}. */
export function deliveryValues(delivery: Delivery, owedTo: readonly string[]): JSValue[] {
  const { recognition, verification, acknowledgement } = delivery;
  const payload = recognition.kind === 'reducto' ? recognition : null;
  const verified = isVerified(verification);
  return [
    delivery.seq,
    delivery.id,
    delivery.receivedAt,
    delivery.source,
    delivery.method,
    delivery.target,
    delivery.intake,
    delivery.body.length,
    payload?.status ?? null,
    payload?.jobId ?? null,
    payload?.metadata == null ? null : (payload.metadataText ?? null),
    traitsOf(payload?.metadata ?? undefined),
    recognition.kind === 'other' ? recognition.reason : recognition.note,
    verified === null ? null : json(verification),
    flag(verified),
    acknowledgement && json(acknowledgement),
    acknowledgement?.status ?? null,
    owedTo.length === 0 ? null : json(owedTo),
  ];
}

export const insertContent =
  'insert into content (seq, http_version, remote_address, headers, body) values (?, ?, ?, ?, ?)';

/** The values of {@link insertContent}. */
export const contentValues = (delivery: Delivery): JSValue[] => [
  delivery.seq,
  delivery.httpVersion,
  delivery.remoteAddress,
  json(delivery.headers),
  delivery.body,
];

/** Takes an endpoint (first) from those that a delivery (second, by seq) owes. */
export const payOwed = `update delivery set owed = (select nullif(json_group_array(value), '[]') from json_each(owed)
  where value <> ?) where seq = ? and owed is not null`;

/** A debt from a row of `delivery`. */
export const toOwed = (row: Row): OwedDelivery => ({
  seq: row.seq as number,
  id: row.id as string,
  endpoints: parse(row.owed),
});

/** A summary from a row of `delivery`. */
export function toSummary(row: Row): DeliverySummary {
  return {
    seq: row.seq as number,
    id: row.id as string,
    receivedAt: row.received_at as number,
    source: row.source as DeliverySummary['source'],
    method: row.method as string,
    target: row.target as string,
    intake: row.intake as DeliverySummary['intake'],
    size: row.size as number,
    status: row.status as DeliverySummary['status'],
    jobId: row.job_id as string | null,
    metadata: row.metadata as string | null,
    note: row.note as string | null,
    verification: row.verification === null ? unverified : parse(row.verification),
    acknowledgement: row.ack === null ? null : parse<Acknowledgement>(row.ack),
    attempts: row.attempts as number,
    lastAttempt:
      row.last_label === null
        ? null
        : {
            label: row.last_label as string,
            status: row.last_code as number | null,
            durationMs: row.last_ms as number | null,
            ...(row.last_faulty === 1 ? { faulty: true as const } : {}),
          },
  };
}

/** A delivery from a row of `delivery` joined with `content`. */
export function toDelivery(row: Row): Delivery {
  const { seq, id, receivedAt, source, method, target, intake, verification, acknowledgement } =
    toSummary(row);
  const body = row.body as Uint8Array;
  return {
    ...{ seq, id, receivedAt, source, method, target, intake, verification, acknowledgement },
    httpVersion: row.http_version as string,
    headers: parse(row.headers),
    body,
    remoteAddress: row.remote_address as string,
    recognition: recognise(body),
  };
}

export const insertAttempt = `insert into attempt (id, delivery_seq, delivery_id, number, endpoint, reason, request,
  request_body, started_at, marks, label) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'pending')`;

/** The values of {@link insertAttempt}. */
export const attemptValues = (attempt: Attempt): JSValue[] => [
  attempt.id,
  attempt.deliverySeq,
  attempt.deliveryId,
  attempt.number,
  attempt.endpoint,
  attempt.reason,
  json(attempt.request),
  attempt.requestBody,
  attempt.startedAt,
  marks(attempt),
];

/** What was done to an attempt and what is odd about its answer; null for nothing. */
const marks = ({ faults, notes }: Attempt): string | null =>
  faults.length + notes.length === 0 ? null : json({ faults, notes });

export const endAttempt = `update attempt set duration_ms = ?, label = ?, response = ?, response_body = ?, message = ?,
  marks = ? where id = ?`;

/** The values of {@link endAttempt}. */
export function endValues(attempt: Attempt): JSValue[] {
  const { id, durationMs, outcome } = attempt;
  const response = outcome.kind === 'response' ? outcome : null;
  return [
    durationMs,
    outcomeLabel(outcome),
    response && json({ status: response.status, headers: response.headers, size: response.bodySize }),
    response?.body ?? null,
    outcome.kind === 'error' ? outcome.message : null,
    marks(attempt), // what is odd about an answer is known at its end
    id,
  ];
}

/** An attempt from a row of `attempt`. */
export function toAttempt(row: Row): Attempt {
  return {
    id: row.id as string,
    deliveryId: row.delivery_id as string,
    deliverySeq: row.delivery_seq as number,
    number: row.number as number,
    endpoint: row.endpoint as string,
    reason: row.reason as Attempt['reason'],
    ...(row.marks === null ? { faults: [], notes: [] } : parse<Pick<Attempt, 'faults' | 'notes'>>(row.marks)),
    request: parse(row.request),
    requestBody: row.request_body as Uint8Array | null,
    startedAt: row.started_at as number,
    durationMs: row.duration_ms as number | null,
    outcome: toOutcome(row),
  };
}

function toOutcome(row: Row): Outcome {
  if (row.label === 'pending') return { kind: 'pending' };
  if (row.response === null)
    return { kind: 'error', code: row.label as AttemptErrorCode, message: row.message as string };
  const { status, headers, size } = parse<{ status: number; headers: [string, string][]; size: number }>(
    row.response,
  );
  return { kind: 'response', status, headers, body: row.response_body as Uint8Array, bodySize: size };
}
