import { UserError } from '../errors.ts';
import type { FaultKind } from './fault.ts';
import { faultKinds, qualifiedName } from './index.ts';
import { joinFault, kindNamed, splitFault } from './words.ts';

/** How often a fault strikes: the next `count` times, in `percent` of the cases, or always (null). */
export type FaultLimit = { count: number } | { percent: number } | null;

/** A fault as someone asked for it. */
export interface Fault {
  kind: FaultKind;
  value: unknown;
  limit: FaultLimit;
}

/** A text that is no list of faults; `offset` is the place (0-based). */
class FaultError extends UserError {
  constructor(
    message: string,
    readonly offset: number,
    text: string,
  ) {
    super('fault', `${message} (at character ${offset + 1} of "${text}")`, 2);
  }
}

/**
 * Reads faults, separated by spaces: `NAME[=VALUE][:COUNT|:P%]`, as in `duplicate=2,concurrent:1 drop:10%`.
 * A name may say whom it hits: `sender.delay=20s`.
 * @throws FaultError that points at the place
 */
export function parseFaults(text: string): Fault[] {
  return [...text.matchAll(/\S+/g)].map((match) => parseFault(match[0], match.index, text));
}

function parseFault(word: string, start: number, text: string): Fault {
  const fail = (message: string, at: number): never => {
    throw new FaultError(message, start + at, text);
  };
  const { name, value, limit } = splitFault(word);
  const kind =
    kindNamed(faultKinds, name) ??
    fail(`There is no fault "${name}": use ${faultKinds.map(qualifiedName).join(', ')}`, 0);
  const parsed = kind.parse(value);
  if (parsed === null) {
    const wanted = kind.form === null ? 'takes no value' : `takes ${kind.form}, as in ${kind.example}`;
    fail(`"${qualifiedName(kind)}" ${wanted}`, value === null ? name.length : name.length + 1);
  }
  return {
    kind,
    value: parsed,
    limit:
      limit === null
        ? null
        : (parseLimit(limit) ??
          fail('After ":" comes a count or a percentage, as in :3 or :10%', word.length - limit.length)),
  };
}

function parseLimit(text: string): FaultLimit {
  if (/^[1-9]\d{0,8}$/.test(text)) return { count: Number(text) };
  const percent = /^\d{1,3}(\.\d{1,3})?%$/.test(text) ? Number(text.slice(0, -1)) : Number.NaN;
  return percent <= 100 ? { percent } : null;
}

/** A fault as {@link parseFaults} reads it back. */
export function printFault({ kind, value, limit }: Fault): string {
  const often = limit === null ? null : 'count' in limit ? String(limit.count) : `${limit.percent}%`;
  return joinFault({ name: qualifiedName(kind), value: kind.print(value), limit: often });
}
