import type { HeaderPair } from './delivery.ts';
import { decodeUtf8 } from './payload.ts';

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

/** A curl command for a POSIX shell that sends the very same request: method, headers in order, body bytes. */
export function toCurl(request: PlainRequest): string {
  const text = decodeUtf8(request.body);
  const inline = text !== null && !text.includes('\0');
  const names = new Set(request.headers.map(([name]) => name.toLowerCase()));
  const hasBody = request.body.length > 0;
  const parts = [
    request.method === 'HEAD' ? 'curl --head' : `curl -X ${quote(request.method)}`,
    quote(request.url),
    '--globoff --path-as-is',
    ...request.headers
      .filter(([name]) => !own.has(name.toLowerCase()))
      // "Name;" is how curl is told to send a header without a value.
      .map(([name, value]) => `-H ${quote(value === '' ? `${name};` : `${name}: ${value}`)}`),
    ...unasked
      .filter((name) => !names.has(name) && (name !== 'content-type' || hasBody))
      .map((name) => `-H ${quote(`${name}:`)}`),
    // "@" at the start would name a file, so such a body goes in through standard input as well.
    ...(hasBody
      ? [inline && !text.startsWith('@') ? `--data-binary ${quote(text)}` : '--data-binary @-']
      : []),
  ];
  const command = parts.join(' \\\n  ');
  if (!hasBody || parts.at(-1) !== '--data-binary @-') return command;
  return `printf %s ${quote(Buffer.from(request.body).toString('base64'))} | base64 -d | ${command}`;
}

const quote = (text: string): string =>
  /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
