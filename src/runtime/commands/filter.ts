import * as z from 'zod';
import { parseFilter } from '../../core/filter.ts';
import { defineCommand } from '../command.ts';

export const filter = defineCommand({
  help: 'Check a filter and count what it matches',
  example: '"metadata.user_id:123 AND NOT status:completed"',
  offline: true,
  reads: true,
  positional: ['query'],
  args: z.object({
    query: z.string().describe('the filter; empty for everything'),
    before: z.coerce.number().int().optional().describe('count only those with a smaller number'),
  }),
  async run({ store, signal }, { query, before }) {
    return { matches: await store.search.count(parseFilter(query), { before, signal }) };
  },
});
