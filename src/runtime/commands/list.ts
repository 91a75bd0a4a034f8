import * as z from 'zod';
import { parseFilter } from '../../core/filter.ts';
import { maskSummary } from '../../core/record.ts';
import { defineCommand } from '../command.ts';

export const list = defineCommand({
  help: 'List deliveries, newest first',
  example: '--filter status:failed --limit 20',
  offline: true,
  reads: true,
  args: z.object({
    filter: z.string().default('').describe('only deliveries that match, e.g. code:>=500'),
    limit: z.coerce.number().int().min(1).max(10_000).default(50).describe('at most this many'),
    before: z.coerce.number().int().optional().describe('only those with a smaller number'),
    after: z.coerce.number().int().optional().describe('only those with a greater number'),
    from: z.enum(['newest', 'oldest']).default('newest').describe('which end to take them from'),
    offset: z.coerce.number().int().min(0).default(0).describe('leave so many out first'),
    secrets: z.boolean().default(false).describe('leave secrets readable'),
  }),
  async run({ store, signal }, { filter, limit, before, after, from, offset, secrets }) {
    const query = {
      filter: parseFilter(filter),
      limit,
      from,
      offset,
      ...(before === undefined ? {} : { before }),
      ...(after === undefined ? {} : { after }),
    };
    const page = await store.search.page(query, signal);
    return { deliveries: secrets ? page : page.map(maskSummary) };
  },
});
