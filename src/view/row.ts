import { isSuccess } from '../core/delivery.ts';
import type { DeliverySummary } from '../core/record.ts';
import { shortTime } from '../core/time.ts';
import { formatDuration } from '../core/units.ts';
import { metadataText } from './metadata.ts';
import type { Tone } from './tone.ts';

/** A piece of a row, with what it means. */
export interface Cell {
  text: string;
  tone?: Tone;
}

/** One row of the list, in words as they came (not printable): what each screen places as it has room. */
export interface ListRow {
  seq: number;
  /** With the day where it is not today's. */
  time: string;
  status: Cell;
  job: string;
  metadata: string;
  path: string;
  /** `✓`, `✗` or `·`. */
  mark: Cell;
  outcome: Cell;
  latency: string;
  /** `×2` when there was more than one attempt. */
  attempts: string;
  /** `!` when a fault struck on purpose, on the way to the app or to the sender. */
  fault: Cell;
}

const rows = new WeakMap<DeliverySummary, Omit<ListRow, 'time'>>();

/**
 * A summary as a row of the list. Made once, but for its time: the screen is drawn many times a second.
 * @param now ms since the epoch
 */
export function listRow(summary: DeliverySummary, now: number): ListRow {
  let row = rows.get(summary);
  if (!row) {
    row = makeRow(summary);
    rows.set(summary, row);
  }
  return { ...row, time: shortTime(summary.receivedAt, now) };
}

function makeRow(summary: DeliverySummary): Omit<ListRow, 'time'> {
  const { lastAttempt, attempts } = summary;
  const duration = lastAttempt?.durationMs;
  // The query is for the detail: it seldom tells one delivery from another.
  const path = summary.target.replace(/\?.*$/s, '');
  return {
    seq: summary.seq,
    status: statusCell(summary),
    job: summary.jobId ?? '–',
    metadata: summary.note ?? metadataText(summary.metadata),
    path: summary.method === 'POST' ? path : `${summary.method} ${path}`,
    mark: verificationMark(summary.verification),
    outcome: outcomeCell(summary),
    latency: duration == null ? '' : formatDuration(duration),
    attempts: attempts > 1 ? `×${attempts}` : '',
    fault: faultCell(summary),
  };
}

/** The row of a delivery that is held back from the app. */
export const heldRow = (row: ListRow): ListRow => ({ ...row, outcome: { text: 'held', tone: 'warn' } });

const faultCell = ({ lastAttempt, acknowledgement }: DeliverySummary): Cell =>
  lastAttempt?.faulty || (acknowledgement?.faults?.length ?? 0) > 0
    ? { text: '!', tone: 'warn' }
    : { text: '' };

/** The job's status; for what is no Reducto payload, what happened to it. */
export function statusCell({ status, intake }: Pick<DeliverySummary, 'status' | 'intake'>): Cell {
  if (intake === 'aborted') return { text: 'Aborted', tone: 'warn' };
  if (intake === 'refused') return { text: 'Refused', tone: 'warn' };
  if (intake === 'too-large') return { text: 'Too large', tone: 'warn' };
  if (status === 'Completed') return { text: 'Completed', tone: 'good' };
  return status === 'Failed' ? { text: 'Failed', tone: 'bad' } : { text: 'Other', tone: 'dim' };
}

/** Whether everything asked for was verified. Not core's `isVerified`, which needs Node's crypto. */
function verificationMark({ secret, svix }: DeliverySummary['verification']): Cell {
  const verdicts = [secret, svix].filter((verdict) => verdict !== null);
  if (verdicts.length === 0) return { text: '·', tone: 'dim' };
  return verdicts.every(({ verdict }) => verdict === 'ok')
    ? { text: '✓', tone: 'good' }
    : { text: '✗', tone: 'bad' };
}

/** How the last attempt ended; without an attempt, what the sender was answered. */
function outcomeCell({ lastAttempt, acknowledgement }: DeliverySummary): Cell {
  if (!lastAttempt)
    return { text: acknowledgement?.status ? `ack ${acknowledgement.status}` : '–', tone: 'dim' };
  const { label, status } = lastAttempt;
  if (label === 'pending') return { text: '…', tone: 'warn' };
  return { text: label, tone: isSuccess(status) ? 'good' : 'bad' };
}
