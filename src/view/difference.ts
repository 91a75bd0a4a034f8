import { perRequest } from '../core/headers.ts';
import type { Difference } from '../core/text-diff.ts';

/** Whether this tool sets a header itself on the way to the app: it differs by nature and tells nothing. */
const isOwn = ({ name }: { name: string }): boolean => perRequest.includes(name.toLowerCase());

/** The headers that differ: those that tell something, and the names of those that only this tool's forwarding makes. */
export function headersThatDiffer(headers: Difference['headers']): {
  telling: Difference['headers'];
  own: string[];
} {
  return {
    telling: headers.filter((header) => !isOwn(header)),
    own: headers.filter(isOwn).map(({ name }) => name),
  };
}

/** What is said of the headers that this tool sets. */
export const ownHeadersNote = (names: readonly string[]): string =>
  `Set anew each time it is sent: ${names.join(', ')}`;

/** Whether there is nothing in a difference but what this tool's forwarding makes. */
export const isAlike = ({ start, headers, body }: Difference): boolean =>
  start === null && body.kind === 'same' && headersThatDiffer(headers).telling.length === 0;
