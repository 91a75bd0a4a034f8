import { UserError } from '../core/errors.ts';
import { type Lock, type LockOwner, pidExists, takeLock } from '../runtime/lock.ts';
import { RemoteSession } from './client.ts';
import { LocalApi } from './local-api.ts';

/** A data directory that is ours, with the API by which others reach us. */
export interface Claim {
  api: LocalApi;
  lock: Lock;
  /** Closes the API and lets go of the directory. */
  release(): Promise<void>;
}

/**
 * Makes `dataDir` ours, or tells who has it.
 * @returns the claim, or the living owner
 */
export async function claim(dataDir: string): Promise<Claim | { owner: LockOwner }> {
  const api = new LocalApi();
  const apiUrl = await api.listen();
  const taken = await takeLock(
    dataDir,
    { pid: process.pid, port: null, apiUrl, token: api.token },
    async (owner) => pidExists(owner.pid) && (await new RemoteSession(owner).isAlive()),
  );
  if ('owner' in taken) {
    await api.close();
    return taken;
  }
  const { lock } = taken;
  return {
    api,
    lock,
    async release() {
      await api.close();
      lock.release();
    },
  };
}

/** The error of a second `listen` on the same directory. */
export const alreadyRunning = ({ pid, port }: LockOwner, dataDir: string): UserError =>
  new UserError(
    'already-running',
    `reducto-webhook-dev already runs on this data (pid ${pid}${port === null ? '' : `, port ${port}`}): stop it, or choose another folder with --data (now ${dataDir}).`,
  );
