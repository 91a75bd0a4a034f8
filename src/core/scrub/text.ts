import { isIPv4, isIPv6 } from 'node:net';
import { scrubAddress, scrubHost } from './host.ts';
import { extensions, idPrefixes, routeWords } from './kept.ts';
import type { StandIns } from './stand-ins.ts';
import { scrubUrl, type UrlParts } from './url.ts';

/** How much of a text is replaced: every word but in dates, dates too, or only what is data by its look (in names). */
type Extent = 'all' | 'dates too' | 'data';

/** How a text is looked at. */
interface Look {
  extent?: Extent;
  /** Replaces words without a digit, by their places in the text. */
  word?: (word: string, at: number) => string;
  /** In how many URLs this stands: in URLs in URLs in URLs no more of them are looked for. */
  within?: number;
}

const maxWithin = 2;

/** What is more than one word and has one stand-in wherever it is found. */
interface Unit {
  /** A character that it has: where there is none, it is not looked for. */
  mark: string;
  /** Bounded, but for what it takes: a hostile text must not be looked at twice. */
  pattern: RegExp;
  /** Null where it is none after all. */
  replace(found: string, standIns: StandIns, within: number): string | null;
}

/** Ends where no word goes on. */
const whole = '(?![\\p{L}\\p{N}])';
const day = String.raw`\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])`;
const time = String.raw`[T ]\d\d:\d\d(?::\d\d(?:[.,]\d{1,9})?)?(?:Z|[+-]\d\d:?\d\d)?`;
/** A date or a time of ISO 8601. */
const isoTime = `${day}(?:${time})?`;

const dates: Unit = { mark: '-', pattern: new RegExp(isoTime + whole, 'yu'), replace: (found) => found };

/** Whether a text is nothing but a date or a time of ISO 8601. */
export const isTime = (text: string): boolean => text.length <= 40 && new RegExp(`^${isoTime}$`).test(text);

const urls: Unit = {
  mark: ':',
  pattern: /[a-z][a-z\d+.-]{0,20}:\/\/[^\s"'<>\\^`{|}]+/iy,
  replace(found, standIns, within) {
    const end = /[.,;:!?)\]]*$/.exec(found.slice(-10))![0].length;
    const url = found.slice(0, found.length - end);
    return scrubUrl(url, urlParts(standIns, within + 1)) + found.slice(url.length);
  },
};

const units: readonly Unit[] = [
  dates,
  {
    mark: '-',
    pattern: new RegExp(`[\\da-f]{8}(?:-[\\da-f]{4}){3}-[\\da-f]{12}${whole}`, 'iyu'),
    // Its version and its variant stay.
    replace: (found, standIns) => standIns.like(found, { hex: true, kept: (at) => at === 14 || at === 19 }),
  },
  urls,
  {
    mark: '@',
    pattern: /[\p{L}\p{N}\p{M}._%+'-]{1,64}@(?:[\p{L}\p{N}\p{M}-]{1,63}\.){1,8}[\p{L}\p{N}\p{M}-]{2,63}/uy,
    replace(found, standIns) {
      const [user = '', host = ''] = found.split('@');
      return `${wordsOf(user, standIns)}@${scrubHost(host, standIns)}`;
    },
  },
  {
    mark: '.',
    pattern: new RegExp(String.raw`(?:\d{1,3}\.){3}\d{1,3}${whole}`, 'yu'),
    replace: (found, standIns) => (isIPv4(found) ? scrubAddress(found, standIns) : null),
  },
  {
    mark: ':',
    pattern: /(?:[\da-f]{0,4}:){2,7}(?:(?:\d{1,3}\.){3}\d{1,3}|[\da-f]{1,4})?/iy,
    replace: (found, standIns) => (isIPv6(found) ? scrubAddress(found, standIns) : null),
  },
  { mark: '+', pattern: /\+\d[\d ()./-]{5,24}\d/y, replace: (found, standIns) => standIns.like(found) },
];

/** Where a word or a unit may begin. */
const begins = /[\p{L}\p{N}\p{M}]|\+(?=\d)|::(?=[\da-f])/giu;
const word = /[\p{L}\p{N}\p{M}]+/uy;

/**
 * A text with its words and numbers replaced: mail and IP addresses, URLs, ids and phone numbers as what they are, dates
 * and times not at all.
 */
export function scrubText(text: string, standIns: StandIns, look: Look = {}): string {
  const { within = 0 } = look;
  const possible = units.filter(
    (unit) =>
      text.includes(unit.mark) &&
      !(unit === dates && look.extent === 'dates too') &&
      !(unit === urls && within > maxWithin), // each would be looked at to its end, which is that of all of them
  );
  const pieces: string[] = [];
  let copied = 0;
  for (;;) {
    begins.lastIndex = copied;
    const from = begins.exec(text)?.index;
    if (from === undefined) break;
    pieces.push(text.slice(copied, from));
    const unit =
      possible.length === 0
        ? null
        : unitAt(text, from, possible, (unit, found) => unit.replace(found, standIns, within));
    copied = unit?.to ?? wordEnd(text, from);
    pieces.push(unit?.standIn ?? wordStandIn(text, [from, copied], standIns, look));
  }
  pieces.push(text.slice(copied));
  return pieces.join('');
}

function unitAt(
  text: string,
  from: number,
  possible: readonly Unit[],
  replace: (unit: Unit, found: string) => string | null,
): { to: number; standIn: string } | null {
  for (const unit of possible) {
    unit.pattern.lastIndex = from;
    const found = unit.pattern.exec(text)?.[0];
    const standIn = found === undefined ? null : replace(unit, found);
    if (standIn !== null) return { to: from + found!.length, standIn };
  }
  return null;
}

function wordEnd(text: string, from: number): number {
  word.lastIndex = from;
  // What is no word is the sign before a number.
  return from + (word.exec(text)?.[0].length ?? 1);
}

function wordStandIn(
  text: string,
  [from, to]: readonly [number, number],
  standIns: StandIns,
  { extent = 'all', word: replace }: Look,
): string {
  const found = text.slice(from, to);
  if (extent === 'data' && !isData(found)) return found;
  if (text[to] === '_' && idPrefixes.has(found)) return found;
  if (text[from - 1] === '.' && extensions.has(found.toLowerCase()) && !/[\w.]/.test(text[to] ?? ''))
    return found;
  return replace && !/\d/.test(found) ? replace(found, from) : standIns.word(found);
}

/** Whether a word among names is none of a programmer's: many digits, or hexadecimal ones. */
const isData = (found: string): boolean =>
  /\d\D*\d\D*\d\D*\d\D*\d/.test(found.slice(0, 100)) ||
  (found.length >= 12 && /^[\da-f]+$/i.test(found) && /\d/.test(found));

const wordsOf = (text: string, standIns: StandIns): string =>
  text.replace(/[\p{L}\p{N}\p{M}]+/gu, (found) => standIns.word(found));

/** How URLs are replaced: segments that only say which route it is stay. @param within in how many URLs it stands */
export const urlParts = (standIns: StandIns, within = 0): UrlParts => ({
  host: (host) => scrubHost(host, standIns),
  segment: (text) => (routeWords.test(text) ? text : scrubText(text, standIns, { within })),
  name: (text) => scrubText(text, standIns, { within, extent: 'data' }),
  value: (text) => scrubText(text, standIns, { within }),
  other: (text) => scrubText(text, standIns, { within }),
});
