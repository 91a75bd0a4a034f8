import { UserError } from '../core/errors.ts';
import type { CommandArgs, CommandId, CommandResult } from '../runtime/commands/index.ts';
import { commands } from '../runtime/commands/index.ts';
import { busy, type OfflineSession, type OfflineSettings, withOffline } from '../runtime/offline.ts';
import { type Claim, claim } from './claim.ts';
import { RemoteSession } from './client.ts';
import type { LocalApi } from './local-api.ts';
import { type LockOwner, readLock } from './lock.ts';

/** How a command is run. */
export interface RunSettings extends OfflineSettings {
  /** Ends long work: what was sent so far stays recorded. Also in the process that does it. */
  signal?: AbortSignal;
  /** Has an owner cancel the work, and waits for what it comes to, in place of going away from it. */
  gently?: true;
  /** ms that an owner which does not answer is waited for. */
  patienceMs?: number;
}

/**
 * Runs a command on a data directory: in the process that owns it, or, when there is none, here.
 * @throws UserError as the command does, when it needs a running `listen`, and when the owner does not answer
 */
export async function runCommand<K extends CommandId>(
  dataDir: string,
  id: K,
  args: CommandArgs<K>,
  settings: RunSettings,
): Promise<CommandResult<K>> {
  try {
    return await runClaimed(dataDir, id, args, settings);
  } catch (error) {
    if (!commands[id].reads || !isUnwritable(error)) throw error;
    const read = (session: OfflineSession): Promise<CommandResult<K>> => {
      settings.onReadOnly?.(error.message);
      return session.run(id, args, { signal: settings.signal });
    };
    return withOffline(dataDir, settings, read, true).catch((second: unknown) => {
      throw second instanceof UserError && second.code === 'no-history' ? error : second;
    });
  }
}

/** Whether the system or the engine refused to write; what is odd in a folder is another matter. */
const isUnwritable = (error: unknown): error is UserError =>
  error instanceof UserError &&
  ['data-dir', 'history-unusable', 'store-write'].includes(error.code) &&
  error.cause !== undefined;

async function runClaimed<K extends CommandId>(
  dataDir: string,
  id: K,
  args: CommandArgs<K>,
  settings: RunSettings,
): Promise<CommandResult<K>> {
  for (;;) {
    const claimed = await claim(dataDir, {
      patienceMs: settings.patienceMs,
      awaited: commands[id].long ? 'listen' : 'anybody',
    });
    if (!('owner' in claimed)) return await runHere(claimed, dataDir, settings, id, args);
    const { owner, ready } = claimed;
    if (!ready)
      throw new UserError(
        'no-answer',
        `The reducto-webhook-dev that has this data (pid ${owner.pid}) does not answer: try again, or end it.`,
      );
    if (commands[id].long && owner.port === null) throw busy(owner.pid);
    const remote = new RemoteSession(owner);
    const stop = watch(remote, settings);
    const { gently, signal } = settings;
    if (gently) signal?.addEventListener('abort', () => cancelCheck(remote), { once: true });
    try {
      return await remote.run(id, args, gently ? undefined : signal);
    } catch (error) {
      if (!notBegun(error, dataDir, owner)) throw error;
    } finally {
      stop();
    }
  }
}

/**
 * Whether an owner has just done its own command and ended, and has not begun ours: one that has let go of the data
 * has answered all that it had begun.
 */
function notBegun(error: unknown, dataDir: string, { port, token }: LockOwner): boolean {
  if (!(error instanceof UserError)) return false;
  if (error.code === 'not-serving') return true;
  return error.code === 'no-answer' && port === null && readLock(dataDir)?.token !== token;
}

/** Cancels the run of the checks that an owner makes; the command that waits for its end is told of what goes wrong. */
function cancelCheck(remote: RemoteSession): void {
  const cancel = async (): Promise<void> => {
    const { check } = await remote.status();
    if (check) await remote.run('cancel', { id: check.workId });
  };
  cancel().catch((error: unknown) => {
    if (!(error instanceof UserError)) throw error;
  });
}

/** ms between two looks at how far the owner has come. */
const lookMs = 300;

/** Tells how far an owner has come with its work. @returns to end that */
function watch(remote: RemoteSession, { onWork, onCheck }: OfflineSettings): () => void {
  if (!onWork && !onCheck) return () => undefined;
  const look = (): void => {
    // An owner that does not answer fails the command itself, which says so.
    remote.status().then(
      ({ work, check }) => {
        onWork?.(work);
        if (check) onCheck?.(check);
      },
      () => undefined,
    );
  };
  const timer = setInterval(look, lookMs).unref();
  return () => clearInterval(timer);
}

/** Lets other processes run short commands in this one. */
const serveOffline = (api: LocalApi, session: OfflineSession): void =>
  api.serve({
    status: () => session.status(),
    run: (id, args, caller) => session.runForOther(id, args, caller),
    live: session,
  });

/** Runs it in this process, which takes short commands of others meanwhile: a schedule of retries may take a day. */
async function runHere<K extends CommandId>(
  { api, release }: Claim,
  dataDir: string,
  settings: RunSettings,
  id: K,
  args: CommandArgs<K>,
): Promise<CommandResult<K>> {
  try {
    return await withOffline(dataDir, settings, async (session) => {
      serveOffline(api, session);
      try {
        return await session.run(id, args, { signal: settings.signal });
      } finally {
        api.serve(null);
      }
    });
  } finally {
    await release();
  }
}
