import { setTimeout as delay } from 'node:timers/promises';
import type { Status } from '../core/session.ts';
import { RemoteSession } from '../inspector/client.ts';
import { type LockOwner, readLock } from '../inspector/lock.ts';

/** The process that has a data directory and takes commands. */
export interface RunningTool {
  owner: LockOwner;
  session: RemoteSession;
  status(): Promise<Status>;
}

/** How a running tool is looked for. */
export interface LookFor {
  /** ms that one which is just starting is given. */
  patienceMs?: number;
  /** Whether a command that does long work is one too, or only a `listen`. */
  awaited?: 'listen' | 'anybody';
}

/**
 * Finds the `listen` that takes commands for `dataDir`, and gives one that is just starting time to do so.
 * @returns null when there is none
 */
export async function findRunning(
  dataDir: string,
  { patienceMs = 5000, awaited = 'listen' }: LookFor = {},
): Promise<RunningTool | null> {
  for (const deadline = performance.now() + patienceMs; ; await delay(100)) {
    const owner = readLock(dataDir);
    if (owner === null) return null;
    const session = new RemoteSession(owner);
    // One without a port is starting, or is a command: that ends of itself.
    const awaitedOne = awaited === 'anybody' || owner.port !== null;
    if (awaitedOne && (await session.isReady())) return { owner, session, status: () => session.status() };
    if (performance.now() > deadline || !(await session.isAlive())) return null;
  }
}
