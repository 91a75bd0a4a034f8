import { UserError } from './errors.ts';

/** What is damaged in the history, and what to do about it. */
export const damageNote = ({ seq, damage = [] }: { seq: number; damage?: readonly string[] }): string =>
  `damaged in the history (${damage.join('; ')}); reducto-webhook-dev clear ${seq} removes it`;

/** The error of a delivery that can't be sent or exported for what is damaged in it. */
export const damagedError = (delivery: { seq: number; damage?: readonly string[] }): UserError =>
  new UserError('damaged', `#${delivery.seq} is ${damageNote(delivery)}.`);

/** What is damaged of the emulated API's jobs, in a line; null for nothing. @param damaged a line each */
export const damagedJobsNote = (damaged: readonly string[]): string | null =>
  damaged.length === 0
    ? null
    : `${damaged.length === 1 ? 'A record' : `${damaged.length} records`} of the emulator can't be read and ${damaged.length === 1 ? 'is' : 'are'} left out, as if never made: ${damaged.slice(0, 3).join(', ')}${damaged.length > 3 ? ' …' : ''}. Submit anew what you need.`;

/** Lines of warning that a result carries: of a million damaged ones the first tell enough. */
const mostWarnings = 100;

/** Adds what was left out to the warnings of a result. */
export function warn(warnings: string[], text: string): void {
  if (warnings.length < mostWarnings) warnings.push(text);
  else if (warnings.length === mostWarnings) warnings.push('… and more');
}

/** What a history has lost for damage to its files. */
export type Loss =
  /** It was moved aside, and a fresh one begun with what could be read of it. */
  | {
      kind: 'moved';
      /** Where the damaged file is now. */
      movedTo: string;
      /** What SQLite said of it. */
      reason: string;
      /** Deliveries that were carried over. */
      saved: number;
      /** Deliveries that it held; null when that can't be told. */
      of: number | null;
    }
  /** Deliveries of these numbers were stored, and are in no file. */
  | { kind: 'gone'; first: number; last: number };

/** A loss in a line. */
export function lossNote(loss: Loss): string {
  if (loss.kind === 'gone') {
    const { first, last } = loss;
    const which = first === last ? `Delivery #${first} is` : `The deliveries #${first} to #${last} are`;
    return `${which} not in the history any more: its file or the log beside it (-wal) was removed, cut or damaged.`;
  }
  const { movedTo, reason, saved, of } = loss;
  const much = of === null ? `${saved} deliveries were saved` : `${saved} of ${of} deliveries were saved`;
  return `The history was damaged (${reason}): ${much} into a fresh one, the damaged file is at ${movedTo}.`;
}
