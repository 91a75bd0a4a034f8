import type { AttemptRecord } from '../core/record.ts';

/** An attempt that was marked; `name` as people read it: `#12 attempt 3`. */
export interface AttemptMark {
  id: string;
  name: string;
}

/** What the user marked to act on it, in the order of marking. */
export interface Marks {
  /** By `seq`. */
  deliveries: readonly number[];
  attempts: readonly AttemptMark[];
}

export const noMarks: Marks = { deliveries: [], attempts: [] };

/** Marks a delivery, or takes its mark away. */
export const toggleDelivery = (marks: Marks, seq: number): Marks => ({
  ...marks,
  deliveries: marks.deliveries.includes(seq)
    ? marks.deliveries.filter((marked) => marked !== seq)
    : [...marks.deliveries, seq],
});

/** Marks an attempt, or takes its mark away. */
export const toggleAttempt = (marks: Marks, attempt: AttemptMark): Marks => ({
  ...marks,
  attempts: marks.attempts.some(({ id }) => id === attempt.id)
    ? marks.attempts.filter(({ id }) => id !== attempt.id)
    : [...marks.attempts, attempt],
});

/** An attempt as it is named when two are compared. */
export const attemptMark = ({ id, number, deliverySeq }: AttemptRecord): AttemptMark => ({
  id,
  name: `#${deliverySeq} attempt ${number}`,
});

/** What is marked, in words; null for nothing. */
export function marksText({ deliveries, attempts }: Marks): string | null {
  const parts = [
    ...(deliveries.length > 0 ? [`${deliveries.length.toLocaleString('en')} marked`] : []),
    ...(attempts.length > 0 ? [`${attempts.length} attempt${attempts.length === 1 ? '' : 's'} marked`] : []),
  ];
  return parts.length === 0 ? null : parts.join(', ');
}
