import * as z from 'zod';
import { defineCommand } from '../command.ts';
import { runningEmulator } from './arguments.ts';

export const emulatorFaults = defineCommand({
  help: 'Show or set what the emulated API does wrong on purpose: rate limits, outages, delays',
  example: "--set '429:20% GET /job:5xx:3 delay=0-500ms'",
  offline: false,
  args: z.object({
    set: z.string().optional().describe('the faults from now on; "" for none'),
    seed: z.coerce.number().int().min(0).optional().describe('repeat a run: the same seed, the same faults'),
  }),
  run(context, { set, seed }) {
    const emulator = runningEmulator(context);
    if (set !== undefined) emulator.setFaults(set, seed);
    return { active: emulator.faults };
  },
});
