import { isSuccess } from '../core/delivery.ts';
import { outcomeInWords } from '../core/outcome.ts';
import type { AttemptRecord, DeliveryDetail } from '../core/record.ts';
import { formatDuration, formatSize } from '../core/units.ts';
import { outcomeTone, type Tone } from './tone.ts';

/** One thing that happened to a delivery. */
export interface TimelineEvent {
  /** ms since the epoch. */
  at: number;
  title: string;
  tone: Tone;
  text: string;
}

/** Everything that happened to a delivery, in order. */
export function timeline({ delivery, attempts }: DeliveryDetail): TimelineEvent[] {
  const { acknowledgement: ack, receivedAt } = delivery;
  const events: TimelineEvent[] = [
    {
      at: receivedAt,
      title: 'received',
      tone: 'accent',
      text: `${delivery.method} ${delivery.target}, ${formatSize(delivery.size)} from ${delivery.remoteAddress} (${delivery.source})`,
    },
    ...attempts.flatMap(attemptEvents),
  ];
  if (ack)
    events.push({
      at: receivedAt + ack.durationMs,
      title: 'sender answered',
      tone: isSuccess(ack.status) ? 'good' : 'bad',
      text: `${ack.status ?? 'not at all'} after ${formatDuration(ack.durationMs)}, by ${by[ack.by]}${ack.note ? `: ${ack.note}` : ''}${onPurpose(ack.faults)}`,
    });
  // Stable: what began at the same ms stays in the order of its making.
  return events.sort((a, b) => a.at - b.at);
}

const onPurpose = (faults: readonly string[] = []): string =>
  faults.length === 0 ? '' : `; on purpose: ${faults.join(' ')}`;

const by = { app: 'the app', tool: 'this tool', nobody: 'nobody' } as const;

function attemptEvents({
  number,
  reason,
  endpoint,
  startedAt,
  durationMs,
  outcome,
  faults,
  notes,
}: AttemptRecord): TimelineEvent[] {
  const start: TimelineEvent = {
    at: startedAt,
    title: `attempt ${number} began`,
    tone: 'dim',
    text: `${reason} to ${endpoint}${notes.length > 0 ? `; ${notes.join('; ')}` : ''}${onPurpose(faults)}`,
  };
  if (outcome.kind === 'pending') return [start];
  const answered = outcome.kind === 'response';
  const end: TimelineEvent = {
    at: startedAt + (durationMs ?? 0),
    title: `attempt ${number} ${answered ? 'answered' : 'failed'}`,
    tone: outcomeTone(outcome),
    text: outcomeInWords(outcome, durationMs),
  };
  return [start, end];
}
