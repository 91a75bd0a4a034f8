import { outcomeInWords, took } from '../core/outcome.ts';
import type { AttemptRecord } from '../core/record.ts';
import type { CommandResult } from '../runtime/commands/index.ts';
import { plural } from './format.ts';
import type { Imported } from './import-text.ts';
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

/** How deliveries were made, in a line; where there is no app, they were only captured. */
export function triggerTold(what: string, result: CommandResult<'trigger'>): Told {
  if ('events' in result) return { text: result.events.join(', '), tone: 'plain' };
  if (result.captured === 0 || result.cancelled) return replayTold('Made and sent', what, result);
  return { text: `Made ${what}: captured, there is no app to send to`, tone: 'good' };
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

/** What was done, in a line; on a page of its own where something must be known about it. */
export const withWarnings = (text: string, warnings: readonly string[]): Told =>
  warnings.length === 0
    ? { text, tone: 'good' }
    : { text: '', tone: 'plain', sheet: { title: text, text: warnings.join('\n') } };

/** How an import ended. @param name that of the file */
export function importTold(name: string, { imported, first, last, masked, warnings }: Imported): Told {
  const numbers = first === null ? '' : first === last ? `: #${first}` : `: #${first} to #${last}`;
  const secrets = masked > 0 ? ` · ${masked.toLocaleString('en')} with masked secrets` : '';
  const left = warnings.length > 0 ? ` · ${plural(warnings.length, 'warning')}` : '';
  return withWarnings(
    `Imported ${plural(imported, 'delivery', 'deliveries')} from ${name}${numbers}${secrets}${left}`,
    warnings,
  );
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
