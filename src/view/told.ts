import { outcomeInWords, took } from '../core/outcome.ts';
import type { AttemptRecord } from '../core/record.ts';
import type { CommandResult } from '../runtime/commands/index.ts';
import { plural } from './format.ts';
import type { Told } from './task.ts';

type Result = Pick<
  CommandResult<'replay'>,
  'sent' | 'outcomes' | 'omitted' | 'attempts' | 'cancelled' | 'failed'
>;

/** How a replay ended, in a line. @param verb what was done: `Replayed` */
export function replayTold(verb: string, what: string, result: Result): Told {
  const { sent, outcomes, attempts, cancelled, failed } = result;
  if (cancelled)
    return {
      text: `Cancelled after ${plural(sent, 'attempt')}: what was sent stays recorded`,
      tone: 'warn',
    };
  if (sent === 0) return { text: `${what}: nothing was sent`, tone: 'bad' };
  const [first] = attempts;
  const outcome =
    sent === 1 && first ? outcomeInWords(first.outcome, first.durationMs) : countsInWords(outcomes);
  const tone = failed === 0 && attempts.every(({ outcome: one }) => took(one)) ? 'good' : 'bad';
  return { text: `${verb} ${what}: ${outcome}${asides(attempts)}`, tone };
}

/** How a retry schedule ended, in a line. */
export function retryTold(what: string, result: Result): Told {
  const { sent, omitted, attempts, cancelled, failed } = result;
  if (cancelled || attempts.length === 0 || omitted > 0) return replayTold('Retried', what, result);
  const { outcome, durationMs } = attempts.at(-1)!;
  const last = outcomeInWords(outcome, durationMs);
  const many = plural(sent, 'attempt');
  return failed === 0
    ? { text: `${what} was taken after ${many}: ${last}${asides(attempts)}`, tone: 'good' }
    : { text: `${what} was given up after ${many}: ${last}${asides(attempts)}`, tone: 'bad' };
}

/** `3 × 200, 1 × refused`, the most frequent first. */
function countsInWords(outcomes: Readonly<Record<string, number>>): string {
  return Object.entries(outcomes)
    .sort(([, a], [, b]) => b - a)
    .map(([label, count]) => `${count.toLocaleString('en')} × ${label}`)
    .join(', ');
}

/** What a reader must know to judge the outcome: how it was signed, and what was wrong on purpose. */
function asides(attempts: readonly AttemptRecord[]): string {
  const signed = new Set(attempts.flatMap(({ notes }) => notes.filter(aboutSignature)));
  const faulted = attempts.filter(({ faults }) => faults.length > 0).length;
  return [
    ...(signed.size === 1 ? [...signed] : signed.size > 1 ? ['signatures as each attempt says'] : []),
    ...(faulted > 0 ? [`faults on purpose in ${faulted.toLocaleString('en')}`] : []),
  ]
    .map((text) => ` · ${text}`)
    .join('');
}

const aboutSignature = (note: string): boolean => /\bsigned\b|\bsignature\b/.test(note);
