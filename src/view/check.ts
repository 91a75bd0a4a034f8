import type { CheckRow, CheckRunStatus } from '../core/session.ts';
import { formatDuration } from '../core/units.ts';
import type { Tone } from './tone.ts';

/** A row's symbol and tone: the word says the same without colour. */
export function checkLook({ state, severity }: Pick<CheckRow, 'state' | 'severity'>): {
  symbol: string;
  tone: Tone;
} {
  switch (state) {
    case 'waiting':
      return { symbol: '·', tone: 'dim' };
    case 'running':
      return { symbol: '◌', tone: 'accent' };
    case 'passed':
      return { symbol: '✓', tone: 'good' };
    case 'failed':
      return severity === 'error'
        ? { symbol: '✗', tone: 'bad' }
        : { symbol: severity === 'warning' ? '!' : 'i', tone: 'warn' };
    case 'not judged':
    case 'not applicable':
      return { symbol: '–', tone: 'dim' };
  }
}

/** The symbol and tone of a run that has ended: one that was stopped has proven nothing, unless something had failed by then. */
export function runLook({ exitCode, interrupted }: { exitCode: number; interrupted: boolean }): {
  symbol: string;
  tone: Tone;
} {
  if (exitCode !== 0) return { symbol: '✗', tone: 'bad' };
  return interrupted ? { symbol: '–', tone: 'dim' } : { symbol: '✓', tone: 'good' };
}

/** How far a run has come, in a line: `12 of 60 checks, 2 failed, about 20 s left`. */
export function checkProgress({ kind, rows, expected, startedAt }: CheckRunStatus, now: number): string {
  const ended = rows.filter(({ durationMs }) => durationMs !== null);
  const failed = ended.filter(({ state }) => state === 'failed').length;
  const left = expected && expected.endsAt > now ? Math.ceil((expected.endsAt - now) / 1000) * 1000 : null;
  return [
    kind === 'explore'
      ? 'searching for a schedule'
      : `${ended.length} of ${rows.length} ${kind === 'checks' ? 'checks' : 'scenarios'}`,
    ...(failed > 0 ? [`${failed} failed`] : []),
    left === null
      ? `for ${formatDuration(Math.max(0, Math.floor((now - startedAt) / 1000) * 1000))}`
      : `about ${formatDuration(left)} left`,
  ].join(', ');
}
