import { isUtf8 } from 'node:buffer';
import { codingsOf, decodeBody, encodeBody } from './content-coding.ts';
import type { HeaderPair } from './delivery.ts';
import { headerValue } from './headers.ts';
import { maskBodyText, maskText } from './mask-json.ts';
import { maskForm, maskMultipart, maskTarget } from './mask-parameters.ts';

export { maskBodyText, maskTarget, maskText };

const secretHeader =
  /authorization|cookie|api[-_]?key|token|secret|signature|passw|credential|jwt|(^|[-_])(auth|access[-_]?key|private[-_]?key)($|[-_])/i;

/** Whether a header carries a credential or a signature. */
const isSecretHeader = (name: string): boolean => secretHeader.test(name);

/** Headers with the values of {@link isSecretHeader} ones masked, and the secrets in URLs and JSON of the others. */
export const maskHeaders = (headers: readonly HeaderPair[]): HeaderPair[] =>
  headers.map(([name, value]) => [name, isSecretHeader(name) ? maskText : maskValue(value)]);

const maskValue = (value: string): string => (/[?&#:]/.test(value) ? maskBodyText(maskTarget(value)) : value);

/**
 * A body with its secrets masked; the same object when it has none. Text or not, cut off or not, JSON or, by its
 * headers, a form; what is compressed is compressed again. Of what inflates to more than is looked at only the
 * beginning is left.
 */
export function maskBody(body: Uint8Array, headers: readonly HeaderPair[] = []): Uint8Array {
  if (body.length === 0) return body;
  const decoded = codingsOf(headers).length > 0 ? decodeBody(body, headers) : null;
  if (decoded === null) return maskPlain(body, headerValue(headers, 'content-type') ?? '');
  const { bytes, whole, codings } = decoded;
  const masked = maskPlain(bytes, headerValue(headers, 'content-type') ?? '');
  return whole && masked === bytes ? body : (encodeBody(masked, codings) ?? body);
}

function maskPlain(body: Uint8Array, contentType: string): Uint8Array {
  const utf8 = isUtf8(body);
  const mark = utf8 ? maskText : Buffer.from(maskText).toString('latin1');
  // One character a byte: a body cut off within a character has secrets too.
  const text = Buffer.from(body).toString(utf8 ? 'utf8' : 'latin1');
  const masked = maskBodyText(maskByType(text, contentType, mark), mark);
  return masked === text ? body : Buffer.from(masked, utf8 ? 'utf8' : 'latin1');
}

function maskByType(text: string, contentType: string, mark: string): string {
  if (/^\s*application\/x-www-form-urlencoded\b/i.test(contentType)) return maskForm(text, mark);
  const [, quoted, bare] =
    /^\s*multipart\/[^;]*;(?:[^"]*[;\s])?boundary="?(?:(?<=")([^"]+)|([^\s;,"]+))/i.exec(contentType) ?? [];
  const boundary = quoted ?? bare;
  return boundary === undefined ? text : maskMultipart(text, boundary, mark);
}
