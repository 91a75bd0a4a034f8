import * as z from 'zod';
import { UserError } from '../../core/errors.ts';
import { defineCommand } from '../command.ts';

export const hold = defineCommand({
  help: 'Hold what comes in back from the app, until it is released; what you trigger or replay goes at once',
  example: '',
  offline: false,
  args: z.object({ off: z.boolean().default(false).describe('stop holding; those that wait go on waiting') }),
  run({ dispatcher: { gate } }, { off }) {
    gate.holding = !off;
    return { holding: gate.holding, held: gate.held };
  },
});

export const release = defineCommand({
  help: 'Let held deliveries go on to the app in the order given, or all of them in the order they came',
  example: '12',
  offline: false,
  long: true,
  positional: ['id'],
  args: z.object({
    id: z
      .union([z.array(z.string()), z.string().transform((one) => [one])])
      .default([])
      .describe('the deliveries, each let go when the app is done with the one before; all when absent'),
  }),
  async run({ dispatcher, store, signal }, { id }) {
    const { gate } = dispatcher;
    const seqs = id.map((each) => store.resolve(each).seq);
    const other = seqs.find((seq) => !gate.held.includes(seq));
    if (other !== undefined)
      throw new UserError(
        'not-held',
        `#${other} is not held: ${gate.held.length === 0 ? 'nothing is' : `only ${gate.held.map((held) => `#${held}`).join(', ')}`}.`,
      );
    const released = await dispatcher.release(id.length > 0 ? seqs : gate.held, signal);
    return { released, held: gate.held };
  },
});
