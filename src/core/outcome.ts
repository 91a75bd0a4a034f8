import { isSuccess, outcomeLabel } from './delivery.ts';
import type { BodyRecord } from './record.ts';
import { formatDuration, formatSize } from './units.ts';

/** How an attempt ended, as far as words about it need it: of the domain or of a record. */
export type ToldOutcome =
  | { kind: 'pending' }
  | { kind: 'response'; status: number }
  | { kind: 'error'; code: string; message: string };

/** `200 in 12 ms`, `timeout in 30.0 s`; without the time where it is not known. */
export const labelInWords = (label: string, durationMs: number | null): string =>
  durationMs === null ? label : `${label} in ${formatDuration(durationMs)}`;

/** The outcome in a line: `200 in 12 ms`, `refused in 3 ms: nothing listens there`, `pending`. */
export function outcomeInWords(outcome: ToldOutcome, durationMs: number | null): string {
  const text = labelInWords(outcomeLabel(outcome), durationMs);
  return outcome.kind === 'error' ? `${text}: ${outcome.message}` : text;
}

/** Whether the app took it: an answer 2xx. */
export const took = (outcome: ToldOutcome): boolean =>
  outcome.kind === 'response' && isSuccess(outcome.status);

/** How a body that came compressed is shown, with both its sizes, in a line; null for what did not. */
export function codingInWords({ size, decoded, undecoded }: BodyRecord): string | null {
  if (undecoded !== undefined) return `${formatSize(size)} as sent: ${undecoded}`;
  if (decoded === undefined) return null;
  const read = `${decoded.whole ? '' : 'only the first '}${formatSize(decoded.size)}`;
  return `decoded from ${decoded.codings}: ${formatSize(size)} as sent, ${read} as read`;
}
