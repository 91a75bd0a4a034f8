import * as z from 'zod';
import { defineCommand } from '../command.ts';
import { signingArgs } from './arguments.ts';
import { replay, replayDeliveries } from './replay.ts';

export const duplicate = defineCommand({
  help: 'Send duplicates of a delivery, one after another or all at the same instant',
  example: 'last --count 5 --concurrent',
  offline: true,
  long: true,
  positional: ['id'],
  args: z.object({
    id: z
      .union([z.array(z.string()), z.string().transform((one) => [one])])
      .describe('numbers, ids or the beginnings of ids, or "last"'),
    count: z.coerce.number().int().min(1).max(1000).default(1).describe('how many'),
    concurrent: z.boolean().default(false).describe('all at once'),
    to: z.string().optional().describe('send them there instead: a port or URL'),
    ...signingArgs,
  }),
  run(context, { id, count, concurrent, ...rest }) {
    const seqs = id.map((each) => context.store.resolve(each).seq);
    const given = replay.args.parse({
      times: count,
      concurrency: concurrent ? count : 1,
      ...rest,
    });
    return replayDeliveries(context, seqs, given, 'duplicate');
  },
});
