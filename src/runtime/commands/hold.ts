import { z } from 'zod';
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
    const released = gate.release(id === undefined ? undefined : store.resolve(id).seq);
    return { released, held: gate.held };
  },
});
