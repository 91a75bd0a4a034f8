import * as z from 'zod';
import type { Delivery, HeaderPair } from '../delivery.ts';
import { UserError } from '../errors.ts';
import { headerValue } from '../headers.ts';
import { maskBody, maskHeaders, maskTarget } from '../mask.ts';
import { printable } from '../text.ts';

/** A request as an export shows it. */
export interface Shown {
  method: string;
  target: string;
  headers: readonly HeaderPair[];
  body: Uint8Array;
  /** Whether anything was masked. */
  masked: boolean;
}

/** A delivery's request, with its secrets masked unless they are to be readable. */
export function shown({ method, target, headers, body }: Delivery, secrets: boolean): Shown {
  if (secrets) return { method, target, headers, body, masked: false };
  const hidden = { target: maskTarget(target), headers: maskHeaders(headers), body: maskBody(body, headers) };
  const masked =
    hidden.target !== target ||
    hidden.body !== body ||
    hidden.headers.some(([, value], i) => value !== headers[i]![1]);
  return { method, ...hidden, masked };
}

const hostForm = /^([\w.-]+|\[[0-9a-f:.]+\])(:\d{1,5})?$/i;

/** The URL that a request was sent to, by its headers (`Host`, `X-Forwarded-Proto`); else on http://localhost. */
export function absoluteUrl({ target, headers }: Pick<Shown, 'target' | 'headers'>): string {
  const proto = headerValue(headers, 'x-forwarded-proto')?.toLowerCase() === 'https' ? 'https' : 'http';
  const host = headerValue(headers, 'host') ?? '';
  const base = `${proto}://${hostForm.test(host) ? host : 'localhost'}`;
  const full = /^https?:\/\//i.test(target) ? target : base + (target.startsWith('/') ? '' : '/') + target;
  return uriText(full);
}

/** A URL with what RFC 3986 does not allow in one percent-encoded. */
export const uriText = (url: string): string => url.replace(/[^!#-;=?-[\]_a-z~]/gu, percentEncode);

/** A character as a URL holds it: its byte where it is one, else its UTF-8 bytes. */
export const percentEncode = (char: string): string =>
  [...Buffer.from(char, char > '\xff' ? 'utf8' : 'latin1')]
    .map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`)
    .join('');

/** Base64 in strict form; null when `text` is none. */
function fromBase64(text: string): Buffer | null {
  const bytes = Buffer.from(text, 'base64');
  return bytes.toString('base64') === text ? bytes : null;
}

/**
 * A header value as Node has it, one character a byte. A value with other characters (a mask, or a browser's
 * decoded one) becomes its UTF-8 bytes, so that it can be sent.
 */
export const wireValue = (value: string): string =>
  /[^\0-\xff]/.test(value) ? Buffer.from(value).toString('latin1') : value;

/** RFC 9110, 5.6.2: what a method or a header name is made of. */
export const tokenForm = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
/** A header value without control characters, but for tabs (RFC 9110, 5.5). */
export const valueForm = /^[^\0-\x08\x0a-\x1f\x7f]*$/;

/** Far more than any server takes (64 KB for the whole head here): longer ones are looked at for nothing. */
const maxPart = 256 * 1024;
/** The number of headers, likewise. */
export const maxHeaders = 10_000;

/** Parts of a request as files hold them; what gets through can be sent. */
export const methodSchema = z.string().max(32).regex(tokenForm, 'is not an HTTP method');
export const targetSchema = z
  .string()
  .max(maxPart)
  .regex(/^[^\0- \x7f]+$/, 'is empty, or has spaces or control characters')
  .transform((target) => target.replace(/[^\0-\xff]/gu, percentEncode))
  .pipe(z.string().max(maxPart)); // which has made it longer
export const nameSchema = z.string().regex(tokenForm, 'is not a header name');
export const valueSchema = z
  .string()
  .max(maxPart)
  .regex(valueForm, 'has control characters, which no header can hold')
  .transform(wireValue)
  .pipe(z.string().max(maxPart)); // which may have made it longer
export const base64Schema = z.string().transform((text, context) => {
  const bytes = fromBase64(text);
  if (bytes) return bytes;
  context.addIssue({ code: 'custom', message: 'is not base64' });
  return z.NEVER;
});
/** ms since the epoch, as far as a Date goes. */
export const timeSchema = z.number().int().min(0).max(8.64e15);
export const intakeSchema = z.enum(['complete', 'aborted', 'too-large', 'refused']);

/**
 * Parses one entry of a file.
 * @param where the entry as people count it, such as `line 3`
 * @throws UserError that names the entry, the field and what is wrong with it
 */
export function parseEntry<T>(schema: z.ZodType<T>, value: unknown, where: string): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const { path, message } = parsed.error.issues[0]!;
  const field = path.map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`)).join('');
  throw importError(where, `${field.slice(0, 80).replace(/^\./, '')}${field && ': '}${message}`);
}

/** A {@link UserError} about one entry of a file. */
export const importError = (where: string, message: string): Error =>
  new UserError('import', printable(`${where}: ${message}`));

/** Whether a JSON value is an object with `key`. */
export const hasKey = (value: unknown, key: string): boolean =>
  typeof value === 'object' && value !== null && Object.hasOwn(value, key);
