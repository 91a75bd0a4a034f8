import { jsonValue } from '../json.ts';
import { JsonTokens, type TokenKind } from '../json-tokens.ts';

/** How deep JSON may be nested before what works on its tree would run out of stack. */
export const maxJsonDepth = 500;

// Deeper lines are not set in any further, or the indentation would outgrow the text.
const maxIndent = 16;

/** The text as JSON's value; undefined when it is not JSON, or nested deeper than {@link maxJsonDepth}. */
export function parseShallowJson(text: string): { value: unknown } | undefined {
  const value = jsonValue(text);
  return value === undefined || isTooDeep(text) ? undefined : { value };
}

/** Whether the brackets of a JSON text are nested deeper than {@link maxJsonDepth}. */
export function isTooDeep(text: string): boolean {
  return hasManyBrackets(text) && jsonDepth(text) > maxJsonDepth;
}

/** What has fewer can't be nested too deeply, and is found out at a hundredth of the cost: most text has none. */
function hasManyBrackets(text: string): boolean {
  let left = maxJsonDepth;
  for (const bracket of '[{')
    for (let at = text.indexOf(bracket); at !== -1; at = text.indexOf(bracket, at + 1))
      if (--left < 0) return true;
  return false;
}

/** How deep the brackets of a JSON text are nested. */
export function jsonDepth(text: string): number {
  const tokens = new JsonTokens(text);
  let depth = 0;
  let deepest = 0;
  for (let kind = tokens.next(); kind !== 'end'; kind = tokens.next()) {
    if (opens(kind)) deepest = Math.max(deepest, ++depth);
    if (closes(kind)) depth -= 1;
  }
  return deepest;
}

/**
 * JSON with a line for every value. Names, strings and numbers stay as they were written, so that what reads
 * alike is alike. Null when the text is not JSON.
 */
export function prettyJson(text: string): string | null {
  if (jsonValue(text) === undefined) return null;
  const tokens = new JsonTokens(text);
  const pieces: string[] = [];
  let depth = 0;
  let previous: TokenKind = 'end';
  for (let kind = tokens.next(); kind !== 'end'; kind = tokens.next()) {
    const empty = opens(previous) && closes(kind);
    if (closes(kind)) depth -= 1;
    if (!empty && (opens(previous) || closes(kind) || previous === ',')) pieces.push(newLine(depth));
    pieces.push(kind === ':' ? ': ' : tokens.text);
    if (opens(kind)) depth += 1;
    previous = kind;
  }
  return pieces.join('');
}

// No recursion anywhere: text from outside may be nested without end.
const newLine = (depth: number): string => `\n${'  '.repeat(Math.min(depth, maxIndent))}`;
const opens = (kind: TokenKind): boolean => kind === '{' || kind === '[';
const closes = (kind: TokenKind): boolean => kind === '}' || kind === ']';
