import * as z from 'zod';
import { UserError, usageError } from '../../core/errors.ts';
import { formats } from '../../core/formats/index.ts';
import { type CommandContext, defineCommand } from '../command.ts';
import { appUrl, wholeDelivery } from './arguments.ts';

export const copy = defineCommand({
  help: 'Copy the public URL, or a delivery as a curl command, to the clipboard',
  example: 'public-url',
  offline: false,
  positional: ['what', 'id'],
  args: z.object({
    what: z.enum(['public-url', 'curl']).describe('public-url or curl'),
    id: z.string().optional().describe('the delivery, for curl'),
    secrets: z.boolean().default(false).describe('leave secrets readable'),
    print: z
      .boolean()
      .default(false)
      .meta({ hidden: true })
      .describe('only give the text: whoever asks has a clipboard'),
  }),
  async run(context, { what, id, secrets, print }) {
    const text = what === 'curl' ? curlOf(context, id, secrets) : publicUrl(context);
    return { text, copied: !print && (await context.copy(text)) };
  },
});

function publicUrl({ live }: CommandContext): string {
  const status = live?.status();
  if (!status) throw usageError('not-running', 'Nothing is listening: start reducto-webhook-dev first.');
  if (status.tunnel.url === null)
    throw new UserError(
      'no-public-url',
      `There is no public URL${status.tunnel.reason ? `: ${status.tunnel.reason}` : ' yet.'}`,
    );
  return status.tunnel.url;
}

function curlOf(context: CommandContext, id: string | undefined, secrets: boolean): string {
  const { store } = context;
  if (id === undefined) throw usageError('id', 'Which delivery? Give its number, its id or "last".');
  const delivery = wholeDelivery(store, id);
  const attempts = store.attempts(delivery.seq);
  return [...formats.curl.write([{ delivery, attempts }], { secrets, url: appUrl(context) })]
    .join('')
    .trimEnd();
}
