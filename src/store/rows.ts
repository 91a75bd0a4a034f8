import { crc32 } from 'node:zlib';
import type { JSValue } from 'node-sqlite3-wasm';
import * as z from 'zod';
import { damageNote } from '../core/damage.ts';
import type { Acknowledgement, Attempt, Delivery, HeaderPair, Outcome } from '../core/delivery.ts';
import { attemptErrorCodes, attemptReasons, outcomeLabel } from '../core/delivery.ts';
import { recognise } from '../core/payload.ts';
import type { DeliverySummary } from '../core/record.ts';
import { isVerified, type Verification } from '../core/verification.ts';
import * as is from './columns.ts';
import type { Row } from './database.ts';
import type { OwedDelivery } from './store.ts';
import { traitsOf } from './traits.ts';
import { stepKey, type WorkStep } from './work-notes.ts';

const unverified: Verification = { secret: null, svix: null };

const json = (value: unknown): string => JSON.stringify(value);
const flag = (value: boolean | null): number | null => (value === null ? null : Number(value));

const deliveryColumns = `seq, id, received_at, source, method, target, intake, size, status, job_id, metadata, metadata_at,
  metadata_bytes, traits, note, verification, verified, ack, ack_status, owed`;
const deliveryPlaces = '?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?';

export const insertDelivery = `insert into delivery (${deliveryColumns}) values (${deliveryPlaces})`;

/** The same, with how many attempts have begun, how the last one stands, and whether a fault is in it. */
export const insertBegunDelivery = `insert into delivery (${deliveryColumns}, attempts, last_label, last_code, last_ms,
  last_faulty) values (${deliveryPlaces}, ?, ?, ?, ?, ?)`;

/** How the last attempt at a delivery stands. */
export interface LastAttempt {
  label: string;
  /** The answer's status. */
  code: number | null;
  ms: number | null;
}

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
    ...metadataValues(payload?.metadata == null ? undefined : payload.metadataText, delivery.body),
    traitsOf(payload?.metadata ?? undefined),
    recognition.kind === 'other' ? recognition.reason : recognition.note,
    verified === null ? null : json(verification),
    flag(verified),
    acknowledgement && json(acknowledgement),
    acknowledgement?.status ?? null,
    owedTo.length === 0 ? null : json(owedTo),
  ];
}

/** Characters of metadata that a row of `delivery` holds itself, which lists and filters look at. */
const shortMetadata = 1024;

/** The text of metadata, or where it stands in the body, so that what is long is stored once. */
function metadataValues(
  text: string | undefined,
  body: Uint8Array,
): [text: string | null, at: number | null, bytes: number | null] {
  if (text === undefined || text.length <= shortMetadata) return [text ?? null, null, null];
  const bytes = Buffer.from(text);
  const at = Buffer.from(body.buffer, body.byteOffset, body.length).indexOf(bytes);
  return at < 0 ? [text, null, null] : [null, at + 1, bytes.length]; // it was not written in one line, for instance
}

/** The metadata of a row of `delivery`, in SQL. */
export const metadataSql = `case when metadata_at is null then metadata else
  (select cast(substr(body, metadata_at, metadata_bytes) as text) from content where content.seq = delivery.seq) end`;

/** The columns of a row of `delivery`, for {@link toSummary}. */
export const summaryColumns = `seq, id, received_at, source, method, target, intake, size, status, job_id,
  ${metadataSql} as metadata, note, verification, ack, attempts, last_label, last_code, last_ms, last_faulty`;

export const insertContent =
  'insert into content (seq, http_version, remote_address, headers, body, crc, relay_id) values (?, ?, ?, ?, ?, ?, ?)';

/** The values of {@link insertContent}. */
export const contentValues = (delivery: Delivery): JSValue[] => [
  delivery.seq,
  delivery.httpVersion,
  delivery.remoteAddress,
  json(delivery.headers),
  delivery.body,
  crc32(delivery.body),
  delivery.relayId ?? null,
];

/**
 * Takes an endpoint from those that a delivery owes. What is damaged stays as it is; where it is the only one, which is
 * what there is nearly always, no JSON is taken apart.
 */
export const payOwed = `owed = case when owed = ? then null when json_valid(owed) then
  (select nullif(json_group_array(value), '[]') from json_each(owed) where value <> ?) else owed end`;

/** The values of {@link payOwed}. */
export const payOwedValues = (endpoint: string): [string, string] => [json([endpoint]), endpoint];

const readOwed = is.reader({
  id: is.text,
  owed: is.json<string[]>(z.array(z.string()), [], 'names of endpoints'),
});

/** A debt from a row of `delivery`; one that is damaged names no endpoint. */
export function toOwed(row: Row): OwedDelivery {
  const damage: string[] = [];
  const { id, owed } = readOwed(row, damage);
  return { seq: row.seq as number, id, endpoints: owed, ...(damage.length > 0 ? { damage } : {}) };
}

type Fields = Record<string, unknown>;
const isObject = (value: unknown): value is Fields => typeof value === 'object' && value !== null;
const isText = (value: unknown): boolean => typeof value === 'string';

const verdicts = new Set<unknown>(['ok', 'missing', 'mismatch', 'expired timestamp', 'bad signature']);
const isVerdict = (value: unknown): boolean =>
  value === null || (isObject(value) && verdicts.has(value.verdict) && isText(value.reason));
const isVerification = (value: unknown): value is Verification =>
  isObject(value) && isVerdict(value.secret) && isVerdict(value.svix);

const answerers = new Set<unknown>(['app', 'tool', 'nobody']);
const isStatus = (value: unknown): boolean =>
  Number.isInteger(value) && Number(value) >= 100 && Number(value) <= 999;
const isAcknowledgement = (value: unknown): value is Acknowledgement =>
  isObject(value) &&
  (value.status === null || isStatus(value.status)) &&
  answerers.has(value.by) &&
  (value.note === null || isText(value.note)) &&
  is.time.read(value.at as number) !== undefined &&
  is.quantity.read(value.durationMs as number) !== undefined &&
  (value.faults === undefined || (Array.isArray(value.faults) && value.faults.every(isText)));

const headers: z.ZodType<HeaderPair[]> = z.array(z.tuple([z.string(), z.string()]));

/** What is known of a request besides. */
const about = {
  id: is.text,
  received_at: is.time,
  source: is.oneOf('local', 'tunnel', 'trigger', 'check', 'emulator', 'import'),
  intake: is.oneOf('complete', 'aborted', 'too-large', 'refused'),
  verification: is.optional(is.json(isVerification, unverified, 'verdicts')),
  ack: is.optional(is.json<Acknowledgement | null>(isAcknowledgement, null, 'an acknowledgement')),
};

const readSummary = is.reader({
  ...about,
  method: is.text,
  target: is.text,
  size: is.natural,
  status: is.optional(is.oneOf('Completed', 'Failed')),
  job_id: is.optional(is.text),
  metadata: is.optional(is.jsonText),
  note: is.optional(is.text),
  attempts: is.natural,
  last_label: is.optional(is.like(/^(\d{3}|[a-z-]+)$/, 'an outcome')),
  last_code: is.optional(is.natural),
  last_ms: is.optional(is.quantity),
  last_faulty: is.natural,
});

/** A summary from a row of `delivery`. Of a damaged one `note` says what is wrong with it. */
export function toSummary(row: Row): DeliverySummary {
  const seq = row.seq as number;
  const damage: string[] = [];
  const values = readSummary(row, damage);
  // Written out, without a spread: lists have thousands of these.
  const summary: DeliverySummary = {
    seq,
    id: values.id,
    receivedAt: values.received_at,
    source: values.source,
    method: values.method,
    target: values.target,
    intake: values.intake,
    size: values.size,
    status: values.status,
    jobId: values.job_id,
    metadata: values.metadata,
    note: damage.length > 0 ? damageNote({ seq, damage }) : values.note,
    verification: values.verification ?? unverified,
    acknowledgement: values.ack,
    attempts: values.attempts,
    lastAttempt:
      values.last_label === null
        ? null
        : { label: values.last_label, status: values.last_code, durationMs: values.last_ms },
  };
  if (values.last_faulty === 1 && summary.lastAttempt) summary.lastAttempt.faulty = true;
  if (damage.length > 0) summary.damage = damage;
  return summary;
}

/** What is sent again. */
const readRequest = is.reader({
  method: is.text,
  target: is.text,
  http_version: is.text,
  headers: is.json<HeaderPair[]>(headers, [], 'names and values'),
  body: is.bytes,
});

const readKept = is.reader({
  ...about,
  remote_address: is.text,
  crc: is.optional(is.natural),
  relay_id: is.optional(is.text),
});

/** A delivery from a row of `delivery` joined with `content`, which may lack. */
export function toDelivery(row: Row): Delivery {
  const harm: string[] = [];
  const damage: string[] = [];
  const { body, http_version, headers, method, target } = readRequest(row, harm);
  const values = readKept(row, damage);
  const broken =
    harm.length === 0 && values.crc !== null && crc32(body) !== values.crc
      ? ['body holds other bytes than those that arrived']
      : harm;
  const harmed = [...broken, ...damage];
  return {
    ...{ seq: row.seq as number, id: values.id, receivedAt: values.received_at, source: values.source },
    ...{ method, target, intake: values.intake, httpVersion: http_version, headers, body },
    remoteAddress: values.remote_address,
    recognition: recognise(body),
    verification: values.verification ?? unverified,
    acknowledgement: values.ack,
    ...(values.relay_id === null ? {} : { relayId: values.relay_id }),
    ...(harmed.length > 0 ? { damage: harmed } : {}),
    ...(broken.length > 0 ? { broken: true as const } : {}),
  };
}

export const insertAttempt = `insert into attempt (id, delivery_seq, delivery_id, number, endpoint, reason, request,
  request_body, started_at, marks, work, label) select ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'pending'`;

/** Behind {@link insertAttempt}: that of a delivery (by seq) which is not there is not kept. */
export const whereDelivery = ' where exists (select 1 from delivery where seq = ?)';

/** The values of {@link insertAttempt}. */
export const attemptValues = (attempt: Attempt, step?: WorkStep): JSValue[] => [
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
  step ? stepKey(step) : null,
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

const readAttempt = is.reader({
  id: is.text,
  delivery_id: is.text,
  delivery_seq: is.natural,
  number: is.natural,
  endpoint: is.text,
  reason: is.oneOf(...attemptReasons),
  request: is.json<Attempt['request']>(
    z.object({ method: z.string(), url: z.string().refine((url) => URL.canParse(url)), headers }),
    { method: '?', url: 'http://damaged.invalid/', headers: [] },
    'a request',
  ),
  request_body: is.optional(is.bytes),
  started_at: is.time,
  duration_ms: is.optional(is.quantity),
  marks: is.optional(
    is.json<Pick<Attempt, 'faults' | 'notes'> | null>(
      z.object({ faults: z.array(z.string()), notes: z.array(z.string()) }),
      null,
      'faults and notes',
    ),
  ),
  label: is.like(/^(\d{3}|[a-z-]+)$/, 'an outcome'),
  response: is.optional(
    is.json<StoredResponse | null>(
      z.object({ status: z.int().min(100).max(999), headers, size: z.int().min(0) }),
      null,
      'an answer',
    ),
  ),
  response_body: is.optional(is.bytes),
  message: is.optional(is.text),
});

interface StoredResponse {
  status: number;
  headers: HeaderPair[];
  size: number;
}

/** An attempt from a row of `attempt`. Of a damaged one the notes say what is wrong with it. */
export function toAttempt(row: Row): Attempt {
  const damage: string[] = [];
  const values = readAttempt(row, damage);
  const { faults, notes } = values.marks ?? { faults: [], notes: [] };
  return {
    ...{ id: values.id, deliveryId: values.delivery_id, deliverySeq: values.delivery_seq },
    ...{ number: values.number, endpoint: values.endpoint, reason: values.reason, faults },
    notes: damage.length > 0 ? [...notes, `damaged in the history (${damage.join('; ')})`] : notes,
    ...{ request: values.request, requestBody: values.request_body, startedAt: values.started_at },
    durationMs: values.duration_ms,
    outcome: toOutcome(values),
    ...(damage.length > 0 ? { damage } : {}),
  };
}

function toOutcome({
  label,
  response,
  response_body,
  message,
}: {
  label: string;
  response: StoredResponse | null;
  response_body: Uint8Array | null;
  message: string | null;
}): Outcome {
  if (label === 'pending') return { kind: 'pending' };
  if (response === null) {
    const code = attemptErrorCodes.find((known) => known === label);
    return { kind: 'error', code: code ?? 'failed', message: message ?? 'how it ended can not be read' };
  }
  const { status, headers, size } = response;
  return { kind: 'response', status, headers, body: response_body ?? new Uint8Array(), bodySize: size };
}
