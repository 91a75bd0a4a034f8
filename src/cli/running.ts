import { setTimeout as delay } from 'node:timers/promises';
import type { Status } from '../core/session.ts';
import { RemoteSession } from '../inspector/client.ts';
import { readLock } from '../inspector/lock.ts';

/** The `listen` that has a data directory. */
export interface RunningTool {
  session: RemoteSession;
  status(): Promise<Status>;
}

/**
 * Finds the `listen` that takes commands for `dataDir`, and gives one that is just starting time to do so.
 * @param patienceMs how long
 * @returns null when there is none
 */
export async function findRunning(dataDir: string, patienceMs = 5000): Promise<RunningTool | null> {
  for (const deadline = performance.now() + patienceMs; ; await delay(100)) {
    const owner = readLock(dataDir);
    if (owner === null) return null;
    const session = new RemoteSession(owner);
    if (await session.isReady()) return { session, status: () => session.status() };
    if (performance.now() > deadline || !(await session.isAlive())) return null;
  }
}
