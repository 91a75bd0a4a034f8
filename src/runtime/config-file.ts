import { basename } from 'node:path';
import { lilconfigSync } from 'lilconfig';
import { messageOf, usageError } from '../core/errors.ts';

const name = 'reducto-webhook-dev';

/**
 * Finds the configuration: `reducto-webhook-dev.config.json`, or that key in a package.json, from `from` upwards.
 * @param from the working directory when absent
 * @throws UserError when the file is not JSON; a package.json that is none is not ours to judge
 */
export function findConfig(from = process.cwd()): { content: unknown; path: string } | null {
  const search = lilconfigSync(name, {
    searchPlaces: [`${name}.config.json`, 'package.json'],
    packageProp: name,
    stopDir: '/',
    loaders: { '.json': load },
  });
  try {
    const found = search.search(from);
    return found && !found.isEmpty ? { content: found.config, path: found.filepath } : null;
  } catch (error) {
    throw usageError('config', `The configuration can't be read: ${messageOf(error)}.`);
  }
}

function load(path: string, content: string): unknown {
  const text = content.replace(/^\ufeff/, '');
  const foreign = basename(path) === 'package.json'; // perhaps just being written: not ours to judge
  if (text.trim() === '') return {};
  try {
    const value: unknown = JSON.parse(text);
    return foreign && (typeof value !== 'object' || value === null) ? {} : value;
  } catch (error) {
    if (foreign) return {};
    throw new Error(`${path}: ${messageOf(error)}`);
  }
}
