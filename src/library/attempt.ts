import type { AttemptReason, HeaderPair } from '../core/delivery.ts';
import { type BodyRecord, bodyBytes, type ShownAttempt } from '../core/record.ts';

/** A request to the app on behalf of a delivery, and what it answered. */
export interface Attempt {
  /** From 1 up within its delivery. */
  number: number;
  /** The endpoint as it was named. */
  endpoint: string;
  reason: AttemptReason;
  /** The URL that the request went to. */
  url: string;
  /** Status of the app's answer; null when there was none. */
  status: number | null;
  /** Why there was no answer: `timeout`, `refused`, `reset` …; null when there was one, or it is awaited. */
  error: string | null;
  /** The answer's headers, their names in lower case. */
  headers: Readonly<Record<string, string>>;
  /** The answer's body, at most its first 256 KB. */
  body: Buffer;
  startedAt: Date;
  /** ms; null while it is under way. */
  durationMs: number | null;
  /** Faults that were put into it on purpose, in the fault language. */
  faults: readonly string[];
}

/** An attempt as a test sees it. */
export function toAttempt({ outcome, ...record }: ShownAttempt): Attempt {
  const answer = outcome.kind === 'response' ? outcome : null;
  return {
    number: record.number,
    endpoint: record.endpoint,
    reason: record.reason,
    url: record.request.url,
    status: answer?.status ?? null,
    error: outcome.kind === 'error' ? outcome.code : null,
    headers: byName(answer?.headers ?? []),
    body: answer ? bufferOf(answer.body) : Buffer.alloc(0),
    startedAt: new Date(record.startedAt),
    durationMs: record.durationMs,
    faults: record.faults,
  };
}

/** A body's bytes. */
export const bufferOf = (record: BodyRecord): Buffer => Buffer.from(bodyBytes(record));

/** Headers by their names in lower case; the values of several of one name are joined. */
export function byName(pairs: readonly HeaderPair[]): Record<string, string> {
  const values = new Map<string, string>();
  for (const [name, value] of pairs) {
    const key = name.toLowerCase();
    const before = values.get(key);
    values.set(key, before === undefined ? value : `${before}, ${value}`);
  }
  return Object.fromEntries(values);
}
