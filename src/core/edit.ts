import { applyEdits as applyTextEdits, findNodeAtLocation, modify, type Node, parseTree } from 'jsonc-parser';
import type { HeaderPair } from './delivery.ts';
import { type UserError, usageError } from './errors.ts';
import { maxJsonDepth, parseShallowJson } from './formats/json-text.ts';
import { tokenForm, valueForm, wireValue } from './formats/parts.ts';
import { hopByHop, perRequest } from './headers.ts';
import { decodeUtf8 } from './utf8.ts';

/** One change to a request. */
export type Edit =
  /** `path` as in `metadata.tags[0]`; `json` is the new value's text, put into the body as it is written here. */
  | { kind: 'set'; path: string; json: string }
  /** A null value removes the header. */
  | { kind: 'header'; name: string; value: string | null };

/**
 * Reads `metadata.user_id=7`. The value is JSON where it reads as such, else a string: `status=Failed`, `done=true`,
 * `tags=["a"]`, `id="7"`. A number is one only in its plain form: `007`, `1.0`, `204e5` and what has more digits
 * than a number keeps (a job id, say) are strings.
 * @throws UserError
 */
export function parseSet(text: string): Edit {
  const { end } = scanPath(text);
  if (text[end] !== '=' || end === 0)
    throw editError(`"${text}" is not PATH=VALUE: write for example metadata.user_id=7.`);
  return { kind: 'set', path: text.slice(0, end), json: jsonOf(text.slice(end + 1)) };
}

/** Headers that are this tool's own, whatever the delivery has; x-forwarded-* are made from what it has. */
const ownHeaders: ReadonlySet<string> = new Set([
  ...perRequest.filter((name) => !name.startsWith('x-forwarded-')),
  ...hopByHop,
]);

/**
 * Reads `name:value`, or `name:`, which removes the header.
 * @throws UserError
 */
export function parseHeaderEdit(text: string): Edit {
  const colon = text.indexOf(':');
  if (colon === -1) throw editError(`"${text}" is not NAME:VALUE: write for example x-trace:1.`);
  // What a person types goes out as UTF-8; headers are held one character a byte.
  const value = Buffer.from(text.slice(colon + 1).trim()).toString('latin1');
  const name = text.slice(0, colon).trim();
  if (ownHeaders.has(name.toLowerCase()))
    throw editError(`${name} can't be set: it is made anew for each request.`);
  return { kind: 'header', name, value: value === '' ? null : value };
}

/**
 * A request with edits made in their order; every byte that no edit is about stays. A header keeps its place and
 * the case of its name, a new one goes last. `Content-Length` is left to the HTTP client.
 * @throws UserError when the body is not JSON, a path does not fit it, or a header can't be sent
 */
export function applyEdits<T extends { headers: readonly HeaderPair[]; body: Uint8Array }>(
  request: T,
  edits: readonly Edit[],
): T {
  let { headers, body } = request;
  for (const edit of edits)
    if (edit.kind === 'header') headers = setHeader(headers, edit.name, edit.value);
    else body = setValue(body, edit.path, edit.json);
  return { ...request, headers, body };
}

function setHeader(headers: readonly HeaderPair[], name: string, value: string | null): HeaderPair[] {
  if (!tokenForm.test(name)) throw editError(`"${name}" is not a header name.`);
  if (value !== null && !valueForm.test(value))
    throw editError(`The value of ${name} has control characters, which no header can hold.`);
  const is = ([key]: HeaderPair): boolean => key.toLowerCase() === name.toLowerCase();
  const place = headers.findIndex(is);
  if (value === null) return headers.filter((header) => !is(header));
  if (place === -1) return [...headers, [name, wireValue(value)]];
  return headers.flatMap((header, i): HeaderPair[] =>
    i === place ? [[header[0], wireValue(value)]] : is(header) ? [] : [header],
  );
}

function setValue(body: Uint8Array, path: string, json: string): Uint8Array {
  const text = decodeUtf8(body);
  if (text === null || !parseShallowJson(text))
    throw editError(`${path} can't be set: the body is not JSON, or nested over ${maxJsonDepth} levels.`);
  const { segments, end } = scanPath(path);
  if (end < path.length || segments.length === 0)
    throw editError(`"${path}" is not a path: write for example metadata.tags[0] or metadata["a.b"].`);
  if (!parseShallowJson(json)) throw editError(`The value of ${path} is not JSON.`);
  checkPath(parseTree(text)!, segments);
  // jsonc-parser would write the value its own way: it places a 0, always the last in what it puts in, and the
  // text itself goes there.
  const changes = modify(text, segments, 0, {}).map((change) => ({
    ...change,
    content: change.content.replace(/0(?=[^0]*$)/, () => json),
  }));
  return Buffer.from(applyTextEdits(text, changes));
}

/** Follows a path as far as it is there, and says where it does not fit. */
function checkPath(root: Node, segments: readonly Segment[]): void {
  for (let i = 0; i < segments.length; i++) {
    const node = findNodeAtLocation(root, segments.slice(0, i));
    const segment = segments[i]!;
    const name = i === 0 ? 'the body' : pathText(segments.slice(0, i));
    if (!node) {
      if (typeof segment === 'number' && segment > 0)
        throw editError(`${name} is not there: start with [0].`);
    } else if (typeof segment === 'number') {
      const length = node.children?.length ?? 0;
      if (node.type !== 'array') throw editError(`${name} is ${kinds[node.type]}, not an array.`);
      if (segment > length) throw editError(`${name} has ${length} items: [${length}] would be the next.`);
    } else {
      if (node.type !== 'object') throw editError(`${name} is ${kinds[node.type]}, not an object.`);
      const same = node.children!.filter(({ children }) => children![0]!.value === segment);
      if (same.length > 1)
        throw editError(`${name} has "${segment}" ${same.length} times: edit the body itself.`);
    }
  }
}

const kinds = {
  object: 'an object',
  array: 'an array',
  string: 'a string',
  number: 'a number',
  boolean: 'a boolean',
  null: 'null',
  property: 'a property',
};

type Segment = string | number;

const pathText = (segments: readonly Segment[]): string =>
  segments
    .map((part) =>
      typeof part === 'number'
        ? `[${part}]`
        : /^[^.[\]="]+$/.test(part)
          ? `.${part}`
          : `[${JSON.stringify(part)}]`,
    )
    .join('')
    .replace(/^\./, '');

/** The path that `text` begins with: names between dots, `[0]`, and `["any name"]`; `end` is where it stops. */
export function scanPath(text: string): { segments: Segment[]; end: number } {
  const segments: Segment[] = [];
  const part = /\[(\d{1,9})\]|\[("(?:[^"\\]|\\.)*")\]|(\.?)([^.[\]="]+)/y;
  for (;;) {
    const end = part.lastIndex;
    const [, index, quoted, dot, name] = part.exec(text) ?? [];
    if (index !== undefined) segments.push(Number(index));
    else if (quoted !== undefined) segments.push(unquote(quoted));
    // A dot stands between two parts, never first; and two names never stand without one.
    else if (name !== undefined && (dot === '.') === end > 0) segments.push(name);
    else return { segments, end };
  }
}

function unquote(quoted: string): string {
  try {
    return JSON.parse(quoted) as string;
  } catch {
    throw editError(`${quoted} is not a quoted name.`);
  }
}

function jsonOf(text: string): string {
  const json = parseShallowJson(text);
  if (!json || (typeof json.value === 'number' && String(json.value) !== text)) return JSON.stringify(text);
  return text;
}

const editError = (message: string): UserError => usageError('edit', message);
