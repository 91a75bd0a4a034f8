import { useRef } from 'react';

type Id = string | number;

/**
 * Keys by which rows are drawn anew in the elements of those that have gone: where much comes, that costs a browser far
 * less than making them. A row that stays keeps its own.
 * @param ids of the rows that are drawn, each once
 */
export function useSlots(ids: readonly Id[]): number[] {
  const known = useRef<ReadonlyMap<Id, number>>(new Map());
  const slots = slotsFor(ids, known.current);
  known.current = new Map(ids.map((id, i) => [id, slots[i]!]));
  return slots;
}

/** A slot for each id: its own where it had one, else the lowest that none of them has. */
export function slotsFor(ids: readonly Id[], known: ReadonlyMap<Id, number>): number[] {
  const taken = new Set(ids.flatMap((id) => known.get(id) ?? []));
  let next = 0;
  return ids.map((id) => {
    const own = known.get(id);
    if (own !== undefined) return own;
    while (taken.has(next)) next += 1;
    return next++;
  });
}
