import type { HeaderPair } from './delivery.ts';
import { isPrintable } from './text.ts';
import { decodeUtf8 } from './utf8.ts';

/** A request that can be written down. */
export interface PlainRequest {
  method: string;
  url: string;
  headers: readonly HeaderPair[];
  body: Uint8Array;
}

// curl makes these itself from the URL, the connection and the body.
const own = new Set(['host', 'content-length', 'connection', 'transfer-encoding', 'expect']);
// What curl would add unasked: taken away again with an empty "Name:" when the request had none.
const unasked = ['user-agent', 'accept', 'content-type'];
// From this size on curl asks for a "100 Continue" first.
const expectsFrom = 1024 * 1024;
// Linux takes no longer argument than 128 KB.
const longestArgument = 64 * 1024;

/** A curl command for a POSIX shell that sends the very same request: method, headers in order, body bytes. */
export function toCurl(request: PlainRequest): string {
  const names = new Set(request.headers.map(([name]) => name.toLowerCase()));
  const { body } = request;
  const hasBody = body.length > 0 && request.method !== 'HEAD';
  const inline = body.length > longestArgument ? null : asShown(body, true);
  const parts = [
    request.method === 'HEAD' ? 'curl --head' : `curl -X ${quote(request.method)}`,
    quote(request.url),
    '--globoff --path-as-is',
    ...request.headers
      .filter(([name, value]) => !own.has(name.toLowerCase()) || isEmptyLength(name, value, body))
      .map(([name, value]) => `-H ${header(name, value)}`),
    ...unasked
      .filter((name) => !names.has(name) && (name !== 'content-type' || hasBody))
      .map((name) => `-H ${quote(`${name}:`)}`),
    ...(hasBody && body.length >= expectsFrom ? ["-H 'expect:'"] : []),
    // "@" at the start would name a file, so such a body goes in through standard input as well.
    ...(hasBody
      ? [inline?.startsWith('@') === false ? `--data-binary ${quote(inline)}` : '--data-binary @-']
      : []),
  ];
  const command = parts.join(' \\\n  ');
  if (!hasBody || parts.at(-1) !== '--data-binary @-') return command;
  return `printf %s ${quote(Buffer.from(request.body).toString('base64'))} | base64 -d | ${command}`;
}

// Without a body curl sends no length, and some servers answer 411 to a POST without one.
const isEmptyLength = (name: string, value: string, body: Uint8Array): boolean =>
  name.toLowerCase() === 'content-length' && value.trim() === '0' && body.length === 0;

function header(name: string, value: string): string {
  // "Name;" is how curl is told to send a header without a value.
  if (value === '') return quote(`${name};`);
  const bytes = valueBytes(value);
  const text = asShown(bytes, false);
  if (text !== null) return quote(`${name}: ${text}`);
  const octal = Array.from(bytes, (byte) => `\\${byte.toString(8).padStart(3, '0')}`).join('');
  return `"$(printf '${name.replaceAll('%', '%%').replaceAll("'", `'\\''`)}: ${octal}')"`;
}

/** The bytes of a header value, which has one character a byte; one with others (a mask) is text already. */
export const valueBytes = (value: string): Buffer =>
  Buffer.from(value, /[^\0-\xff]/.test(value) ? 'utf8' : 'latin1');

/** Text that can be pasted: bytes that are none, or that a terminal or a CI job would obey, are null. */
export function asShown(bytes: Uint8Array, keepLines: boolean): string | null {
  const text = decodeUtf8(bytes);
  return text !== null && isPrintable(text, keepLines) ? text : null;
}

/** A word of a POSIX shell command that stands for exactly this text. */
export const quote = (text: string): string =>
  /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
