import { JsonTokens, stringValue } from '../json-tokens.ts';
import { element, member, type Place } from './place.ts';

/** How the parts of a JSON text are replaced; what is given back as it was stays as it is written. */
export interface JsonParts {
  /** The name of a member of what is at `place`. */
  name(text: string, place: Place): string;
  text(text: string, place: Place): string;
  /** A number as it is written. */
  number(text: string, place: Place): string;
}

/**
 * A JSON text with its values replaced, byte for byte the same elsewhere. One pass over its tokens, without recursion.
 * @param text valid JSON
 */
export function scrubJson(text: string, root: Place, parts: JsonParts): string {
  const tokens = new JsonTokens(text);
  const pieces: string[] = [];
  /** What is open around the token: a member's name is expected in an object that has no `at` yet. */
  const around: { place: Place; list: boolean; at: Place | null }[] = [];
  let copied = 0;
  const put = (replaced: string): void => {
    if (replaced === tokens.text) return;
    pieces.push(text.slice(copied, tokens.from), replaced);
    copied = tokens.to;
  };
  for (let kind = tokens.next(); kind !== 'end'; kind = tokens.next()) {
    const inner = around.at(-1);
    const at = inner ? inner.at : root;
    if (kind === '{' || kind === '[') {
      const list = kind === '[';
      around.push({ place: at!, list, at: list ? element(at!) : null });
    } else if (kind === '}' || kind === ']') around.pop();
    else if (kind === ',' && inner && !inner.list) inner.at = null;
    else if (kind === 'string' && at === null) {
      const name = stringValue(tokens.text);
      const replaced = parts.name(name, inner!.place);
      if (replaced !== name) put(written(replaced, tokens.text));
      inner!.at = member(inner!.place, name, replaced);
    } else if (kind === 'string') {
      const value = stringValue(tokens.text);
      const replaced = parts.text(value, at!);
      if (replaced !== value) put(written(replaced, tokens.text));
    } else if (kind === 'word' && /^[-\d]/.test(tokens.text.slice(0, 1))) put(parts.number(tokens.text, at!));
  }
  pieces.push(text.slice(copied));
  return pieces.join('');
}

/** A text as JSON, in ASCII only where the one that it replaces is. */
function written(text: string, like: string): string {
  const json = JSON.stringify(text);
  return /[^\0-\x7f]/.test(like)
    ? json
    : json.replace(/[^\0-\x7f]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
