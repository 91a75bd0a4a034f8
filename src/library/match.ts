import { isDeepStrictEqual } from 'node:util';
import { usageError } from '../core/errors.ts';
import { parseFilter } from '../core/filter.ts';
import type { Delivery } from './delivery.ts';

/** What a delivery has to have, as far as it is given; of its metadata only the members that are named. */
export type DeliveryPart = Partial<
  Pick<Delivery, 'id' | 'seq' | 'job' | 'status' | 'metadata' | 'source' | 'method' | 'path' | 'answered'>
>;

/** Which deliveries are meant: a part of them, the filter language (`status:failed AND job:204a*`), or a function. */
export type Match = DeliveryPart | string | ((delivery: Delivery) => boolean);

/** A {@link Match} as it is looked for: by the history, and then by `fits`. */
export interface Matcher {
  /** In the filter language. */
  filter: string;
  fits(delivery: Delivery): boolean;
  /** As messages name it. */
  name: string;
}

const fields: ReadonlySet<string> = new Set<keyof Required<DeliveryPart>>([
  ...(['id', 'seq', 'job', 'status', 'metadata', 'source', 'method', 'path', 'answered'] as const),
]);

/** @throws UserError when the filter can't be read, or there is no such field */
export function toMatcher(match: Match): Matcher {
  if (typeof match === 'string') {
    parseFilter(match);
    return { filter: match, fits: () => true, name: `"${match}"` };
  }
  if (typeof match === 'function') return { filter: '', fits: match, name: 'the function' };
  const unknown = Object.keys(match).find((name) => !fields.has(name));
  if (unknown !== undefined)
    throw usageError(
      'match',
      `A delivery has no "${unknown}": use ${[...fields].join(', ')}, or a function.`,
    );
  return { filter: '', fits: (delivery) => holds(delivery, match), name: JSON.stringify(match) };
}

/** Whether a value has all that a part of it has. */
function holds(value: unknown, part: unknown): boolean {
  if (!isPlain(part)) return isDeepStrictEqual(value, part);
  if (typeof value !== 'object' || value === null) return false;
  return Object.entries(part).every(
    ([key, each]) => Object.hasOwn(value, key) && holds((value as Record<string, unknown>)[key], each),
  );
}

const isPlain = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
