import { codingsOf, decodeBody, encodeBody } from '../content-coding.ts';
import { type HeaderPair, headerValue } from '../headers.ts';
import { jsonValue } from '../json.ts';
import { formatSize } from '../units.ts';
import { decodeUtf8, readableText } from '../utf8.ts';
import { scrubJson } from './json.ts';
import { member, type Place } from './place.ts';
import { scrubForm } from './url.ts';
import type { Values } from './values.ts';

/** Bytes of a body that are looked at value by value: a word takes up to 15 µs, for which all else waits. */
const maxScrubbed = 512 * 1024;

/** A body with its values replaced. */
interface ScrubbedBody {
  bytes: Uint8Array;
  /** What is to be known of it: it was not replaced value by value, or is not whole; null when all is well. */
  note: string | null;
}

/**
 * A body with its values replaced: JSON, forms and text, compressed or not. What is none of these is replaced whole by
 * as many bytes that look random.
 */
export function scrubBody(
  body: Uint8Array,
  headers: readonly HeaderPair[],
  root: Place,
  values: Values,
): ScrubbedBody {
  if (body.length === 0) return { bytes: body, note: null };
  const type = headerValue(headers, 'content-type') ?? '';
  if (codingsOf(headers).length === 0) return scrubPlain(body, type, root, values);
  const decoded = decodeBody(body, headers);
  if (decoded === null) return replaced(body, 'is not what its content-encoding says', values);
  const plain = scrubPlain(decoded.bytes, type, root, values);
  const bytes = encodeBody(plain.bytes, decoded.codings);
  if (bytes === null) return replaced(body, "can't be compressed again", values);
  if (decoded.whole) return { bytes, note: plain.note };
  return { bytes, note: 'was cut off, or is too long once it is unpacked: its beginning is kept' };
}

const replaced = (bytes: Uint8Array, why: string, { standIns }: Values): ScrubbedBody => ({
  bytes: standIns.bytes(bytes),
  note: `${why}: as many random bytes stand for it`,
});

function scrubPlain(bytes: Uint8Array, type: string, root: Place, values: Values): ScrubbedBody {
  if (root.how === 'keep') return { bytes, note: null };
  if (bytes.length > maxScrubbed) return replaced(bytes, `is longer than ${formatSize(maxScrubbed)}`, values);
  const boundary = /^\s*multipart\/[^;]{0,100};.{0,500}?boundary=(?:"([^"]{1,100})"|([^\s;,"]{1,100}))/i.exec(
    type,
  );
  if (boundary) return scrubMultipart(bytes, boundary[1] ?? boundary[2]!, root, values);
  const text = readableText(bytes);
  if (text === null) return replaced(bytes, 'is not text', values);
  const { text: scrubbed, note } = scrubReadable(text, type, root, values);
  return { bytes: scrubbed === text ? bytes : Buffer.from(scrubbed), note };
}

function scrubReadable(
  text: string,
  type: string,
  root: Place,
  values: Values,
): { text: string; note: string | null } {
  const [mark, plain] = text.startsWith('\ufeff') ? ['\ufeff', text.slice(1)] : ['', text];
  if (jsonValue(plain) !== undefined) return { text: mark + scrubJson(plain, root, values), note: null };
  const lines = plain.split('\n');
  const isLines =
    lines.length > 1 && lines.every((line) => line.trim() === '' || jsonValue(line) !== undefined);
  if (isLines)
    return {
      text:
        mark + lines.map((line) => (line.trim() === '' ? line : scrubJson(line, root, values))).join('\n'),
      note: null,
    };
  if (/^\s*application\/x-www-form-urlencoded\b/i.test(type))
    return { text: scrubForm(text, formParts(root, values)), note: null };
  return {
    text: values.whole(text, root),
    note: /[/+]json\b/i.test(type) ? 'is not JSON, though it says so: all of its words are replaced' : null,
  };
}

/** How the parameters of a form are replaced. */
const formParts = (root: Place, values: Values) => ({
  name: (text: string) => values.name(text, root),
  value: (text: string, name: string) => values.loose(text, member(root, name, values.shown(name))),
});

/** RFC 7578: each part by its own type, at the place that is its name. */
function scrubMultipart(bytes: Uint8Array, boundary: string, root: Place, values: Values): ScrubbedBody {
  const delimiter = `--${boundary}`;
  const notes = new Set<string>();
  // A character a byte: files in it are no text.
  const parts = Buffer.from(bytes).toString('latin1').split(delimiter);
  const scrubbed = parts.map((part, i) => {
    const gap = i === 0 ? null : /\r?\n\r?\n/.exec(part);
    // Before the first and behind the last delimiter nobody reads.
    if (!gap)
      return /^(?:--)?\s*$/.test(part) ? part : latin1(values.standIns.bytes(Buffer.from(part, 'latin1')));
    const head = part.slice(0, gap.index);
    const end = /\r?\n$/.exec(part.slice(-2))?.[0] ?? '';
    const content = Buffer.from(part.slice(gap.index + gap[0].length, part.length - end.length), 'latin1');
    const name = /[;\s]name="?([^"\r\n]{0,200})/i.exec(head)?.[1] ?? '';
    const type = /^content-type:\s*([^\r\n]{0,200})/im.exec(head)?.[1] ?? '';
    const inner =
      content.length === 0 ? null : scrubPart(content, type, member(root, name, values.shown(name)), values);
    if (inner?.note) notes.add(inner.note);
    return scrubHead(head, root, values) + gap[0] + latin1(inner?.bytes ?? content) + end;
  });
  const [note] = notes;
  return {
    bytes: Buffer.from(scrubbed.join(delimiter), 'latin1'),
    note: note === undefined ? null : `has a part that ${note}`,
  };
}

function scrubPart(content: Uint8Array, type: string, place: Place, values: Values): ScrubbedBody {
  if (place.how === 'keep') return { bytes: content, note: null };
  // A field is a value, a file a body.
  const text = type === '' ? readableText(content) : null;
  if (text !== null) return { bytes: Buffer.from(values.loose(text, place)), note: null };
  return scrubPlain(content, /^\s*multipart\//i.test(type) ? '' : type, place, values);
}

/** The headers of a part: the name of its field is one, the name of its file a value. */
function scrubHead(head: string, root: Place, values: Values): string {
  const text = decodeUtf8(Buffer.from(head, 'latin1')) ?? head;
  const lines = text.split('\n').map((line) => {
    if (/^content-(?:type|transfer-encoding):/i.test(line) || line.trim() === '') return line;
    if (!/^content-disposition:/i.test(line)) return values.words(line);
    return line.replace(
      /([;\s](file)?name\*?=)("[^"]*"|[^;\s]*)/gi,
      (_, start: string, file: string | undefined, name: string) =>
        start + (file ? values.words(name) : values.name(name, root)),
    );
  });
  return latin1(Buffer.from(lines.join('\n'), text === head ? 'latin1' : 'utf8'));
}

const latin1 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1');
