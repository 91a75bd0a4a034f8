import { execFile, spawnSync } from 'node:child_process';
import { promisify } from 'node:util';

// A mount namespace of one's own needs root or, on most Linux systems, nobody's leave.
const flags = [['-rm'], ['-m']].find(
  (each) => spawnSync('unshare', [...each, 'mount', '-t', 'tmpfs', 'tmpfs', '/mnt']).status === 0,
);

/** Whether file systems can be mounted here for a program alone. */
export const canMount = flags !== undefined;

/**
 * Runs a Node program, in a mount namespace of its own when there is something to do in it first.
 * @param prepare shell commands, in which `$0` is the folder
 * @returns what it printed, as JSON
 */
export async function run<T>(
  program: string,
  dir: string,
  rest: string[] = [],
  prepare?: string,
): Promise<T> {
  const node = [process.execPath, program, dir, ...rest];
  const [command, ...args] = prepare
    ? ['unshare', ...flags!, 'sh', '-c', `${prepare} && exec "$@"`, dir, ...node]
    : node;
  const { stdout } = await promisify(execFile)(command!, args);
  return JSON.parse(stdout) as T;
}
