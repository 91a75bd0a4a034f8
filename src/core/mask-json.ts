import { JsonTokens, type TokenKind } from './json-tokens.ts';

/** What stands in place of a secret. */
export const maskText = '••••••';

// JSON within a JSON string, as echoes and logs have it: \"secret\":\"…\". In group 2 the backslashes of its depth,
// whose number doubles with each: six deep is enough. All of it is bounded, so that little is looked at twice.
const quotedSecret = /("secret(\\{0,63})"\s{0,99}:\s{0,99}\2")(?:.*?(?<!\\)(?=\2")|.*)/gs;

/**
 * The text of a body with the values of every key "secret" masked, and all other characters as they were sent.
 * It need not be whole JSON: a value that is cut off is masked as far as it goes.
 */
export function maskBodyText(text: string, mark = maskText): string {
  if (!text.includes('secret') && !text.includes('\\u')) return text;
  const pieces: string[] = [];
  let copied = 0;
  for (const [from, to] of secretValues(text)) {
    pieces.push(text.slice(copied, from), `"${mark}"`);
    copied = to;
  }
  pieces.push(text.slice(copied));
  return pieces.join('').replace(quotedSecret, `$1${mark}`);
}

// `}`, `]` and `,`. Whatever stands in front of these (bare words, single quotes, comments) is part of the value.
const endsValue = new Set<TokenKind>(['}', ']', ',', 'end']);
const depthChange: Partial<Record<TokenKind, number>> = { '{': 1, '}': -1, '[': 1, ']': -1 };
// The name as JSON may write it.
const secretName = /^"(?:s|\\u0073)(?:e|\\u0065)(?:c|\\u0063)(?:r|\\u0072)(?:e|\\u0065)(?:t|\\u0074)"$/;
const longestName = '"\\u0073\\u0065\\u0063\\u0072\\u0065\\u0074"'.length;

/** Where the values of the keys "secret" begin and end. */
function* secretValues(text: string): Generator<[from: number, to: number]> {
  const tokens = new JsonTokens(text);
  let kind = tokens.next();
  while (kind !== 'end') {
    const isKey = kind === 'string' && tokens.to - tokens.from <= longestName && secretName.test(tokens.text);
    kind = tokens.next();
    if (!isKey || kind !== ':') continue;
    kind = tokens.next();
    const { from } = tokens;
    // A bracket that closes here belongs to what is around: the value is missing.
    for (let depth = 0; kind !== 'end' && (depth > 0 || !endsValue.has(kind)); kind = tokens.next())
      depth += depthChange[kind] ?? 0;
    const to = trimmedEnd(text, from, tokens.from);
    if (to > from) yield [from, to];
  }
}

function trimmedEnd(text: string, from: number, end: number): number {
  let to = end;
  while (to > from && text.charCodeAt(to - 1) <= 0x20) to -= 1;
  return to;
}
