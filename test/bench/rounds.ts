/** The middle of `values`. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** Measures baseline and ours in turn, so that a slow minute of the machine hits both; the median of each. */
export async function alternate(
  rounds: number,
  baseline: () => Promise<number>,
  ours: () => Promise<number>,
): Promise<{ baseline: number; ours: number }> {
  const values: { baseline: number[]; ours: number[] } = { baseline: [], ours: [] };
  for (let round = 0; round < rounds; round++) {
    values.baseline.push(await baseline());
    values.ours.push(await ours());
    progress(`${values.baseline.at(-1)!.toFixed(2)} / ${values.ours.at(-1)!.toFixed(2)}`);
  }
  return { baseline: median(values.baseline), ours: median(values.ours) };
}

/** A line on how it goes, beside the table on stdout. */
export const progress = (line: string): void => void process.stderr.write(`  ${line}\n`);
