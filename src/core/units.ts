import bytes from 'bytes';
import ms, { type StringValue } from 'ms';

/** Bytes in a size such as `10mb` or `4096`; null when it is none. */
export function parseSize(text: string): number | null {
  const [, number, unit = ''] = /^(\d+(?:\.\d+)?)\s*(?:([kmg])i?)?b?$/i.exec(text.trim()) ?? [];
  const size = Math.floor(Number(number) * 1024 ** ['', 'k', 'm', 'g'].indexOf(unit.toLowerCase()));
  return Number.isSafeInteger(size) ? size : null;
}

/**
 * Milliseconds in a duration such as `30s`, `500ms` or `2m`; null when it is none. The unit has to be there, since
 * half of those who leave it out mean seconds; only 0 needs none.
 */
export function parseDuration(text: string): number | null {
  const trimmed = text.trim();
  if (trimmed === '0') return 0;
  const duration = /^\d+(\.\d+)?\s*(ms|s|m|h|d)$/i.test(trimmed) ? ms(trimmed as StringValue) : Number.NaN;
  return Number.isFinite(duration) ? duration : null;
}

/** Node's timers wait no longer than this (24 days): beyond it they would fire at once. */
export const longestTimerMs = 2 ** 31 - 1;

/** As {@link parseDuration}; null too for what is longer than a timer can wait. */
export function parseTimer(text: string): number | null {
  const ms = parseDuration(text);
  return ms === null || ms > longestTimerMs ? null : ms;
}

/** A size as people read it: `1.2 KB`. */
export const formatSize = (size: number): string =>
  bytes.format(size, { unitSeparator: ' ', decimalPlaces: 1 }) ?? '0 B';

/** A duration as people read it: `12 ms`, `1.4 s`, `3m 05s`. */
export function formatDuration(duration: number): string {
  if (duration < 999.5) return `${Math.round(duration)} ms`;
  if (duration < 59_950) return `${(duration / 1000).toFixed(1)} s`;
  const seconds = Math.round(duration / 1000);
  if (seconds < 3600) return `${Math.floor(seconds / 60)}m ${String(seconds % 60).padStart(2, '0')}s`;
  const minutes = Math.floor(seconds / 60);
  return `${Math.floor(minutes / 60)}h ${String(minutes % 60).padStart(2, '0')}m`;
}
