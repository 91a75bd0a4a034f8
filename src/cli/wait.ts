import { UserError, usageError } from '../core/errors.ts';
import { parseFilter } from '../core/filter.ts';
import { printJson } from '../core/json.ts';
import { type DeliverySummary, printedSummary } from '../core/record.ts';
import { printableJson } from '../core/text.ts';
import { formatDuration, parseTimer } from '../core/units.ts';
import type { RemoteSession } from '../inspector/client.ts';
import { findConfig } from '../runtime/config-file.ts';
import { defaultDataDir } from '../runtime/data-dir.ts';
import { resolveSettings } from '../runtime/settings.ts';
import { deliveryLine, outcomeText } from './format.ts';
import { findRunning } from './running.ts';
import { deliveriesSince, parseSince } from './since.ts';
import { watchTool } from './watch-tool.ts';

/** `wait` as the command line has it. */
export interface WaitFlags {
  filter?: string;
  count?: string;
  timeout?: string;
  since?: string;
  any?: boolean;
  showSecrets?: boolean;
  output?: string;
  data?: string;
}

const maxCount = 10_000;
const defaultTimeout = '60s';

/**
 * `wait`: prints deliveries as they match, until there are enough.
 * @throws UserError for wrong flags, when no tool runs, and when the time is over first
 */
export async function wait(flags: WaitFlags): Promise<void> {
  const { filter, count, timeoutMs, since, secrets, json, dataDir } = parse(flags);
  const over = AbortSignal.timeout(timeoutMs);
  const after = since === undefined && !flags.any ? await newest(dataDir) : 0;
  const seen = new Set<number>();
  const look = async (session: RemoteSession): Promise<void> => {
    for (const summary of await matching(session)) {
      if (seen.has(summary.seq) || seen.size === count) continue;
      seen.add(summary.seq);
      process.stdout.write(`${json ? jsonLine(summary) : plainLine(summary)}\n`);
    }
  };
  const matching = async (session: RemoteSession): Promise<DeliverySummary[]> => {
    if (since !== undefined) return deliveriesSince(session, since, filter, secrets);
    const args = { filter, after, from: 'oldest', limit: maxCount, secrets } as const;
    return (await session.run('list', args)).deliveries.reverse(); // a list is newest first
  };
  for await (const { session, message } of watchTool(dataDir, over)) {
    const mayMatch = message.reset || message.events.some((event) => 'seq' in event);
    if (mayMatch) await look(session).catch(orLost);
    if (seen.size >= count) return;
  }
  throw new UserError(
    'timeout',
    `${seen.size === 0 ? 'Nothing' : `Only ${seen.size} of ${count}`} ${filter === '' ? 'came' : `that matches ${filter} came`} in ${formatDuration(timeoutMs)}.`,
  );
}

/** A tool that ends while it is asked is waited for; anything else is told. */
function orLost(error: unknown): void {
  if (error instanceof UserError && /^(no-answer|not-serving)$/.test(error.code)) return;
  throw error;
}

/** The number of the newest delivery; 0 when there is none, or nobody to tell it, of whom the caller is told. */
async function newest(dataDir: string): Promise<number> {
  const tool = await findRunning(dataDir, { awaited: 'anybody' });
  const { deliveries = [] } = (await tool?.session.run('list', { limit: 1 })) ?? {};
  return deliveries[0]?.seq ?? 0;
}

function parse(flags: WaitFlags) {
  const { filter = '', count = '1', timeout = defaultTimeout, since, any, output = 'plain' } = flags;
  parseFilter(filter);
  const number = Number(count);
  if (!Number.isInteger(number) || number < 1 || number > maxCount)
    throw usageError('count', `--count: "${count}" is not a whole number from 1 to ${maxCount}.`);
  const timeoutMs = parseTimer(timeout);
  if (timeoutMs === null)
    throw usageError('timeout', `--timeout: "${timeout}" is not a duration such as 30s or 5m (24d at most).`);
  if (any && since !== undefined) throw usageError('since', 'Either --any or --since.');
  if (output !== 'plain' && output !== 'json')
    throw usageError('output', `--output: "${output}" is not plain or json.`);
  const { data } = resolveSettings({ data: flags.data }, process.env, findConfig());
  return {
    ...{ filter, count: number, timeoutMs },
    since: since === undefined ? undefined : parseSince(since),
    secrets: flags.showSecrets ?? false,
    json: output === 'json',
    dataDir: data ?? defaultDataDir(),
  };
}

const jsonLine = (summary: DeliverySummary): string => printableJson(printJson(printedSummary(summary)));
const plainLine = (summary: DeliverySummary): string => `${deliveryLine(summary)}  ${outcomeText(summary)}`;
