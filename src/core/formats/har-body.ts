import { codingsOf, decodeBody, encodeBody } from '../content-coding.ts';
import type { HeaderPair } from '../delivery.ts';
import { headerValue } from '../headers.ts';
import { jsonValue } from '../json.ts';
import { namesOf, objectOf, textOf } from './har-request.ts';

/** What a HAR file says of a request's body. */
export interface HarBody {
  /** -1 where it is not known. */
  bodySize: number;
  mimeType: string;
  /** Null where there is none. */
  text: string | null;
  encoding: string;
  params: readonly Param[];
}

interface Param {
  name: string;
  value: string | null;
  fileName: string | null;
  contentType: string;
}

/** What a file says of a body; anything that can't be read counts as if it were not there. */
export function bodyFields(request: Record<string, unknown>): HarBody {
  const { postData } = request;
  // Some tools write the text alone.
  const { mimeType, text, encoding, params } =
    typeof postData === 'string' ? { text: postData } : objectOf(postData);
  const size = Number(textOf(request.bodySize) ?? -1);
  return {
    bodySize: Number.isFinite(size) ? size : -1,
    mimeType: textOf(mimeType)?.trim() ?? '',
    text: textOf(text) ?? null,
    encoding: textOf(encoding)?.trim().toLowerCase() ?? '',
    params: namesOf(params).map(({ name, value, fileName, contentType }) => ({
      name: textOf(name) ?? '',
      value: textOf(value) ?? null,
      fileName: textOf(fileName) ?? null,
      contentType: textOf(contentType) ?? '',
    })),
  };
}

/** The body as far as the file tells it. */
export interface ReadBody {
  bytes: Uint8Array;
  /** Why this is not, or not surely, what was sent; null when it is. */
  doubt: string | null;
  /** Whether something is missing. */
  incomplete: boolean;
}

const whole = (bytes: Uint8Array): ReadBody => ({ bytes, doubt: null, incomplete: false });
const rebuilt = (bytes: Uint8Array, doubt: string): ReadBody => ({ bytes, doubt, incomplete: false });
const incomplete = (bytes: Uint8Array, doubt: string): ReadBody => ({ bytes, doubt, incomplete: true });

/**
 * The body of a request in a HAR file. Browsers and proxies write what they have decoded, and forms as their
 * fields: it is built again where that is certain, and marked as incomplete where it is not.
 */
export function harBody(body: HarBody, headers: readonly HeaderPair[]): ReadBody {
  const { bodySize, text, encoding, params } = body;
  const known = text !== null && (text !== '' || !(params.length > 0 || bodySize > 0));
  if (known && encoding === 'base64') return ofBase64(text, headers);
  if (known) return encoded(textBytes(text, bodySize), headers);
  if (params.length > 0) return ofParams(body, headers);
  return bodySize > 0
    ? incomplete(Buffer.alloc(0), `the file lacks its body of ${bodySize} bytes`)
    : whole(Buffer.alloc(0));
}

/** Bytes as they were sent or, from tools that write all they have decoded so, before they were compressed. */
function ofBase64(text: string, headers: readonly HeaderPair[]): ReadBody {
  const bytes = bytesOfBase64(text);
  if (bytes === null) return incomplete(Buffer.alloc(0), "the base64 of its body can't be read");
  const again = decodeBody(bytes, headers) === null ? encoded(bytes, headers) : null;
  return again === null || again.incomplete ? whole(bytes) : again;
}

/** The bytes of base64 of either alphabet, in lines or not, padded or not; null when it is none. */
export function bytesOfBase64(text: string): Uint8Array | null {
  const packed = text.replace(/\s+/g, '');
  return /^[\w+/-]*={0,2}$/.test(packed) ? Buffer.from(packed, 'base64') : null;
}

/** The bytes of a text; some tools write one character a byte, which the size tells. */
function textBytes(text: string, bodySize: number): Uint8Array {
  const bytes = Buffer.from(text);
  return bytes.length !== bodySize && text.length === bodySize && /^[\0-\xff]*$/.test(text)
    ? Buffer.from(text, 'latin1')
    : bytes;
}

/** Text is what was decoded: it is coded again, or who reads the headers can't read the body. */
function encoded(bytes: Uint8Array, headers: readonly HeaderPair[]): ReadBody {
  const codings = codingsOf(headers);
  if (codings.length === 0 || bytes.length === 0 || decodeBody(bytes, headers)?.whole) return whole(bytes);
  const names = codings.join(', ');
  if (bytes[0] === 0x1f && (bytes[1] === 0x8b || bytes[1] === 0xef))
    return incomplete(bytes, `its body (${names}) was written as text, which has damaged it`);
  const coded = encodeBody(bytes, codings);
  return coded === null
    ? incomplete(bytes, `its body was decoded from ${names}, and can't be coded so again here`)
    : rebuilt(
        coded,
        `its body was decoded from ${names}, and is compressed anew: other bytes, the same content`,
      );
}

function ofParams({ params, bodySize, mimeType }: HarBody, headers: readonly HeaderPair[]): ReadBody {
  const type = headerValue(headers, 'content-type') ?? mimeType;
  if (/^\s*multipart\//i.test(type)) return multipart(params, type);
  const joined = (empty: string): string =>
    params.map(({ name, value }) => `${name}${value ? `=${value}` : value === '' ? empty : ''}`).join('&');
  const raw = joined('=');
  // JSON that was taken for a form: split at its "&" and "=", of which the pieces are put together.
  if (/[/+]json\b/i.test(type) || /^\s*[{[]/.test(params[0]!.name)) {
    // Of a piece without a "=" some write that its value is empty.
    const json = [raw, joined('')].find((text) => jsonValue(text) !== undefined);
    return json !== undefined
      ? encoded(Buffer.from(json), headers)
      : incomplete(
          Buffer.from(raw),
          'its JSON was written as the fields of a form, and does not fit together',
        );
  }
  if (Buffer.byteLength(raw) === bodySize) return encoded(Buffer.from(raw), headers);
  const form = new URLSearchParams(params.map(({ name, value }): [string, string] => [name, value ?? '']));
  return encoded(Buffer.from(form.toString()), headers);
}

/** RFC 7578, as browsers write it. */
function multipart(params: readonly Param[], type: string): ReadBody {
  const boundary = /boundary="?([^";,\s]+)/i.exec(type)?.[1];
  if (boundary === undefined) return incomplete(Buffer.alloc(0), 'its form has no boundary');
  const parts = params.map(({ name, value, fileName, contentType }) => {
    const file = fileName === null ? '' : `; filename="${quoted(fileName)}"`;
    const kind = contentType ? `\r\nContent-Type: ${oneLine(contentType)}` : '';
    return `--${boundary}\r\nContent-Disposition: form-data; name="${quoted(name)}"${file}${kind}\r\n\r\n${value ?? ''}\r\n`;
  });
  const bytes = Buffer.from(`${parts.join('')}--${boundary}--\r\n`);
  const missing = params.filter(({ fileName, value }) => fileName !== null && !value);
  return missing.length > 0
    ? incomplete(bytes, `the file lacks the contents of ${missing.length} uploaded file(s)`)
    : rebuilt(bytes, 'its multipart body was built again from its fields');
}

// As the HTML standard has it ("multipart/form-data encoding algorithm").
const quoted = (name: string): string =>
  name.replaceAll('\n', '%0A').replaceAll('\r', '%0D').replaceAll('"', '%22');
const oneLine = (text: string): string => text.replace(/[\r\n]/g, ' ');
