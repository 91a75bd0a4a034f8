import { createScanner } from 'jsonc-parser';

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

// jsonc-parser's SyntaxKind, which is a const enum and can't be imported.
const [colon, string, end] = [6, 10, 17];
const depthChange: Record<number, number> = { 1: 1, 2: -1, 3: 1, 4: -1 };
// `}`, `]` and `,`. Whatever stands in front of these (bare words, single quotes) is part of the value.
const endsValue = new Set([2, 4, 5]);

/** Where the values of the keys "secret" begin and end. */
function* secretValues(text: string): Generator<[from: number, to: number]> {
  const scanner = createScanner(text, true);
  let token: number = scanner.scan();
  while (token !== end) {
    const isKey = token === string && scanner.getTokenValue() === 'secret';
    token = scanner.scan();
    if (!isKey || token !== colon) continue;
    token = scanner.scan();
    const from = scanner.getTokenOffset();
    let to = from;
    // A bracket that closes here belongs to what is around: the value is missing.
    for (let depth = 0; token !== end && (depth > 0 || !endsValue.has(token)); token = scanner.scan()) {
      depth += depthChange[token] ?? 0;
      to = scanner.getTokenOffset() + scanner.getTokenLength();
    }
    if (to > from) yield [from, to];
  }
}
