import { type Attempt, outcomeLabel } from '../core/delivery.ts';

/** How attempts ended, in short: `3 × 200`, `200, 2 × 409`. */
export function outcomes(attempts: readonly Attempt[]): string {
  const counts = new Map<string, number>();
  for (const { outcome } of attempts) {
    const label = outcomeLabel(outcome);
    counts.set(label, (counts.get(label) ?? 0) + 1);
  }
  return [...counts].map(([label, count]) => (count === 1 ? label : `${count} × ${label}`)).join(', ');
}

/** The beginning of an answer's body, where it has one. */
export function answerText({ outcome }: Attempt): string {
  if (outcome.kind !== 'response' || outcome.body.length === 0) return '';
  const text = Buffer.from(outcome.body).toString().replace(/\s+/g, ' ').trim();
  return `: ${text.length > 200 ? `${text.slice(0, 200)}…` : text}`;
}
