import * as z from 'zod';
import { parseFilter } from '../../core/filter.ts';
import { systemClock } from '../../core/ids.ts';
import { defineCommand } from '../command.ts';
import { durationArg } from './arguments.ts';

export const stats = defineCommand({
  help: 'Count deliveries and their outcomes over the last minutes or hours',
  example: '--last 1h --buckets 12',
  offline: true,
  reads: true,
  args: z.object({
    filter: z.string().default('').describe('only deliveries that match, e.g. status:failed'),
    last: durationArg.default(3_600_000).describe('how far back, as in 10m or 24h (default: 1h)'),
    buckets: z.coerce.number().int().min(1).max(1000).default(60).describe('into how many parts of it'),
  }),
  async run({ store, signal }, { filter, last, buckets }) {
    const bucketMs = Math.max(1, Math.round(last / buckets));
    // Begins at a whole bucket, so that what was counted once is counted in the same one the next time.
    const from = (Math.floor(systemClock.now() / bucketMs) + 1 - buckets) * bucketMs;
    const counts = await store.search.histogram(
      { filter: parseFilter(filter), from, bucketMs, buckets },
      signal,
    );
    return { from, bucketMs, counts };
  },
});
