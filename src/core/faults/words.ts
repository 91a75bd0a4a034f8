/** One fault as it is written: `NAME[=VALUE][:LIMIT]`; null for a part that is absent. */
export interface FaultWord {
  name: string;
  value: string | null;
  limit: string | null;
}

/** The parts of a word of the fault language, whatever they hold. */
export function splitFault(word: string): FaultWord {
  const [, name = '', value = null, limit = null] = /^([^=:]*)(?:=([^:]*))?(?::(.*))?$/.exec(word) ?? [];
  return { name, value, limit };
}

/** A word of the fault language with these parts. */
export const joinFault = ({ name, value, limit }: FaultWord): string =>
  `${name}${value === null ? '' : `=${value}`}${limit === null ? '' : `:${limit}`}`;

/** The kind that a name means: the first of that name, or the one of the direction in front of it (`sender.delay`). */
export function kindNamed<K extends { name: string; direction: 'app' | 'sender' }>(
  kinds: readonly K[],
  name: string,
): K | undefined {
  const [, direction, plain] = /^(app|sender)\.(.*)$/.exec(name) ?? [null, null, name];
  return kinds.find((kind) => kind.name === plain && (direction === null || kind.direction === direction));
}
