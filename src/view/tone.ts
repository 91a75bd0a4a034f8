import { type ToldOutcome, took } from '../core/outcome.ts';
import type { ChangeSince } from '../core/record.ts';

/** What a piece of text means; each screen has its own colours for these. */
export type Tone = 'dim' | 'accent' | 'good' | 'bad' | 'warn' | 'key' | 'string' | 'number' | 'literal';

/** What an attempt's outcome means. */
export const outcomeTone = (outcome: ToldOutcome): Tone =>
  outcome.kind === 'pending' ? 'warn' : took(outcome) ? 'good' : 'bad';

/** What it means that an attempt ended otherwise than the one before it. */
export const sinceTone = ({ change }: ChangeSince): Tone => (change === 'fixed' ? 'good' : 'bad');
