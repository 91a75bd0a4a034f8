import { printable } from '../core/text.ts';

/** Characters of one line that are drawn: nobody reads more in a cell. */
const longest = 2000;

/** Text from outside on one line: what can't be seen, or would turn the line around, is shown as an escape. */
export function Text({ of }: { of: string }) {
  return <>{printable(of.slice(0, longest))}</>;
}

/** Text from outside with its lines. */
export const safeLines = (text: string): string => printable(text, true);
