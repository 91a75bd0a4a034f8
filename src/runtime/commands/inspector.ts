import * as z from 'zod';
import { UserError } from '../../core/errors.ts';
import { openInBrowser } from '../browser.ts';
import { defineCommand } from '../command.ts';

export const inspector = defineCommand({
  help: 'Open the web page in the browser, or print the link that lets one browser in',
  example: '--print',
  offline: false,
  args: z.object({
    print: z.boolean().default(false).describe('only print the link'),
  }),
  async run({ live }, { print }) {
    const url = live!.status().inspectorUrl;
    if (url === null)
      throw new UserError(
        'no-inspector',
        'The running reducto-webhook-dev serves no page: start it without --no-inspector.',
      );
    return { url, opened: !print && (await openInBrowser(url)) };
  },
});
