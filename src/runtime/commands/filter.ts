import { z } from 'zod';
import { parseFilter } from '../../core/filter.ts';
import { defineCommand } from '../command.ts';

export const filter = defineCommand({
  help: 'Check a filter and count what it matches',
  example: '"metadata.user_id:123 AND NOT status:completed"',
  offline: true,
  positional: ['query'],
  args: z.object({ query: z.string().describe('the filter; empty for everything') }),
  run: ({ store }, { query }) => ({ matches: store.count(parseFilter(query)) }),
});
