import { asShown, type PlainRequest, quote, valueBytes } from '../curl.ts';
import type { HeaderPair } from '../delivery.ts';
import type { Format } from './format.ts';
import { commands } from './shell.ts';

/** A command for HTTPie 3 (httpie.io/docs/cli, "Request items", "Redirected input") and a POSIX shell. */
export const httpie: Format = {
  help: 'an HTTPie command that sends the same request',
  extension: 'sh',
  write: (items, options) => commands(items, options, toHttpie),
};

// HTTPie makes these itself from the URL, the connection and the body.
const own = new Set(['host', 'content-length', 'connection', 'transfer-encoding']);
// What it would add unasked: taken away again with an empty "Name:" when the request had none.
const unasked = ['accept', 'accept-encoding', 'content-type'];

/**
 * The command. HTTPie puts some headers in an order of its own, and always sends a User-Agent and an
 * Accept-Encoding (`identity` at least); what it can't send at all (a method with a dash,
 * header bytes that are not UTF-8, or that a terminal would obey) stands in a comment before it.
 */
function toHttpie(request: PlainRequest): string {
  const text = asShown(request.body, true);
  const inline = text !== null;
  const hasBody = request.body.length > 0;
  const names = new Set(request.headers.map(([name]) => name.toLowerCase()));
  const items = request.headers
    .filter(([name]) => !own.has(name.toLowerCase()))
    .map((header) => ({ header, item: headerItem(header) }));
  const problems = [
    ...(/^[A-Z]+$/.test(request.method) ? [] : [`the method ${request.method}`]),
    ...items.flatMap(({ header, item }) => (item === null ? [`the header ${header[0]} as it is`] : [])),
  ];
  const parts = [
    // With a terminal or a pipe as its input, HTTPie would wait for a body there.
    `http --path-as-is${hasBody && !inline ? '' : ' --ignore-stdin'}`,
    ...(hasBody && inline ? [`--raw=${quote(text)}`] : []),
    `${quote(request.method)} ${quote(request.url)}`,
    ...items.flatMap(({ item }) => (item === null ? [] : [quote(item)])),
    ...unasked.filter((name) => !names.has(name)).map((name) => `${name}:`),
  ];
  const command = parts.join(' \\\n  ');
  const piped =
    hasBody && !inline
      ? `printf %s ${quote(Buffer.from(request.body).toString('base64'))} | base64 -d | ${command}`
      : command;
  return problems.map((problem) => `# HTTPie can't send ${problem}.\n`).join('') + piped;
}

/** `Name:value`, or `Name;` for an empty value; null when HTTPie has no way to write it. */
function headerItem([name, value]: HeaderPair): string | null {
  const text = asShown(valueBytes(value), false);
  // A backslash before one of its separators is always taken for an escape, and can't be escaped itself.
  if (text === null || /(?<!\\)(\\\\)*\\[:;=@]/.test(text)) return null;
  if (text === '') return `${name};`;
  return `${name}:${/^[=@]/.test(text) ? '\\' : ''}${text}`;
}
