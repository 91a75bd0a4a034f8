import { toCurl } from '../curl.ts';
import type { Format } from './format.ts';
import { commands } from './shell.ts';

/** A command for curl and a POSIX shell. */
export const curl: Format = {
  help: 'a curl command that sends the very same request',
  extension: 'sh',
  write: (items, options) => commands(items, options, toCurl),
};
