import { isAbsolute, resolve } from 'node:path';
import { systemCode, usageError } from '../core/errors.ts';
import { expandHome } from '../runtime/paths.ts';

let lost = false;

/** Goes on from the root where the working directory has been deleted: Node and many packages can't do without one. */
export function leaveLostDirectory(): void {
  try {
    process.cwd();
  } catch (error) {
    if (systemCode(error) !== 'ENOENT') throw error;
    lost = true;
    process.chdir('/');
  }
}

/** A path as the user means it, in full. @throws UserError for one below a working directory that is gone */
export function fullPath(path: string): string {
  const expanded = expandHome(path);
  if (lost && !isAbsolute(expanded))
    throw usageError(
      'path',
      `${path}: the working directory is gone: give a full path, or change to another one.`,
    );
  return resolve(expanded);
}
