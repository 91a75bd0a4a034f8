import type { HeaderPair } from '../headers.ts';
import { decodeUtf8 } from '../utf8.ts';
import { outsidePlace, type PathRule, type Place } from './place.ts';
import { urlParts } from './text.ts';
import { scrubEncoded, scrubHostAndPort, scrubUrl } from './url.ts';
import type { Values } from './values.ts';

/** Headers that say how a request is sent, not by whom; a name that ends in "-" is the beginning of several. */
const kept: ReadonlySet<string> = new Set(
  `accept accept-charset accept-encoding accept-language accept-ranges age allow cache-control connection content-encoding
  content-language content-length content-range content-type date dnt expect expires keep-alive last-modified pragma
  retry-after server sec-fetch-dest sec-fetch-mode sec-fetch-site sec-fetch-user strict-transport-security te trailer
  transfer-encoding upgrade upgrade-insecure-requests user-agent vary x-content-type-options x-forwarded-port
  x-forwarded-proto x-frame-options x-powered-by svix-timestamp webhook-timestamp`.split(/\s+/),
);
const hosts: ReadonlySet<string> = new Set(['host', 'x-forwarded-host', 'x-original-host']);
const urls: ReadonlySet<string> = new Set([
  'location',
  'referer',
  'origin',
  'x-original-url',
  'x-rewrite-url',
]);

/** Headers with their values replaced, in their order and under their names. */
export const scrubHeaders = (
  headers: readonly HeaderPair[],
  rules: readonly PathRule[],
  values: Values,
): HeaderPair[] =>
  headers.map(([name, value]) => [name, scrubHeader(name.toLowerCase(), value, rules, values)]);

function scrubHeader(name: string, value: string, rules: readonly PathRule[], values: Values): string {
  const place = outsidePlace(rules, 'header', name, values.shown(name));
  if (place.how === 'keep' || (place.how === null && kept.has(name))) return value;
  // A header is held one character a byte; most of what is not ASCII in one is UTF-8.
  const text = decodeUtf8(Buffer.from(value, 'latin1'));
  if (text === null || /[^\0-\xff]/.test(value)) return headerText(name, value, place, values);
  return Buffer.from(headerText(name, text, place, values)).toString('latin1');
}

function headerText(name: string, text: string, place: Place, values: Values): string {
  if (place.how === null && hosts.has(name))
    return values.told('host', place, text, scrubHostAndPort(text, urlParts(values.standIns)));
  if (place.how === null && urls.has(name))
    return values.told('URL', place, text, scrubUrl(text, urlParts(values.standIns)));
  if (name === 'cookie') return eachOf(text, (cookie) => scrubCookie(cookie, place, values));
  if (name === 'set-cookie')
    return eachOf(text, (part, i) =>
      i === 0 ? scrubCookie(part, place, values) : scrubAttribute(part, place, values),
    );
  // `Bearer …`, `Basic …`
  const [scheme = ''] = /authori[sz]ation/.test(name) ? (/^[A-Za-z]+ /.exec(text) ?? []) : [];
  return scheme + values.loose(text.slice(scheme.length), place);
}

const eachOf = (text: string, scrub: (part: string, i: number) => string): string =>
  text.split(';').map(scrub).join(';');

function scrubCookie(cookie: string, place: Place, values: Values): string {
  const from = cookie.indexOf('=') + 1;
  const name = from === 0 ? '' : values.name(cookie.slice(0, from), place);
  return (
    name + scrubEncoded(cookie.slice(from), (text) => values.told('secret', place, text, values.words(text)))
  );
}

/** What is said of a cookie (RFC 6265, 4.1.1): of this only where it goes is anybody's. */
function scrubAttribute(part: string, place: Place, values: Values): string {
  const [, name, value = ''] = /^(\s*(?:domain|path)\s*=)(.*)$/is.exec(part) ?? [];
  return name === undefined ? part : name + values.told('host', place, value, values.words(value));
}
