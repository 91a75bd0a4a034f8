import type { Status } from '../core/session.ts';
import { RemoteSession } from '../inspector/client.ts';
import { readLock } from '../runtime/lock.ts';

/** The `listen` that has a data directory. */
export interface RunningTool {
  session: RemoteSession;
  status(): Promise<Status>;
}

/** Finds the `listen` that takes commands for `dataDir`; null when none does. */
export async function findRunning(dataDir: string): Promise<RunningTool | null> {
  const owner = readLock(dataDir);
  if (owner === null) return null;
  const session = new RemoteSession(owner);
  if (!(await session.isReady())) return null;
  return { session, status: () => session.status() };
}
