import { setTimeout as delay } from 'node:timers/promises';
import { closeAll } from '../core/close.ts';
import { systemCode, UserError } from '../core/errors.ts';
import { makeDataDir } from '../runtime/data-dir.ts';
import { Access } from './access.ts';
import { RemoteSession } from './client.ts';
import { type ApiOptions, LocalApi } from './local-api.ts';
import { type Lock, type LockOwner, pidExists, readLock, takeLock } from './lock.ts';

/** A data directory that is ours, with the API by which others reach us. */
export interface Claim {
  api: LocalApi;
  lock: Lock;
  /** What the user is to be told of the folder; null for nothing. */
  warning: string | null;
  /** Closes the API and lets go of the directory. */
  release(): Promise<void>;
}

/** How a data directory is made ours. */
export interface ClaimOptions {
  /** ms that an owner which takes no commands is given. */
  patienceMs?: number | undefined;
  /** Who is to take commands: a `listen`, or anybody, as a command that others are let in beside. */
  awaited?: 'listen' | 'anybody';
  api?: ApiOptions;
}

/**
 * Makes `dataDir` ours, or tells who has it. An owner that takes no commands is starting, or is a short command
 * that is about to end: it is given time to become the one or the other.
 * @returns the claim, or the living owner and whether it takes commands
 */
export async function claim(
  dataDir: string,
  { patienceMs = 10_000, awaited = 'listen', api = {} }: ClaimOptions = {},
): Promise<Claim | { owner: LockOwner; ready: boolean }> {
  const deadline = performance.now() + patienceMs;
  for (;;) {
    const claimed = await claimNow(dataDir, api);
    if (!('owner' in claimed)) return claimed;
    const ready = await new RemoteSession(claimed.owner).isReady();
    // Read again: by now it may have added its port.
    const owner = (ready ? readLock(dataDir) : null) ?? claimed.owner;
    const awaitedOne = awaited === 'anybody' || owner.port !== null;
    if ((ready && awaitedOne) || performance.now() > deadline) return { owner, ready };
    await delay(50);
  }
}

async function claimNow(dataDir: string, options: ApiOptions): Promise<Claim | { owner: LockOwner }> {
  let api: LocalApi | null = null;
  try {
    const warning = makeDataDir(dataDir);
    const taken = await takeLock(
      dataDir,
      async () => {
        if (api === null) {
          const { page = false, password, host } = options;
          api = new LocalApi(new Access({ dataDir: page ? dataDir : null, password, host }), options);
          await api.listen();
        }
        return { pid: process.pid, port: null, apiUrl: api.url, token: api.token };
      },
      async (owner) => pidExists(owner.pid) && (await new RemoteSession(owner).isAlive()),
    );
    if ('lock' in taken) return owned(lockOf(taken.lock, dataDir), api!, warning);
    await (api as LocalApi | null)?.close();
    return taken;
  } catch (error) {
    await (api as LocalApi | null)?.close();
    throw unusable(dataDir, error);
  }
}

const owned = (lock: Lock, api: LocalApi, warning: string | null): Claim => ({
  api,
  lock,
  warning,
  async release() {
    // In this order: while the file is there somebody answers for it, and nobody takes it for a stale one.
    await closeAll(
      () => lock.release(),
      () => api.close(),
    );
  },
});

/** A lock whose port may not fit on a full disk. */
const lockOf = (lock: Lock, dataDir: string): Lock => ({
  ...lock,
  setPort(port) {
    try {
      lock.setPort(port);
    } catch (error) {
      throw unusable(dataDir, error);
    }
  },
});

/** What the system says of a folder, as something to act on; anything else stays what it is. */
function unusable(dataDir: string, error: unknown): unknown {
  const code = systemCode(error);
  if (error instanceof UserError || !/^E[A-Z0-9]+$/.test(code ?? '')) return error;
  const why = code === 'ENOSPC' ? 'the disk is full' : code;
  return new UserError(
    'data-dir',
    `${dataDir} can't be used (${why}): ${code === 'ENOSPC' ? 'free some space' : 'make it one that you can write'}, or choose another folder with --data.`,
    1,
    {
      cause: error,
    },
  );
}

/**
 * The error of a second `listen` on the same directory.
 * @param emulate whether the second one wanted an emulator, which the first one can have as well
 */
export const alreadyRunning = ({ pid, port }: LockOwner, dataDir: string, emulate = false): UserError =>
  new UserError(
    'already-running',
    port === null
      ? `A command of reducto-webhook-dev is at work on this data (pid ${pid}): wait for its end, or choose another folder with --data (now ${dataDir}).`
      : `reducto-webhook-dev already runs on this data (pid ${pid}, port ${port}): ${emulate ? 'start that one with --emulate' : 'stop it'}, or choose another folder with --data (now ${dataDir}).`,
  );
