import { UserError } from '../errors.ts';
import { formatSize } from '../units.ts';

/** Bytes of a file that is parsed in the process that receives deliveries, too: more would keep a sender waiting. */
export const maxParsedHere = 4 * 1024 * 1024;

/** @throws UserError when a file is too large to be parsed in the process that receives deliveries */
export function checkParsedHere(name: string, size: number): void {
  if (size <= maxParsedHere) return;
  throw new UserError(
    'import',
    `${name} is over ${formatSize(maxParsedHere)}: import it from another terminal, with reducto-webhook-dev import.`,
  );
}
