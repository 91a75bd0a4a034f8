import { JsonTokens, stringValue } from '../core/json-tokens.ts';

/** Characters of metadata that are looked at where it has a part of a line: no screen has room for more. */
const longest = 1_000;

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
  const tokens = new JsonTokens(text);
  tokens.next(); // the brace
  while (tokens.next() === 'string') {
    const name = stringValue(tokens.text);
    if (tokens.next() !== ':') return;
    const kind = tokens.next();
    const { from } = tokens;
    if (kind === 'string') yield [name, stringValue(tokens.text)];
    else {
      for (let depth = 0; tokens.kind !== 'end'; tokens.next()) {
        if (tokens.kind === '{' || tokens.kind === '[') depth++;
        if (tokens.kind === '}' || tokens.kind === ']') depth--;
        if (depth === 0) break;
      }
      yield [name, text.slice(from, tokens.to)];
    }
    if (tokens.next() !== ',') return;
  }
}
