import { decodeBody, whyNotDecoded } from './content-coding.ts';
import { damageNote } from './damage.ts';
import type {
  Acknowledgement,
  Attempt,
  AttemptErrorCode,
  AttemptReason,
  Delivery,
  DeliverySource,
  HeaderPair,
  Intake,
} from './delivery.ts';
import { JsonText } from './json.ts';
import { maskBody, maskBodyText, maskHeaders, maskTarget } from './mask.ts';
import { readableText, withoutCutCharacter } from './utf8.ts';
import type { Verification } from './verification.ts';

/** A body in JSON: text where the bytes are {@link readableText}, else base64. */
export interface BodyRecord {
  encoding: 'utf8' | 'base64';
  data: string;
  /** Length in bytes of the body as it was; more than `data` holds when only its beginning was kept. */
  size: number;
  /** Whether a secret in `data` was replaced, so that it is not what was sent. */
  masked: boolean;
  /** The text of a body that came compressed, as it is read; absent where it did not, or is no text. */
  decoded?: DecodedText;
  /** Why a body that came compressed was not decoded, in a line. */
  undecoded?: string;
}

/** Text without its content codings. */
export interface DecodedText {
  /** As `content-encoding` names them. */
  codings: string;
  text: string;
  /** Length in bytes of what was decoded; at least that where it is not the whole. */
  size: number;
  /** Whether this is all of it, and not only its beginning. */
  whole: boolean;
}

/** One line of a list: a delivery without its headers and body. */
export interface DeliverySummary {
  seq: number;
  id: string;
  /** ms since the epoch. */
  receivedAt: number;
  source: DeliverySource;
  method: string;
  target: string;
  intake: Intake;
  /** Bytes of body. */
  size: number;
  /** `Completed` or `Failed`; null when this is no Reducto payload, with the reason in `note`. */
  status: 'Completed' | 'Failed' | null;
  jobId: string | null;
  /** The job's metadata as JSON text, as it was written; null when absent or null. */
  metadata: string | null;
  /** Why this is not a Reducto payload (then `status` is null), or what of it is not shown; null when it is one. */
  note: string | null;
  verification: Verification;
  acknowledgement: Acknowledgement | null;
  /** How many attempts were made. */
  attempts: number;
  /** The newest attempt; `label` is an HTTP status, an error code or `pending`. */
  lastAttempt: {
    label: string;
    status: number | null;
    durationMs: number | null;
    /** Whether a fault was in it on purpose; absent when none was. */
    faulty?: true;
  } | null;
  /** What of it is damaged in the history, a line each; absent when all is well. `note` says so too. */
  damage?: readonly string[];
}

/** A delivery in full, as JSON. */
export interface DeliveryRecord extends DeliverySummary {
  httpVersion: string;
  remoteAddress: string;
  headers: HeaderPair[];
  body: BodyRecord;
}

/** An attempt in full, as JSON. */
export interface AttemptRecord {
  id: string;
  deliveryId: string;
  deliverySeq: number;
  number: number;
  endpoint: string;
  reason: AttemptReason;
  /** Faults put into it on purpose, in the fault language. */
  faults: readonly string[];
  /** What else was done to it, in words. */
  notes: readonly string[];
  /** ms since the epoch. */
  startedAt: number;
  durationMs: number | null;
  /** `body` is null when it was the delivery's own, byte for byte. */
  request: { method: string; url: string; headers: HeaderPair[]; body: BodyRecord | null };
  outcome:
    | { kind: 'pending' }
    | { kind: 'response'; status: number; headers: HeaderPair[]; body: BodyRecord }
    | { kind: 'error'; code: AttemptErrorCode; message: string };
}

/** Everything known of one delivery. */
export interface DeliveryDetail {
  delivery: DeliveryRecord;
  attempts: ShownAttempt[];
}

/** What became of an endpoint between two attempts of a delivery, and what changed in its answer. */
export interface ChangeSince {
  change: 'fixed' | 'broken since';
  /** In a line: `fixed: 500 at attempt 1`. */
  text: string;
  /** How the answers differ, as `diff -u` writes it; absent where one of them is none. */
  answer?: string;
}

/**
 * An attempt, how its request differs from the delivery (as `diff -u` writes it), and whether the app is fixed, or broken
 * since the attempt before; each is absent when there is nothing to say.
 */
export type ShownAttempt = AttemptRecord & { difference?: string; since?: ChangeSince };

/** How a body is written as JSON. */
interface BodyOptions {
  /** True to leave secrets readable. */
  secrets: boolean;
  /** Those that say what it is: content-type and content-encoding. */
  headers?: readonly HeaderPair[];
  /** Its whole length, when the bytes are only its beginning. */
  size?: number;
}

/** A body as JSON. */
export function bodyRecord(
  bytes: Uint8Array,
  { secrets, headers = [], size = bytes.length }: BodyOptions,
): BodyRecord {
  const shown = secrets ? bytes : maskBody(bytes, headers);
  const masked = shown !== bytes;
  const text = readableText(shown);
  if (text !== null) return { encoding: 'utf8', data: text, size, masked };
  const decoded = decodedText(shown, headers);
  const data = Buffer.from(shown).toString('base64');
  const undecoded = decoded === null ? whyNotDecoded(headers) : null;
  return {
    ...{ encoding: 'base64', data, size, masked },
    ...(decoded ? { decoded } : {}),
    ...(undecoded === null ? {} : { undecoded }),
  };
}

/** What a compressed body says; null when it is not compressed, or says nothing that can be read. */
export function decodedText(body: Uint8Array, headers: readonly HeaderPair[]): DecodedText | null {
  const decoded = decodeBody(body, headers);
  if (decoded === null) return null;
  const { bytes, whole, codings } = decoded;
  // Where it is cut off, a character may be too.
  const text = readableText(whole ? bytes : withoutCutCharacter(bytes));
  return text === null ? null : { codings: codings.join(', '), text, size: bytes.length, whole };
}

/** The bytes that a record holds. */
export const bodyBytes = (record: BodyRecord): Uint8Array => Buffer.from(record.data, record.encoding);

/** A summary with its secrets masked. */
export const maskSummary = <T extends DeliverySummary>(summary: T): T => ({
  ...summary,
  target: maskTarget(summary.target),
  metadata: summary.metadata && maskBodyText(summary.metadata),
});

/**
 * A delivery as JSON.
 * @param secrets true to leave secrets readable
 */
export function deliveryRecord(
  delivery: Delivery,
  summary: DeliverySummary,
  secrets: boolean,
): DeliveryRecord {
  const damage = [...new Set([...(summary.damage ?? []), ...(delivery.damage ?? [])])];
  return {
    ...(secrets ? summary : maskSummary(summary)),
    ...(damage.length > 0 ? { damage, note: damageNote({ seq: delivery.seq, damage }) } : {}),
    httpVersion: delivery.httpVersion,
    remoteAddress: delivery.remoteAddress,
    headers: secrets ? [...delivery.headers] : maskHeaders(delivery.headers),
    body: bodyRecord(delivery.body, { secrets, headers: delivery.headers }),
  };
}

/** A summary as it is printed as JSON: its metadata as a value, where it has none of JavaScript's limits. */
export const printedSummary = <T extends DeliverySummary>(summary: T) => ({
  ...summary,
  metadata: summary.metadata === null ? null : new JsonText(summary.metadata),
});

/** The summary of a delivery that has had no attempt yet. */
export function freshSummary(delivery: Delivery): DeliverySummary {
  const { recognition } = delivery;
  const payload = recognition.kind === 'reducto' ? recognition : null;
  return {
    seq: delivery.seq,
    id: delivery.id,
    receivedAt: delivery.receivedAt,
    source: delivery.source,
    method: delivery.method,
    target: delivery.target,
    intake: delivery.intake,
    size: delivery.body.length,
    status: payload?.status ?? null,
    jobId: payload?.jobId ?? null,
    metadata: payload?.metadata == null ? null : (payload.metadataText ?? null),
    note: recognition.kind === 'other' ? recognition.reason : recognition.note,
    verification: delivery.verification,
    acknowledgement: delivery.acknowledgement,
    attempts: 0,
    lastAttempt: null,
  };
}

/**
 * An attempt as JSON.
 * @param secrets true to leave secrets readable
 */
export function attemptRecord(attempt: Attempt, secrets: boolean): AttemptRecord {
  const headers = (pairs: readonly HeaderPair[]): HeaderPair[] => (secrets ? [...pairs] : maskHeaders(pairs));
  const { outcome, requestBody } = attempt;
  return {
    id: attempt.id,
    deliveryId: attempt.deliveryId,
    deliverySeq: attempt.deliverySeq,
    number: attempt.number,
    endpoint: attempt.endpoint,
    reason: attempt.reason,
    faults: attempt.faults,
    notes: attempt.notes,
    startedAt: attempt.startedAt,
    durationMs: attempt.durationMs,
    request: {
      method: attempt.request.method,
      url: secrets ? attempt.request.url : maskTarget(attempt.request.url),
      headers: headers(attempt.request.headers),
      body:
        requestBody === null ? null : bodyRecord(requestBody, { secrets, headers: attempt.request.headers }),
    },
    outcome:
      outcome.kind === 'response'
        ? {
            kind: 'response',
            status: outcome.status,
            headers: headers(outcome.headers),
            body: bodyRecord(outcome.body, { secrets, headers: outcome.headers, size: outcome.bodySize }),
          }
        : outcome,
  };
}
