const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** The text of `bytes`, or null when they are not valid UTF-8. */
export function decodeUtf8(bytes: Uint8Array): string | null {
  try {
    return utf8.decode(bytes);
  } catch {
    return null; // the decoder has one way to fail: the bytes are not UTF-8
  }
}

/** The text of a file, without its mark; null when it is none. PowerShell's ">" writes UTF-16. */
export function fileText(bytes: Uint8Array): string | null {
  const [first, second] = bytes;
  const utf16 = (first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff);
  const text = utf16
    ? new TextDecoder(first === 0xff ? 'utf-16le' : 'utf-16be').decode(bytes)
    : decodeUtf8(bytes);
  return text?.replace(/^\ufeff/, '') ?? null;
}

/** A share of control characters that no text has, and of which JSON makes six each. */
const maxControls = 1 / 8;

/** The text of `bytes`; null when they are not UTF-8, or such text only by chance: many a control character in it. */
export function readableText(bytes: Uint8Array): string | null {
  let controls = 0;
  // By index: an iterator takes six times as long, and there may be megabytes.
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i]!;
    if (byte < 0x20 && (byte < 0x09 || byte > 0x0d)) controls += 1;
  }
  return controls > bytes.length * maxControls ? null : decodeUtf8(bytes);
}

/** Bytes without a character at their end that is not whole. */
export function withoutCutCharacter(bytes: Uint8Array): Uint8Array {
  // RFC 3629: a first byte says how many follow, three at most.
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const byte = bytes[bytes.length - back]!;
    if (byte < 0x80) break;
    if (byte < 0xc0) continue;
    const length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2;
    return length > back ? bytes.subarray(0, -back) : bytes;
  }
  return bytes;
}
