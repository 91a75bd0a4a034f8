import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import which from 'which';
import { UserError } from '../core/errors.ts';
import type { AtHand } from './provider.ts';

/**
 * Where a program is: on the PATH, else in the user's project, where its npm package put it.
 * @param inPackage its path below node_modules, such as `cloudflared/bin/cloudflared`
 * @returns the path; null where it is not
 */
export const findProgram = (name: string, inPackage?: string): string | null =>
  onPath(name) ?? (inPackage === undefined ? null : inProject(inPackage));

/** Where a program is on a PATH, which is this process's own when left out; null where it is not. */
export const onPath = (name: string, path = process.env.PATH): string | null =>
  which.sync(name, { nothrow: true, path: path ?? '' });

/** What was found of a program, as a tunnel's row tells it. @param install how to get it, in a sentence */
export const atHand = (found: string | null, install: string): AtHand =>
  found === null ? { ok: false, todo: `not installed: ${install}` } : { ok: true, what: found };

/** The program's path. @throws UserError when it was not found */
export function needed(name: string, found: string | null, install: string): string {
  if (found === null) throw new UserError('tunnel', `${name} is not installed: ${install}`);
  return found;
}

function inProject(inPackage: string): string | null {
  const suffix = process.platform === 'win32' ? '.exe' : '';
  for (let dir = process.cwd(); ; dir = dirname(dir)) {
    const file = join(dir, 'node_modules', inPackage) + suffix;
    if (existsSync(file)) return file;
    if (dirname(dir) === dir) return null;
  }
}
