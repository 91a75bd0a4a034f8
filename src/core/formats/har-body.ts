import { codingsOf, encodeBody } from '../content-coding.ts';
import type { HeaderPair } from '../delivery.ts';
import { headerValue } from '../headers.ts';
import { base64Schema, parseEntry } from './parts.ts';

/** What a HAR file says of a request's body. */
export interface HarBody {
  headers: readonly HeaderPair[];
  /** -1 where it is not known. */
  bodySize: number;
  postData: {
    mimeType?: string | null | undefined;
    text?: string | null | undefined;
    encoding?: string | null | undefined;
    params?: Param[] | null | undefined;
  };
}

interface Param {
  name: string;
  value?: string | null | undefined;
  fileName?: string | null | undefined;
  contentType?: string | null | undefined;
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
 * @param where the entry, for errors
 */
export function harBody({ headers, bodySize, postData }: HarBody, where: string): ReadBody {
  const { text, encoding, params } = postData;
  const known = text != null && (text !== '' || !(params?.length || bodySize > 0));
  if (known && encoding === 'base64') return whole(parseEntry(base64Schema, text, `${where}: postData.text`));
  if (known) return encoded(textBytes(text, bodySize), headers);
  if (params?.length) return ofParams(params, headers, { bodySize, mimeType: postData.mimeType ?? '' });
  return bodySize > 0
    ? incomplete(Buffer.alloc(0), `the file lacks its body of ${bodySize} bytes`)
    : whole(Buffer.alloc(0));
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
  if (codings.length === 0 || bytes.length === 0) return whole(bytes);
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

function ofParams(
  params: readonly Param[],
  headers: readonly HeaderPair[],
  { bodySize, mimeType }: { bodySize: number; mimeType: string },
): ReadBody {
  const type = headerValue(headers, 'content-type') ?? mimeType;
  if (/^\s*multipart\//i.test(type)) return multipart(params, type);
  const raw = params.map(({ name, value }) => (value == null ? name : `${name}=${value}`)).join('&');
  // JSON that was taken for a form: split at its "&" and "=", of which the pieces are put together.
  if (/[/+]json\b/i.test(type) || /^\s*[{[]/.test(params[0]!.name))
    return isJson(raw)
      ? encoded(Buffer.from(raw), headers)
      : incomplete(
          Buffer.from(raw),
          'its JSON was written as the fields of a form, and does not fit together',
        );
  if (Buffer.byteLength(raw) === bodySize) return encoded(Buffer.from(raw), headers);
  const form = new URLSearchParams(params.map(({ name, value }): [string, string] => [name, value ?? '']));
  return encoded(Buffer.from(form.toString()), headers);
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false; // JSON.parse has one way to fail
  }
}

/** RFC 7578, as browsers write it. */
function multipart(params: readonly Param[], type: string): ReadBody {
  const boundary = /boundary="?([^";,\s]+)/i.exec(type)?.[1];
  if (boundary === undefined) return incomplete(Buffer.alloc(0), 'its form has no boundary');
  const parts = params.map(({ name, value, fileName, contentType }) => {
    const file = fileName == null ? '' : `; filename="${quoted(fileName)}"`;
    const kind = contentType ? `\r\nContent-Type: ${oneLine(contentType)}` : '';
    return `--${boundary}\r\nContent-Disposition: form-data; name="${quoted(name)}"${file}${kind}\r\n\r\n${value ?? ''}\r\n`;
  });
  const bytes = Buffer.from(`${parts.join('')}--${boundary}--\r\n`);
  const missing = params.filter(({ fileName, value }) => fileName != null && !value);
  return missing.length > 0
    ? incomplete(bytes, `the file lacks the contents of ${missing.length} uploaded file(s)`)
    : rebuilt(bytes, 'its multipart body was built again from its fields');
}

// As the HTML standard has it ("multipart/form-data encoding algorithm").
const quoted = (name: string): string =>
  name.replaceAll('\n', '%0A').replaceAll('\r', '%0D').replaceAll('"', '%22');
const oneLine = (text: string): string => text.replace(/[\r\n]/g, ' ');
