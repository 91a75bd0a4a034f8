import { isIP } from 'node:net';
import { parseShallowJson } from '../formats/json-text.ts';
import { scrubDate } from './date.ts';
import { type JsonParts, scrubJson } from './json.ts';
import { isBirthKey, isMeasure, isNameKey, isSecretKey, isStructural } from './kept.ts';
import type { Place } from './place.ts';
import type { StandIns } from './stand-ins.ts';
import type { Kind, Tally } from './tally.ts';
import { isTime, scrubText } from './text.ts';

/** From so many words on a text is prose: its words could be guessed by how often they come. */
const prose = 20;
/** JSON in a string in JSON in a string; what is in that is text. */
const maxNested = 2;

/** The values of bodies, headers and parameters, by where they stand. */
export class Values implements JsonParts {
  #nested = 0;

  constructor(
    readonly standIns: StandIns,
    readonly tally: Tally,
  ) {}

  /** A string. */
  text(text: string, place: Place): string {
    if (text === '' || place.how === 'keep') return text;
    if (place.path === 'metadata.secret' && place.secret !== null) {
      this.tally.secrets += 1;
      return this.told('secret', place, text, place.secret);
    }
    const forced = place.how === 'scrub';
    if (!forced && isStructural(place.key, text)) return text;
    if (isTime(text)) {
      if (!forced && !isBirthKey(place.key)) return text;
      return this.told('date', place, text, scrubDate(text, this.standIns));
    }
    const json = this.#json(text, place);
    if (json !== null) return json;
    return this.told(kindOf(place.key, text), place, text, this.words(text, forced));
  }

  /** Any text, word by word. @param forced whether dates are replaced too */
  words(text: string, forced = false): string {
    const extent = forced ? 'dates too' : 'all';
    const word = isProse(text) ? this.standIns.prose(text) : undefined;
    return scrubText(text, this.standIns, { extent, ...(word ? { word } : {}) });
  }

  /** A number as JSON writes it: its sign, its point, its exponent and the count of its digits stay. */
  number(text: string, place: Place): string {
    if (place.how === 'keep' || (place.how === null && isMeasure(place.key, text))) return text;
    const [, sign = '', digits = '', exponent = ''] = /^(-?)([\d.]*)(.*)$/s.exec(text)!;
    const parts = digits.split('.').map((run) => this.standIns.word(run));
    return this.told(
      isSecretKey(place.key) ? 'secret' : 'number',
      place,
      text,
      sign + parts.join('.') + exponent,
    );
  }

  /** What is written without quotes: a parameter, a field of a form. */
  loose(text: string, place: Place): string {
    if (/^(?:true|false|null|undefined)$/i.test(text)) return text;
    return /^-?\d{1,100}(?:\.\d{1,100})?$/.test(text) ? this.number(text, place) : this.text(text, place);
  }

  /** A body that is text of no kind that is known here. */
  whole(text: string, root: Place): string {
    return this.text(text, { ...root, path: 'body' });
  }

  /** The name of a member: what is no data by its look stays. */
  name(text: string, place: Place): string {
    if (place.how === 'keep') return text;
    const extent = place.how === 'scrub' ? 'dates too' : 'data';
    return this.told('text', place, text, scrubText(text, this.standIns, { extent }));
  }

  /** JSON within a string; null where it is none. */
  #json(text: string, place: Place): string | null {
    if (this.#nested >= maxNested || !/^\s*[{[]/.test(text) || !parseShallowJson(text)) return null;
    this.#nested += 1;
    try {
      return scrubJson(text, place, this);
    } finally {
      this.#nested -= 1;
    }
  }

  /** A name as it may be told. */
  shown(name: string): string {
    return scrubText(name, this.standIns, { extent: 'data' });
  }

  /** Counts what was replaced, if it was. */
  told(kind: Kind, place: Place, text: string, replaced: string): string {
    if (replaced !== text) this.tally.count(kind, place.path);
    return replaced;
  }
}

function isProse(text: string): boolean {
  let count = 0;
  for (const _ of text.matchAll(/\p{L}+/gu)) if (++count >= prose) return true;
  return false;
}

const phoneKeys = /phone|mobile|fax|(?:^|_)(?:tel|cell)/i;
const phoneForm = /^\+?[\d ()./-]{6,25}$/;

/** What a value is, as far as it can be told. */
function kindOf(key: string, text: string): Kind {
  const look = text.slice(0, 300);
  if (isSecretKey(key)) return 'secret';
  if (/^[^\s@]{1,64}@[^\s@]{3,255}$/.test(look)) return 'mail address';
  if (/^[a-z][a-z\d+.-]{0,20}:\/\/\S+$/i.test(look)) return 'URL';
  if (isIP(look) !== 0) return 'IP address';
  if (phoneForm.test(look) && (look.startsWith('+') || phoneKeys.test(key))) return 'phone number';
  if (/^[\d., ]+$/.test(look)) return 'number';
  if (/^[\w-]{4,}$/.test(look) && /\d/.test(look)) return 'id';
  return isNameKey(key) ? 'name' : 'text';
}
