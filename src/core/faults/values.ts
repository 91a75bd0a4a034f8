import { parseTimer } from '../units.ts';

/** A whole number from `min` up; null when it is none. */
export function wholeNumber(text: string | null, min: number, max = 1_000_000_000): number | null {
  const value = text !== null && /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN;
  return value >= min && value <= max ? value : null;
}

/** Whole ms of a duration that has to be given; null when it is none, or longer than a timer can wait. */
export function duration(text: string | null): number | null {
  const ms = text === null ? null : parseTimer(text);
  return ms === null ? null : Math.round(ms);
}

/** The shortest way to write ms that {@link duration} reads back. */
export function printDuration(ms: number): string {
  if (ms !== 0 && ms % 60_000 === 0) return `${ms / 60_000}m`;
  return ms !== 0 && ms % 1000 === 0 ? `${ms / 1000}s` : `${ms}ms`;
}
