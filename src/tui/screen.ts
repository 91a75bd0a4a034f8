import type { Span } from './text.ts';

/** One line of the screen. */
export interface ScreenLine {
  spans: Span[];
  /** Drawn as a bar. */
  selected?: boolean;
}

/** `lines` in exactly `height`. */
export const filled = (lines: readonly ScreenLine[], height: number): ScreenLine[] =>
  Array.from({ length: height }, (_, row) => lines[row] ?? { spans: [] });
