import { type ChildProcess, spawnSync } from 'node:child_process';
import { systemCode } from '../core/errors.ts';

/**
 * What `spawn` needs so that {@link endTree} finds all that the command starts: on POSIX it leads a process group. On
 * Windows, which has none, `detached` would open a console of its own.
 */
export const asTree = { detached: process.platform !== 'win32', windowsHide: true } as const;

/**
 * Ends a command that was spawned {@link asTree}, with all that it has started, at once; one that has ended is left
 * alone. Windows has no signals: there it is always the hard end.
 */
export function endTree(
  { pid }: Pick<ChildProcess, 'pid'>,
  signal: 'SIGKILL' | 'SIGTERM' = 'SIGKILL',
  platform: NodeJS.Platform = process.platform,
): void {
  if (pid === undefined) return;
  if (platform === 'win32') {
    // Waited for, so that it is done when this process ends, too.
    spawnSync('taskkill', ['/PID', String(pid), '/T', '/F'], { stdio: 'ignore', windowsHide: true });
    return;
  }
  try {
    process.kill(-pid, signal);
  } catch (error) {
    if (systemCode(error) !== 'ESRCH') throw error; // the group is gone already
  }
}
