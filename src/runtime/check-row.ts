import { messageOf } from '../checks/compare.ts';
import type { CheckResult } from '../checks/options.ts';
import type { CheckRow } from '../core/session.ts';

/** Characters of a row's message: the status goes to every screen again and again. */
export const messageLength = 300;

/** A check that has ended, as screens show it while the others are made. */
export function rowOfResult({
  id,
  title,
  severity,
  verdict,
  durationMs,
}: Omit<CheckResult, 'sent' | 'appOutput'>): CheckRow {
  const state =
    verdict.outcome === 'not judged' && verdict.applies === false ? 'not applicable' : verdict.outcome;
  const message = messageOf(verdict);
  return { id, title, severity, state, message: message.slice(0, messageLength), durationMs };
}
