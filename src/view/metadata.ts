import { createScanner } from 'jsonc-parser';

/** Characters of metadata that are looked at where it has a part of a line: no screen has room for more. */
const longest = 1_000;
// jsonc-parser's SyntaxKind, which is a const enum and can't be imported.
const [openBrace, closeBrace, openBracket, closeBracket, comma, colon, string, endOfText] = [
  1, 2, 3, 4, 5, 6, 10, 17,
];

/**
 * The first members of metadata in a line, `user_id=7 plan=pro`; the secret says nothing here. What comes after is
 * not looked at, however much it is.
 * @param json the metadata as compact JSON; null when there is none
 */
export function metadataText(json: string | null): string {
  if (json === null) return '';
  const beginning = json.slice(0, longest);
  if (!beginning.startsWith('{')) return beginning;
  const shown: string[] = [];
  for (const [name, value] of members(beginning)) {
    if (name !== 'secret') shown.push(`${name}=${value}`);
    if (shown.length === 2) break;
  }
  return shown.join(' ');
}

/** The members of an object that may be cut off anywhere: texts without their quotes, all else as it was written. */
function* members(text: string): Generator<[name: string, value: string]> {
  const scanner = createScanner(text, true);
  scanner.scan(); // the brace
  while (scanner.scan() === string) {
    const name = scanner.getTokenValue();
    if (scanner.scan() !== colon) return;
    const kind = scanner.scan();
    const start = scanner.getTokenOffset();
    if (kind === string) yield [name, scanner.getTokenValue()];
    else {
      for (let depth = 0, token = kind; token !== endOfText; token = scanner.scan()) {
        if (token === openBrace || token === openBracket) depth++;
        if (token === closeBrace || token === closeBracket) depth--;
        if (depth === 0) break;
      }
      yield [name, text.slice(start, scanner.getTokenOffset() + scanner.getTokenLength())];
    }
    if (scanner.scan() !== comma) return;
  }
}
