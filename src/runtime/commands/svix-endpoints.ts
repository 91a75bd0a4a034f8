import * as z from 'zod';
import { UserError } from '../../core/errors.ts';
import { maskText } from '../../core/mask.ts';
import { defineCommand } from '../command.ts';
import { runningEmulator } from './arguments.ts';

export const svixEndpoints = defineCommand({
  help: "List, add or remove the endpoints of the emulator's Svix portal, where webhooks of mode svix go",
  example: '--add http://localhost:3000/webhook --channel invoices',
  offline: false,
  args: z.object({
    add: z.string().optional().describe('URL of a new endpoint; its whsec_… secret is shown'),
    channel: z.array(z.string()).default([]).describe('only messages with one of these (default: all)'),
    secret: z
      .string()
      .optional()
      .describe('its whsec_… secret (default: that of --svix-secret, else a new one)'),
    remove: z.string().optional().describe('id of an endpoint to remove'),
    secrets: z.boolean().default(false).describe('leave secrets readable'),
  }),
  async run(context, { add, channel, secret, remove, secrets }) {
    const { endpoints } = runningEmulator(context);
    if (remove !== undefined && !(await endpoints.remove(remove)))
      throw new UserError('no-endpoint', `There is no Svix endpoint "${remove}" in the emulator.`);
    const { signingKey } = context.dispatcher;
    const known = secret ?? (signingKey === null ? undefined : `whsec_${signingKey.toString('base64')}`);
    const added =
      add === undefined
        ? null
        : await endpoints.add({
            url: add,
            channels: channel,
            ...(known === undefined ? {} : { secret: known }),
          });
    return {
      endpoints: endpoints.list().map((each) => ({
        ...each,
        // A secret that was made just now has to be shown once: nobody knows it yet.
        secret: secrets || each.id === added?.id ? each.secret : maskText,
      })),
    };
  },
});
