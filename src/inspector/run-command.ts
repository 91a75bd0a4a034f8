import type { Endpoint } from '../core/endpoint.ts';
import { UserError, usageError } from '../core/errors.ts';
import { systemClock } from '../core/ids.ts';
import type { WorkStatus } from '../core/session.ts';
import { signingKey } from '../core/signature.ts';
import { createVerifier } from '../core/verification.ts';
import { Dispatcher } from '../dispatch/dispatcher.ts';
import { WorkList } from '../dispatch/work.ts';
import { copyToClipboard } from '../runtime/clipboard.ts';
import type { CommandContext } from '../runtime/command.ts';
import { type CommandArgs, type CommandId, type CommandResult, commands } from '../runtime/commands/index.ts';
import { execute } from '../runtime/execute.ts';
import { openStore } from '../store/sqlite-store.ts';
import { claim } from './claim.ts';
import { RemoteSession } from './client.ts';

/** What a command is run with when no `listen` runs. */
export interface OfflineSettings {
  endpoints: readonly Endpoint[];
  svixSecret: string | undefined;
  /** ms. */
  timeoutMs: number;
  insecure?: boolean;
  /** Ends long work: what was sent so far stays recorded. Also in the `listen` that does it. */
  signal?: AbortSignal;
  /** Told now and then how far long work has come, wherever it is done. */
  onWork?(work: readonly WorkStatus[]): void;
  /** Told when a damaged history was moved aside. */
  onQuarantine(movedTo: string): void;
}

/**
 * Runs a command on a data directory: in the `listen` that owns it, or, when none runs, straight on the store.
 * @param patienceMs how long an owner that does not answer is waited for
 * @throws UserError as the command does, when it needs a running `listen`, and when the owner does not answer
 */
export async function runCommand<K extends CommandId>(
  dataDir: string,
  id: K,
  args: CommandArgs<K>,
  settings: OfflineSettings,
  patienceMs?: number,
): Promise<CommandResult<K>> {
  const claimed = await claim(dataDir, patienceMs);
  if ('owner' in claimed) {
    const { owner, ready } = claimed;
    if (!ready)
      throw new UserError(
        'no-answer',
        `The reducto-webhook-dev that has this data (pid ${owner.pid}) does not answer: try again, or end it.`,
      );
    const remote = new RemoteSession(owner);
    const stop = watch(remote, settings);
    try {
      return await remote.run(id, args, settings.signal);
    } finally {
      stop();
    }
  }
  try {
    if (!commands[id].offline)
      throw usageError(
        'not-running',
        `"${id}" needs a running reducto-webhook-dev: start one in another terminal.`,
      );
    return await runOffline(dataDir, id, args, settings);
  } finally {
    await claimed.release();
  }
}

/** ms between two looks at how far the owner has come. */
const lookMs = 300;

/** Tells how far an owner has come with its work. @returns to end that */
function watch(remote: RemoteSession, { onWork }: OfflineSettings): () => void {
  if (!onWork) return () => undefined;
  const look = (): void => {
    // An owner that does not answer fails the command itself, which says so.
    remote.status().then(
      ({ work }) => onWork(work),
      () => undefined,
    );
  };
  const timer = setInterval(look, lookMs).unref();
  return () => clearInterval(timer);
}

async function runOffline<K extends CommandId>(
  dataDir: string,
  id: K,
  args: CommandArgs<K>,
  settings: OfflineSettings,
): Promise<CommandResult<K>> {
  const store = openStore(dataDir, { onQuarantine: settings.onQuarantine });
  const { endpoints, timeoutMs, svixSecret, insecure = false } = settings;
  const key = svixSecret === undefined ? null : signingKey(svixSecret);
  const dispatcher = new Dispatcher({
    store,
    endpoints,
    timeoutMs,
    clock: systemClock,
    signingKey: key,
    insecure,
  });
  const work = new WorkList(() => settings.onWork?.(work.statuses), store.work);
  const context: CommandContext = {
    store,
    dispatcher,
    work,
    live: null,
    verify: createVerifier({ svixSecret }),
    emulator: null,
    copy: copyToClipboard,
  };
  try {
    return await execute(context, id, args, settings.signal);
  } finally {
    await dispatcher.close();
    await store.close();
  }
}
