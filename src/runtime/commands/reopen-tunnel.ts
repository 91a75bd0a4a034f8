import * as z from 'zod';
import { UserError } from '../../core/errors.ts';
import { defineCommand } from '../command.ts';

export const reopenTunnel = defineCommand({
  help: 'Close the tunnel and open it again under the same name, by the first of the order',
  example: '',
  offline: false,
  args: z.object({}),
  run({ live }) {
    if (live === null)
      throw new UserError('not-running', 'Nothing is listening: start reducto-webhook-dev first.');
    live.reopenTunnel();
    return { tunnel: live.status().tunnel };
  },
});
