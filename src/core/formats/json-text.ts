import { createScanner } from 'jsonc-parser';

/** How deep JSON may be nested before what works on its tree would run out of stack. */
export const maxJsonDepth = 500;

// Deeper lines are not set in any further, or the indentation would outgrow the text.
const maxIndent = 16;

/** The text as JSON's value; undefined when it is not JSON, or nested deeper than {@link maxJsonDepth}. */
export function parseShallowJson(text: string): { value: unknown } | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return jsonDepth(text) > maxJsonDepth ? undefined : { value };
  } catch {
    return undefined; // JSON.parse has one way to fail: the text is not JSON
  }
}

/** How deep the brackets of a JSON text are nested. */
export function jsonDepth(text: string): number {
  let depth = 0;
  let deepest = 0;
  for (const token of tokens(text)) {
    if (opens(token)) deepest = Math.max(deepest, ++depth);
    if (closes(token)) depth -= 1;
  }
  return deepest;
}

/**
 * JSON with a line for every value. Names, strings and numbers stay as they were written, so that what reads
 * alike is alike. Null when the text is not JSON.
 */
export function prettyJson(text: string): string | null {
  try {
    JSON.parse(text);
  } catch {
    return null; // not JSON: the caller shows the text
  }
  const pieces: string[] = [];
  let depth = 0;
  let previous = '';
  const newLine = (): string => `\n${'  '.repeat(Math.min(depth, maxIndent))}`;
  for (const token of tokens(text)) {
    if (closes(token)) {
      depth -= 1;
      if (!opens(previous)) pieces.push(newLine());
    } else if (opens(previous) || previous === ',') pieces.push(newLine());
    pieces.push(token === ':' ? ': ' : token);
    if (opens(token)) depth += 1;
    previous = token;
  }
  return pieces.join('');
}

const opens = (token: string): boolean => token === '{' || token === '[';
const closes = (token: string): boolean => token === '}' || token === ']';

/** The tokens of a JSON text as they are written. No recursion: text from outside may be nested without end. */
function* tokens(text: string): Generator<string> {
  const scanner = createScanner(text, true);
  for (scanner.scan(); scanner.getTokenLength() > 0; scanner.scan())
    yield text.slice(scanner.getTokenOffset(), scanner.getTokenOffset() + scanner.getTokenLength());
}
