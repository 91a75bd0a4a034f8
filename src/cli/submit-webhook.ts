import { setTimeout as delay } from 'node:timers/promises';
import { UserError, usageError } from '../core/errors.ts';
import type { Status } from '../core/session.ts';
import { formatDuration } from '../core/units.ts';
import { httpUrl } from '../runtime/reducto/access.ts';
import type { WebhookGoal } from '../runtime/reducto/submission.ts';
import type { RunningTool } from './running.ts';
import type { SubmitOptions } from './submit-options.ts';

// How often the tunnel is looked at.
const pollMs = 200;

/**
 * Where the job's webhook is to go; waits for the tunnel where it is to come through that.
 * @param say told what is waited for
 * @throws UserError when there is no URL that Reducto could reach
 */
export async function webhookGoal(
  options: SubmitOptions,
  running: RunningTool | null,
  say: (line: string) => void,
): Promise<WebhookGoal> {
  const { svix, channel, webhookUrl, path, emulator } = options;
  if (svix) {
    await refuseEmptyPortal(options, running);
    return { mode: 'svix', channels: channel ?? null };
  }
  if (webhookUrl !== undefined) return { mode: 'direct', url: httpUrl(webhookUrl, '--webhook-url') };
  if (running === null)
    throw usageError(
      'not-running',
      'There is no public URL: start reducto-webhook-dev 3000 in another terminal, or give --webhook-url.',
    );
  const base =
    emulator === undefined
      ? await publicUrl(running, options.tunnelTimeout, say)
      : localUrl(await running.status());
  return { mode: 'direct', url: `${base}${path.startsWith('/') ? path : `/${path}`}` };
}

/** The emulator reaches the receiver without a tunnel; where there is one, jobs look as they will at Reducto. */
const localUrl = ({ tunnel, receiverUrl }: Status): string =>
  tunnel.state === 'open' && tunnel.url !== null ? tunnel.url : receiverUrl;

async function publicUrl(
  running: RunningTool,
  timeoutMs: number,
  say: (line: string) => void,
): Promise<string> {
  const deadline = performance.now() + timeoutMs;
  for (let said = ''; ; ) {
    const { tunnel } = await running.status();
    const { state, url, reason } = tunnel;
    if (state === 'open' && url !== null) return url;
    if (state === 'off')
      throw usageError(
        'no-tunnel',
        'The running tool has no tunnel, so Reducto can\'t reach it: start it without "--tunnel none", or give --webhook-url or --emulator.',
      );
    const why = reason === null ? '' : ` (${reason})`;
    if (performance.now() > deadline)
      throw new UserError(
        'no-tunnel',
        `There is no public URL after ${formatDuration(timeoutMs)}: the tunnel is ${state}${why}. Give --webhook-url, or a longer --tunnel-timeout.`,
      );
    const line = `Waiting for the public URL: the tunnel is ${state}${why}.`;
    if (line !== said) say(line);
    said = line;
    await delay(pollMs);
  }
}

/** A Svix webhook of our own emulator goes nowhere as long as its portal has no endpoint. */
async function refuseEmptyPortal({ emulator }: SubmitOptions, running: RunningTool | null): Promise<void> {
  if (emulator !== true || running === null) return;
  const { endpoints } = await running.session.run('svix-endpoints', {});
  if (endpoints.length > 0) return;
  const { receiverUrl } = await running.status();
  throw usageError(
    'no-endpoint',
    `The emulator's Svix portal has no endpoint: add one with reducto-webhook-dev svix-endpoints --add ${receiverUrl}/webhook`,
  );
}
