import { z } from 'zod';
import { UserError } from '../../core/errors.ts';
import { defineCommand } from '../command.ts';

export const hold = defineCommand({
  help: 'Hold what comes in back from the app, until it is released',
  example: '',
  offline: false,
  args: z.object({ off: z.boolean().default(false).describe('stop holding; those that wait go on waiting') }),
  run({ dispatcher: { gate } }, { off }) {
    gate.holding = !off;
    return { holding: gate.holding, held: gate.held };
  },
});

export const release = defineCommand({
  help: 'Let a held delivery go on to the app, or all of them',
  example: '12',
  offline: false,
  positional: ['id'],
  args: z.object({ id: z.string().optional().describe('the delivery; all of them when absent') }),
  run({ dispatcher: { gate }, store }, { id }) {
    if (id === undefined) return { released: gate.release(), held: gate.held };
    const { seq } = store.resolve(id);
    const released = gate.release(seq);
    if (released === 0)
      throw new UserError(
        'not-held',
        `#${seq} is not held: ${gate.held.length === 0 ? 'nothing is' : `only ${gate.held.map((held) => `#${held}`).join(', ')}`}.`,
      );
    return { released, held: gate.held };
  },
});
