import { standInSecrets } from './secrets.ts';
import { type Kind, kinds, type Tally } from './tally.ts';

/** What a scrubbed export replaced: never what stood there. */
export interface ScrubSummary {
  /** How many values of each kind. */
  kinds: Partial<Record<Kind, number>>;
  /** How many values at each path; the first thousand of them. */
  paths: Record<string, number>;
  /** What was replaced as a whole, a line each. */
  notes: string[];
  /** How many signatures were made anew, with `svixSecret`, and how many `metadata.secret` became `secret`. */
  signed: number;
  secrets: number;
  svixSecret: string;
  secret: string;
}

/** What was counted, as data. */
export const scrubSummary = ({ kinds: counted, paths, notes, signed, secrets }: Tally): ScrubSummary => ({
  kinds: Object.fromEntries(kinds.flatMap((kind) => (counted.has(kind) ? [[kind, counted.get(kind)!]] : []))),
  paths: Object.fromEntries(paths),
  ...{ notes, signed, secrets },
  ...standInSecrets,
});

/** Paths that are told in words. */
const toldPaths = 20;

/** The same in words, a line each. */
export function scrubLines({
  kinds: counted,
  paths,
  notes,
  signed,
  secrets,
  svixSecret,
  secret,
}: ScrubSummary): string[] {
  const each = Object.entries(counted).map(([kind, count]) => plural(count, kind));
  const all = Object.entries(paths).sort(([, a], [, b]) => b - a);
  const told = all.slice(0, toldPaths).map(([path, count]) => `${path} (${count})`);
  const more = all.length > toldPaths ? [`${all.length - toldPaths} more`] : [];
  return [
    each.length === 0 ? 'Scrubbed: nothing was there to replace.' : `Scrubbed: ${each.join(', ')}.`,
    ...(told.length === 0 ? [] : [`At ${[...told, ...more].join(', ')}.`]),
    ...(signed === 0 ? [] : [`${plural(signed, 'signature')} made anew: verify with ${svixSecret}`]),
    ...(secrets === 0 ? [] : [`metadata.secret is ${secret} in ${plural(secrets, 'body', 'bodies')}.`]),
    ...notes,
  ];
}

const plural = (count: number, one: string, many = one.endsWith('s') ? `${one}es` : `${one}s`): string =>
  `${count} ${count === 1 ? one : many}`;
