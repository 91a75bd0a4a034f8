/** One line that is shown for a while. */
export interface Notice {
  text: string;
  tone: 'plain' | 'good' | 'bad' | 'warn';
  /** When it goes, ms since the epoch; null while what it tells of is under way. */
  until: number | null;
}

/** Notices stay this long (ms); bad news longer. */
const stay = { plain: 5_000, good: 5_000, warn: 10_000, bad: 10_000 } as const;

/** A notice that goes by itself. @param now ms since the epoch */
export const passing = (text: string, tone: Notice['tone'], now: number): Notice => ({
  text,
  tone,
  until: now + stay[tone],
});
