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
  run({ store }, { query, before }) {
    const filter = parseFilter(query);
    if (before === undefined) return { matches: store.count(filter) };
    const older = { op: 'compare', field: 'seq', relation: '<', value: before } as const;
    return { matches: store.count({ op: 'and', left: older, right: filter }) };
  },
});
