/** How well verdicts agree with what is known. */
export interface Score {
  expected: number;
  found: number;
  /** Expected and found. */
  right: number;
  /** The share of what was found that is right. */
  precision: number;
  /** The share of what is there that was found. */
  recall: number;
}

/** Counts failures over handlers. */
export function score(verdicts: readonly { expected: readonly string[]; found: readonly string[] }[]): Score {
  const sum = (count: (verdict: (typeof verdicts)[number]) => number): number =>
    verdicts.reduce((total, verdict) => total + count(verdict), 0);
  const expected = sum((verdict) => verdict.expected.length);
  const found = sum((verdict) => verdict.found.length);
  const right = sum((verdict) => verdict.found.filter((id) => verdict.expected.includes(id)).length);
  return { expected, found, right, precision: right / found, recall: right / expected };
}
