import type { DeliverySummary } from '../../core/record.ts';
import { RemoteSession } from '../../inspector/client.ts';
import { readLock } from '../../inspector/lock.ts';
import type { CommandArgs, CommandId, CommandResult } from '../../runtime/commands/index.ts';
import { findConfig } from '../../runtime/config-file.ts';
import { defaultDataDir } from '../../runtime/data-dir.ts';
import { resolveSettings } from '../../runtime/settings.ts';
import { completions, seenIn } from '../../view/complete.ts';
import type { Suggestion } from './place.ts';
import type { listed } from './spec.ts';

/** Deliveries that are looked at. */
const limit = 100;

/**
 * What a running tool knows, or else its history, which is only read: nothing is made or claimed for it.
 * @throws UserError when neither can be asked
 */
async function ask<K extends CommandId>(
  data: string | undefined,
  id: K,
  args: CommandArgs<K>,
): Promise<CommandResult<K>> {
  const dataDir = resolveSettings({ data }, process.env, findConfig()).data ?? defaultDataDir();
  const owner = readLock(dataDir);
  const running = owner && new RemoteSession(owner);
  if (running && (await running.isAlive())) return running.run(id, args);
  const { withOffline } = await import('../../runtime/offline.ts');
  const settings = { endpoints: [], timeoutMs: 0, insecure: false };
  return withOffline(dataDir, settings, (session) => session.run(id, args), true);
}

const deliveriesOf = async (data: string | undefined): Promise<DeliverySummary[]> =>
  (await ask(data, 'list', { limit })).deliveries;

/** Deliveries, named as they were begun: by number, by `#` and number, or by id. */
export async function deliveries(data: string | undefined, typed: string): Promise<Suggestion[]> {
  const found = await deliveriesOf(data);
  const nameOf = ({ seq, id }: DeliverySummary): string =>
    typed.startsWith('#') ? `#${seq}` : typed.startsWith('d') ? id : String(seq);
  return [
    { text: 'last', help: 'the newest' },
    ...found.map((summary) => ({ text: nameOf(summary), help: about(summary) })),
  ];
}

const about = ({ status, jobId, method, target, lastAttempt }: DeliverySummary): string =>
  [status ?? method, jobId ?? target, ...(lastAttempt ? [lastAttempt.label] : [])].join(' ');

/** The jobs of deliveries. */
export async function jobs(data: string | undefined): Promise<Suggestion[]> {
  const found = await deliveriesOf(data);
  const byId = new Map(found.toReversed().map((summary) => [summary.jobId, summary]));
  return [...byId].flatMap(([id, { seq, status }]) =>
    id === null ? [] : [{ text: id, help: `${status ?? ''} #${seq}` }],
  );
}

/** What another command lists, by its id or number. */
export async function list(
  data: string | undefined,
  command: (typeof listed)[keyof typeof listed],
): Promise<Suggestion[]> {
  const result = await ask(data, command, {});
  const rows = 'runs' in result ? result.runs : 'work' in result ? result.work : result.jobs;
  return rows.map((row) => ({
    text: String(row.id),
    help: 'verdict' in row ? row.verdict : 'label' in row ? row.label : `${row.type} ${row.status}`,
  }));
}

/** How a filter goes on; values are those of past deliveries, where there are any. */
export async function filter(data: string | undefined, typed: string): Promise<Suggestion[]> {
  const found = await deliveriesOf(data).catch(() => []); // its fields are known all the same
  const { from, options } = completions(typed, typed.length, seenIn(found));
  const word = typed.slice(from);
  return options
    .filter(({ text }) => text.toLowerCase().startsWith(word.toLowerCase()))
    .map(({ text, help }) => ({
      // As it was begun: a filter makes no difference between small and large letters.
      text: typed + text.slice(word.length),
      help,
      open: /[:. ]$/.test(text),
    }));
}
