import { lilconfigSync } from 'lilconfig';
import { messageOf, usageError } from '../core/errors.ts';

const name = 'reducto-webhook-dev';

/**
 * Finds the configuration: `reducto-webhook-dev.config.json`, or that key in a package.json, from `from` upwards.
 * @throws UserError when the file is not JSON
 */
export function findConfig(from: string): { content: unknown; path: string } | null {
  const search = lilconfigSync(name, {
    searchPlaces: [`${name}.config.json`, 'package.json'],
    packageProp: name,
    stopDir: '/',
  });
  try {
    const found = search.search(from);
    return found && !found.isEmpty ? { content: found.config, path: found.filepath } : null;
  } catch (error) {
    throw usageError('config', `A configuration file above ${from} can't be read: ${messageOf(error)}.`);
  }
}
