import * as z from 'zod';
import { usageError } from '../../core/errors.ts';
import { FaultSet } from '../../core/faults/fault-set.ts';
import { faultKinds, qualifiedName } from '../../core/faults/index.ts';
import { parseFaults } from '../../core/faults/language.ts';
import { defineCommand } from '../command.ts';

export const faults = defineCommand({
  help: 'Show the kinds of faults, or set those that strike what comes in from now on',
  example: "--set 'lost-ack:1 duplicate=2,concurrent:10%'",
  offline: true,
  args: z.object({
    set: z.string().optional().describe('the faults to put to work; "" for none'),
    check: z.string().optional().describe('only say what is wrong with these'),
    seed: z.coerce.number().int().min(0).optional().describe('repeat a run: the same seed, the same faults'),
  }),
  run({ dispatcher, live }, { set, seed, check }) {
    if (check !== undefined) parseFaults(check);
    if (seed !== undefined && set === undefined)
      throw usageError('seed', 'A seed goes with faults to set: give --set too.');
    if (set !== undefined && live === null)
      throw usageError(
        'not-running',
        'To set faults a running reducto-webhook-dev is needed: start one in another terminal, or give it --fault.',
      );
    if (set !== undefined)
      dispatcher.liveFaults = FaultSet.parse(set, seed ?? Math.floor(Math.random() * 1e9));
    return {
      active: dispatcher.liveFaults.print(),
      seed: dispatcher.liveFaults.seed,
      kinds: faultKinds.map((kind) => ({
        name: qualifiedName(kind),
        direction: kind.direction,
        form: kind.form,
        fields: kind.fields,
        help: kind.help,
        example: kind.example,
      })),
    };
  },
});
