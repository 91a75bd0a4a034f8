import { createScanner } from 'jsonc-parser';
import type { HeaderPair } from './delivery.ts';
import { decodeUtf8 } from './utf8.ts';

/** What stands in place of a secret. */
export const maskText = '••••••';

const secretHeader = /authorization|cookie|api[-_]?key|token|secret|signature|password/i;
const secretParameter = /api[-_]?key|token|secret|signature|password|^(key|sig|auth|authorization)$/i;

/** Whether a header carries a credential or a signature. */
const isSecretHeader = (name: string): boolean => secretHeader.test(name);

/** Headers with the values of {@link isSecretHeader} ones masked. */
export const maskHeaders = (headers: readonly HeaderPair[]): HeaderPair[] =>
  headers.map(([name, value]) => [name, isSecretHeader(name) ? maskText : value]);

/** A request target (or URL) with the values of query parameters such as `token` masked; the rest untouched. */
export function maskTarget(target: string): string {
  return target.replace(/([?&])([^=&#]+)=([^&#]*)/g, (whole, mark: string, name: string) =>
    secretParameter.test(decoded(name)) ? `${mark}${name}=${maskText}` : whole,
  );
}

function decoded(name: string): string {
  try {
    return decodeURIComponent(name);
  } catch {
    return name; // a stray percent sign: the app sees the name as it stands, too
  }
}

// JSON within a JSON string, as echoes and logs have it: \"secret\":\"…\". In group 2 the backslashes of its depth.
const quotedSecret = /("secret(\\*)"\s*:\s*\2")(?:.*?(?<!\\)(?=\2")|.*)/gs;

/**
 * The text of a body with the values of every key "secret" masked, and all other characters as they were sent.
 * It need not be whole JSON: a value that is cut off is masked as far as it goes.
 */
export function maskBodyText(text: string, mark = maskText): string {
  if (!text.includes('secret') && !text.includes('\\u')) return text;
  let masked = '';
  let copied = 0;
  for (const [from, to] of secretValues(text)) {
    masked += `${text.slice(copied, from)}"${mark}"`;
    copied = to;
  }
  return (masked + text.slice(copied)).replace(quotedSecret, `$1${mark}`);
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

/** A body with its secrets masked as in {@link maskBodyText}, also when it is not text; the same object when it has none. */
export function maskBody(body: Uint8Array): Uint8Array {
  const text = decodeUtf8(body);
  if (text !== null) {
    const masked = maskBodyText(text);
    return masked === text ? body : Buffer.from(masked);
  }
  // One character a byte: a body cut off within a character has secrets too.
  const bytes = Buffer.from(body).toString('latin1');
  const masked = maskBodyText(bytes, Buffer.from(maskText).toString('latin1'));
  return masked === bytes ? body : Buffer.from(masked, 'latin1');
}
