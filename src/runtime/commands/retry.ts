import * as z from 'zod';
import { defineCommand } from '../command.ts';
import { faultArgs, retryArgs, signingArgs } from './arguments.ts';
import { replay, replayDeliveries } from './replay.ts';

export const retry = defineCommand({
  help: 'Send a delivery as its sender would: again and again by a schedule, until a 2xx',
  example: 'last --schedule svix --time-scale 1000',
  offline: true,
  long: true,
  positional: ['id'],
  args: z.object({
    id: z.string().describe('its number, its id or the beginning of it, or "last"'),
    schedule: z
      .string()
      .default('reducto-direct')
      .describe('reducto-direct, svix, or pauses such as 1s,5s,30s'),
    retryBase: retryArgs.retryBase,
    retryFactor: retryArgs.retryFactor,
    timeScale: retryArgs.timeScale,
    to: z.string().optional().describe('send it there instead: a port or URL'),
    ...signingArgs,
    ...faultArgs,
  }),
  run(context, { id, schedule, ...given }) {
    const { seq } = context.store.resolve(id);
    return replayDeliveries(context, [seq], replay.args.parse({ ...given, retry: schedule }), 'replay');
  },
});
