import { useRef } from 'react';

/**
 * Keys by which rows are drawn anew in the elements of those that have gone: where much comes, that costs a browser far
 * less than making them. A row that stays keeps its own.
 * @param ids of the rows that are drawn, each once
 */
export function useSlots(ids: readonly (string | number)[]): number[] {
  const known = useRef<ReadonlyMap<string | number, number>>(new Map());
  const taken = new Set(ids.flatMap((id) => known.current.get(id) ?? []));
  let next = 0;
  const slots = ids.map((id) => {
    const own = known.current.get(id);
    if (own !== undefined) return own;
    while (taken.has(next)) next += 1;
    return next++;
  });
  known.current = new Map(ids.map((id, i) => [id, slots[i]!]));
  return slots;
}
