import { scanPath } from '../edit.ts';
import { usageError } from '../errors.ts';

/** A path that the user named: what is there is replaced whatever it is, or stays whatever it is. */
export interface PathRule {
  parts: readonly string[];
  how: 'scrub' | 'keep';
}

/** Where a value stands. */
export interface Place {
  /** As it is told: `metadata.items[].name`, `header:x-user`; cut where it is long. */
  path: string;
  /** The last name in it. */
  key: string;
  /** What the user wants done with all that is here; null for what is done by default. */
  how: PathRule['how'] | null;
  /** Rules for what is further down, by how many of their parts led here. */
  open: readonly { rule: PathRule; matched: number }[];
  /** What takes the place of the secret of a job's metadata; null where it is like any other value. */
  secret: string | null;
}

/** Characters of a path that is told: a hostile one has no end. */
const maxPath = 120;

/**
 * Reads the paths that are named. In them a name may be `*`; places in a list are not told apart (`items.name`,
 * `items[0].name` and `items[].name` are one).
 * @throws UserError for what is none
 */
export const pathRules = (scrub: readonly string[], keep: readonly string[]): PathRule[] => [
  ...keep.map((path): PathRule => ({ parts: partsOf(path, 'scrub-keep'), how: 'keep' })),
  // Later ones win: of two wishes the safe one.
  ...scrub.map((path): PathRule => ({ parts: partsOf(path, 'scrub-path'), how: 'scrub' })),
];

/** Places outside of a body: `header:x-user`, `query:token`, `path:`. */
const outside = /^(?:(?:header|query):[^\s:]+|path:)$/i;

function partsOf(path: string, flag: string): string[] {
  if (outside.test(path)) return [path.toLowerCase()];
  const inside = !/^(?:header|query|path):/i.test(path);
  const plain = path.replace(/\[[\d*]*\]/g, '');
  const { segments, end } = scanPath(plain);
  if (!inside || end < plain.length || segments.length === 0)
    throw usageError(
      flag,
      `--${flag}: "${path}" is not a path: write for example metadata.customer, items.*.name, header:x-user or query:token.`,
    );
  return segments.map(String);
}

/** Where a body begins. */
export const rootPlace = (rules: readonly PathRule[], secret: string | null = null): Place => ({
  ...{ path: '', key: '', how: null, secret },
  open: rules.map((rule) => ({ rule, matched: 0 })),
});

/** One further down, by its name. @param shown the name as it may be told */
export function member(place: Place, name: string, shown = name): Place {
  const open: Place['open'][number][] = [];
  let { how } = place;
  for (const { rule, matched } of place.open) {
    const part = rule.parts[matched];
    if (part !== name && part !== '*') continue;
    if (rule.parts.length === matched + 1) how = rule.how;
    else open.push({ rule, matched: matched + 1 });
  }
  return {
    ...place,
    path: longer(place.path, place.path === '' ? shown : `.${shown}`),
    key: name,
    how,
    open,
  };
}

/** What stands in a list. */
export const element = (place: Place): Place => ({ ...place, path: longer(place.path, '[]') });

function longer(path: string, more: string): string {
  if (path.endsWith('…')) return path;
  const whole = path + more;
  return whole.length > maxPath ? `${whole.slice(0, maxPath)}…` : whole;
}

/** A place outside of a body. @param shown its name as it may be told */
export function outsidePlace(
  rules: readonly PathRule[],
  kind: 'header' | 'query' | 'path',
  name: string,
  shown = name,
): Place {
  return { ...member(rootPlace(rules), `${kind}:${name.toLowerCase()}`, `${kind}:${shown}`), key: name };
}
