import { homedir } from 'node:os';
import { join } from 'node:path';

/** A path with `~` in front as the home folder, for those whom no shell has helped: config, environment, forms. */
export const expandHome = (path: string): string =>
  path === '~' || /^~[/\\]/.test(path) ? join(homedir(), path.slice(1)) : path;
