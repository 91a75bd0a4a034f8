import type { HeaderPair } from '../delivery.ts';
import { headerValue } from '../headers.ts';
import { maxHeaders, percentEncode, targetSchema, tokenForm, valueSchema } from './parts.ts';

/** Takes what of an entry was guessed or left out, for its warning. */
export type Note = (doubt: string) => void;

/** One of a list of names with values, as HAR has headers, cookies and parameters. */
export interface NameValue extends Record<string, unknown> {
  name: unknown;
  value?: unknown;
}

/** Text as a file has it, and numbers and truth values as they are written; undefined for all else. */
export const textOf = (value: unknown): string | undefined =>
  typeof value === 'string'
    ? value
    : typeof value === 'number' || typeof value === 'boolean'
      ? String(value)
      : undefined;

/** A JSON object; an empty one for all else. */
export const objectOf = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : {};

/** A list of names with values; some tools write pairs, or one object. */
export function namesOf(value: unknown): NameValue[] {
  if (!Array.isArray(value))
    return Object.entries(objectOf(value)).map(([name, of]) => ({ name, value: of }));
  return value.map((one: unknown): NameValue => {
    if (Array.isArray(one)) return { name: one[0], value: one[1] };
    return { name: undefined, ...objectOf(one) };
  });
}

/** The part of a request that HTTP/2 keeps as ":path" and such: no headers, but browsers list them as such. */
const pseudoValue = (headers: readonly NameValue[], name: string): string | undefined =>
  textOf(headers.find((header) => header.name === name)?.value);

/** The method: webhooks are POST where it can't be read. */
export function methodOf(value: unknown, note: Note): string {
  const method = textOf(value)?.trim() ?? '';
  if (method.length <= 32 && tokenForm.test(method)) return method;
  note("its method can't be read: POST is taken");
  return 'POST';
}

/** The headers that can be sent, with the cookies where they stand elsewhere only, and the type where no header is. */
export function headersOf(request: Record<string, unknown>, mimeType: string, note: Note): HeaderPair[] {
  const headers = namesOf(request.headers)
    .filter(({ name }) => !(typeof name === 'string' && name.startsWith(':')))
    .flatMap(({ name, value }) => headerPairs(name, value, note));
  if (headers.length === 0 && !placeholders.has(mimeType)) {
    note('it has no headers: its content-type was taken from its body');
    headers.push(...headerPairs('Content-Type', mimeType, note));
  }
  const cookies = namesOf(request.cookies).flatMap(({ name, value }) =>
    textOf(name) ? `${textOf(name)}=${textOf(value) ?? ''}` : [],
  );
  if (cookies.length > 0 && headerValue(headers, 'cookie') === undefined) {
    note('its cookie header was put together from its list of cookies');
    headers.push(...headerPairs('Cookie', cookies.join('; '), note));
  }
  if (headers.length > maxHeaders) note(`only ${maxHeaders} of its ${headers.length} headers are taken`);
  return headers.slice(0, maxHeaders);
}

/** What tools write for a body whose type they don't know. */
const placeholders: ReadonlySet<string> = new Set(['', 'application/octet-stream', 'x-unknown']);

/** RFC 9112, 5.2: a value that goes on in the next line, as if there were a space. */
const folds = /(?:\r\n?|\n)[ \t]+/g;

/**
 * One header of a file as headers that can be sent: Chrome writes those of the same name as the lines of one, and what
 * no header can hold is a space (RFC 9110, 5.5).
 */
function headerPairs(key: unknown, value: unknown, note: Note): HeaderPair[] {
  const name = textOf(key)?.trim().replace(/:$/, '') ?? '';
  if (!tokenForm.test(name)) return leftOut(name, 'is not a header name', note);
  const text = textOf(value);
  if (text === undefined) return leftOut(name, 'its value is no text', note);
  const unfolded = text
    .replace(folds, ' ')
    .split(/[\r\n]+/)
    .filter((line, _, { length }) => length === 1 || line !== '');
  const lines = unfolded.map((line) => line.replace(/[\0-\x08\x0a-\x1f\x7f]/g, ' '));
  const pairs = lines.flatMap((line): HeaderPair[] => {
    const parsed = valueSchema.safeParse(line);
    return parsed.success ? [[name, parsed.data]] : leftOut(name, 'its value is too long', note);
  });
  if (lines.length > 1) note(`the lines of its header ${quote(name)} are taken for headers of their own`);
  else if (lines[0] !== text)
    note(`its header ${quote(name)} had line breaks or control characters: they are spaces`);
  return pairs;
}

function leftOut(name: string, why: string, note: Note): [] {
  note(`its header ${quote(name)} is left out: ${why}`);
  return [];
}

const quote = (name: string): string => JSON.stringify(name.length > 40 ? `${name.slice(0, 40)}…` : name);

/** The URL of a request as a file has it; HTTP/2's path where there is none. */
export const urlOf = (request: Record<string, unknown>): string =>
  textOf(request.url)?.trim() || pseudoValue(namesOf(request.headers), ':path')?.trim() || '';

/** Path and query, as they are written (URL would normalise them), with the query that stands elsewhere only. */
export function targetOf(request: Record<string, unknown>, note: Note): string {
  const url = urlOf(request);
  if (url === '') note('it has no URL: / is taken');
  // As browsers do (url.spec.whatwg.org, "basic URL parser").
  const clean = url.replace(/[\t\r\n]/g, '').replace(/[\0- \x7f]/g, percentEncode);
  if (clean !== url)
    note('its URL had spaces or control characters: they are percent-encoded, line breaks and tabs left out');
  const path = pathOf(clean);
  const query = path.includes('?') ? '' : queryOf(request.queryString);
  if (query !== '') note('its query was put together from its list of parameters');
  const target = targetSchema.safeParse(path + query);
  if (target.success) return target.data;
  note('its URL is too long: / is taken');
  return '/';
}

/** Of a URL, with its host or without. */
function pathOf(url: string): string {
  const rest = url
    .replace(/^(?:(?:https?:)?\/\/[^/?#]*|[\w.-]+:\d{1,5}(?![^/?#]))/i, '')
    .replace(/#.*$/s, '');
  return rest.startsWith('/') ? rest : `/${rest}`;
}

/** Chrome writes parameters as they stand in the URL, others decode them. */
function queryOf(value: unknown): string {
  const pairs = namesOf(value).flatMap(({ name, value: of }) => {
    const [key, text] = [textOf(name), textOf(of) ?? ''];
    if (key === undefined) return [];
    return inUrl.test(key) && inUrl.test(text)
      ? `${key}=${text}`
      : new URLSearchParams([[key, text]]).toString();
  });
  return pairs.length > 0 ? `?${pairs.join('&')}` : '';
}

/** Made of what stands in a query as it is. */
const inUrl = /^(?:[\w.~!$'()*,;:@/?-]|%[0-9a-f]{2})*$/i;
