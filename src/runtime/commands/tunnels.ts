import * as z from 'zod';
import { defaultOrder, type TunnelRow, tunnelProviders } from '../../tunnel/providers/index.ts';
import { defineCommand } from '../command.ts';

export const tunnels = defineCommand({
  help: 'List the ways to a public URL, what each needs, and whether it is at hand',
  example: '',
  offline: true,
  reads: true,
  args: z.object({}),
  run({ live }) {
    const inUse = live?.status().tunnel.provider;
    const order: readonly string[] = defaultOrder;
    return {
      tunnels: Object.entries<TunnelRow>(tunnelProviders).map(([name, { help, needs, atHand }]) => ({
        ...{ name, help, needs },
        atHand: atHand?.({}) ?? { ok: true as const, what: null },
        /** Its place in the order when none is asked for, from 1; null when it is not in that. */
        byDefault: order.includes(name) ? order.indexOf(name) + 1 : null,
        inUse: name === inUse,
      })),
    };
  },
});
