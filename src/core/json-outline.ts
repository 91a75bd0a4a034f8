import { jsonValue } from './json.ts';

/** Where the values of some members of a JSON object stand in its bytes: from the first one to after the last. */
export type Outline = ReadonlyMap<string, readonly [from: number, to: number]>;

// So many names with escapes in them are read; a hostile object may have a million.
const maxEscaped = 100;
// So far the end of a string is looked for byte by byte, which is dearest to begin.
const nearBytes = 64;

const [quote, backslash, comma, colon] = [0x22, 0x5c, 0x2c, 0x3a];
const [openBrace, closeBrace, openBracket, closeBracket] = [0x7b, 0x7d, 0x5b, 0x5d];

/**
 * Finds members of a JSON object in one pass over its bytes, without making values of them: what is parsed on the
 * way of a request has to be bounded. Of a name that stands there twice the last one counts, as for JSON.parse.
 * @param bytes UTF-8; brackets and strings have to be closed, what is in between is not looked at
 * @returns null when it is no such object
 */
export function outlineOf(bytes: Uint8Array, names: readonly string[]): Outline | null {
  const found = new Map<string, readonly [number, number]>();
  const nameAt = nameReader(bytes, names);
  const last = lastOf(bytes);
  let at = firstOf(bytes);
  if (bytes[at] !== openBrace || bytes[last] !== closeBrace) return null;
  let depth = 0;
  let name: string | null = null;
  let from = 0;
  for (; at <= last; at++) {
    const byte = bytes[at];
    if (byte === quote) {
      const end = stringEnd(bytes, at);
      if (end === -1) return null;
      if (depth === 1 && name === null) name = nameAt(at, end);
      at = end;
    } else if (byte === colon && depth === 1 && from === 0) from = at + 1;
    else if (byte === openBrace || byte === openBracket) depth += 1;
    else if (byte === closeBrace || byte === closeBracket || byte === comma) {
      if (depth === 1) {
        if (name && from > 0) found.set(name, [from, at]);
        name = null;
        from = 0;
      }
      if (byte !== comma) depth -= 1;
      if (depth === 0 && at < last) return null;
    }
  }
  return depth === 0 ? found : null;
}

/** Where the string that begins at `at` ends; -1 when it does not. */
function stringEnd(bytes: Uint8Array, at: number): number {
  let i = at + 1;
  for (;;) {
    for (const near = Math.min(i + nearBytes, bytes.length); i < near; i++) {
      if (bytes[i] === backslash) i += 1;
      else if (bytes[i] === quote) return i;
    }
    if (i >= bytes.length) return -1;
    // Far away: what Node searches for in one go is found ten times as fast.
    const next = bytes.indexOf(quote, i);
    if (next === -1) return -1;
    let slashes = next;
    while (slashes > i && bytes[slashes - 1] === backslash) slashes -= 1;
    if ((next - slashes) % 2 === 0) return next;
    i = next + 1;
  }
}

/** Reads the name between two quotes, where it is one of `names`; it is empty where it is none of them. */
function nameReader(bytes: Uint8Array, names: readonly string[]): (from: number, to: number) => string {
  const wanted = names.map((name) => [name, Buffer.from(JSON.stringify(name))] as const);
  const longest = Math.max(...wanted.map(([, text]) => text.length * 6)); // each character as \u0000
  let escaped = 0;
  return (from, to) => {
    const length = to - from + 1;
    for (const [name, text] of wanted) {
      let same = text.length === length ? 0 : -1;
      while (same >= 0 && same < length && text[same] === bytes[from + same]) same += 1;
      if (same === length) return name;
    }
    if (length > longest || escaped >= maxEscaped) return '';
    let at = from;
    while (at < to && bytes[at] !== backslash) at += 1;
    if (at === to) return '';
    escaped += 1;
    const value = jsonValue(Buffer.from(bytes.subarray(from, to + 1)).toString());
    return names.find((name) => name === value) ?? '';
  };
}

const isSpace = (byte: number | undefined): boolean =>
  byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;

function firstOf(bytes: Uint8Array): number {
  let at = 0;
  while (isSpace(bytes[at])) at += 1;
  return at;
}

function lastOf(bytes: Uint8Array): number {
  let at = bytes.length - 1;
  while (isSpace(bytes[at])) at -= 1;
  return at;
}
