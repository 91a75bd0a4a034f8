import { rmSync } from 'node:fs';
import type { Bench, Figure } from './figure.ts';
import { newDataDir, runProgram } from './processes.ts';
import { median, progress } from './rounds.ts';

/** The first pages that are timed. */
export const queries = [
  { what: 'unfiltered', filter: '' },
  { what: '`status:failed`', filter: 'status:failed' },
  { what: '`job:204a*`', filter: 'job:204a*' },
  { what: '`metadata.user_id:123`', filter: 'metadata.user_id:123' },
  { what: '`code:>=500`', filter: 'code:>=500' },
  { what: 'a filter that matches nothing', filter: 'metadata.user_id:nobody' },
] as const;

const sizes = { small: 1000, large: 100_000 };

/** How long the first page of a long history takes. */
export const list: Bench = {
  method:
    'The store, in a process of its own each round that opens the file anew: a page of 50, median of 9 readings. ' +
    'One delivery in ten has failed, 1,000 users, every delivery with an attempt. Baseline: the same page of ' +
    '1,000 deliveries.',
  async run({ rounds }) {
    const [small, large] = [newDataDir(), newDataDir()];
    try {
      await runProgram('list-store', ['seed', small, String(sizes.small)]);
      await runProgram('list-store', ['seed', large, String(sizes.large)]);
      const times: { small: number[][]; large: number[][] } = { small: [], large: [] };
      for (let round = 0; round < rounds; round++) {
        times.small.push(await runProgram('list-store', ['read', small]));
        times.large.push(await runProgram('list-store', ['read', large]));
        progress(
          times.large
            .at(-1)!
            .map((time) => time.toFixed(1))
            .join(' / '),
        );
      }
      return queries.map(
        ({ what }, i): Figure => ({
          what: `List of 100,000, ${what}`,
          unit: 'ms',
          baseline: { what: 'of 1,000', value: median(times.small.map((round) => round[i]!)) },
          ours: median(times.large.map((round) => round[i]!)),
          judged: 'itself',
          target: { bound: 'at most', value: 50 },
        }),
      );
    } finally {
      for (const dir of [small, large]) rmSync(dir, { recursive: true });
    }
  },
};
