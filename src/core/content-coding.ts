import * as zlib from 'node:zlib';
import type { HeaderPair } from './delivery.ts';

/** A body as it reads without its content codings (RFC 9110, 8.4). */
export interface Decoded {
  /** As the headers name them, in the order in which they were applied. */
  codings: readonly string[];
  bytes: Uint8Array;
  /** Whether this is all of it; else the beginning, since it was cut off, damaged, or longer than is looked at. */
  whole: boolean;
}

/** Bytes of a decoded body that are looked at: what a few hundred bytes can inflate to has no end. */
export const maxDecoded = 4 * 1024 * 1024;
// More in a row than anybody sends on purpose.
const maxCodings = 5;
// Of deflate: no input gives more than this many bytes for one (zlib.net, "Technical Details").
const maxRatio = 1032;

interface Options {
  maxOutputLength: number;
  finishFlush?: number;
}

interface Coding {
  decode(bytes: Uint8Array, options: Options): Uint8Array;
  encode(bytes: Uint8Array): Uint8Array;
  /** What makes it give what there is of a body that was cut off. */
  flush?: number;
}

const gzip: Coding = {
  decode: zlib.gunzipSync,
  encode: (bytes) => zlib.gzipSync(bytes, { level: 1 }),
  flush: zlib.constants.Z_SYNC_FLUSH,
};

const codings: Readonly<Record<string, Coding>> = {
  gzip,
  'x-gzip': gzip,
  // Some servers send the bare stream, without zlib's wrapping that the name stands for.
  deflate: {
    decode: (bytes, options) =>
      isZlib(bytes) ? zlib.inflateSync(bytes, options) : zlib.inflateRawSync(bytes, options),
    encode: (bytes) => zlib.deflateSync(bytes, { level: 1 }),
    flush: zlib.constants.Z_SYNC_FLUSH,
  },
  br: {
    decode: zlib.brotliDecompressSync,
    // Its own default takes seconds for a megabyte.
    encode: (bytes) =>
      zlib.brotliCompressSync(bytes, { params: { [zlib.constants.BROTLI_PARAM_QUALITY]: 4 } }),
    flush: zlib.constants.BROTLI_OPERATION_FLUSH,
  },
  ...zstd(),
};

/** Node has it from 22.15 on. */
function zstd(): Record<string, Coding> {
  const { zstdDecompressSync: decode, zstdCompressSync: encode } = zlib as unknown as {
    zstdDecompressSync?: Coding['decode'];
    zstdCompressSync?: Coding['encode'];
  };
  return decode && encode ? { zstd: { decode, encode } } : {};
}

// RFC 1950, 2.2: the method 8, and a multiple of 31.
const isZlib = ([first = 0, second = 0]: Uint8Array): boolean =>
  (first & 15) === 8 && (first * 256 + second) % 31 === 0;

/** The content codings that the headers name, in the order in which they were applied. */
export const codingsOf = (headers: readonly HeaderPair[]): string[] =>
  headers
    .filter(([name]) => name.toLowerCase() === 'content-encoding')
    .flatMap(([, value]) => value.toLowerCase().split(','))
    .map((name) => name.trim())
    .filter((name) => name !== '' && name !== 'identity');

/**
 * A body without its content codings, at most {@link maxDecoded} bytes of it.
 * @returns null when it has none, one that is not known here, or is not what its headers say
 */
export function decodeBody(body: Uint8Array, headers: readonly HeaderPair[]): Decoded | null {
  const named = codingsOf(headers);
  if (named.length === 0 || named.length > maxCodings || body.length === 0) return null;
  let bytes = body;
  let whole = true;
  for (const name of named.toReversed()) {
    const coding = Object.hasOwn(codings, name) ? codings[name] : undefined;
    const decoded = coding && decodeOne(bytes, coding);
    if (!decoded) return null;
    bytes = decoded.bytes;
    whole &&= decoded.whole;
  }
  return { codings: named, bytes, whole };
}

/** Why a body with these headers, which {@link decodeBody} did not read, is shown as it came; null where it has no coding. */
export function whyNotDecoded(headers: readonly HeaderPair[]): string | null {
  const named = codingsOf(headers);
  if (named.length === 0) return null;
  const unknown = named.find((name) => !Object.hasOwn(codings, name));
  if (unknown === 'zstd') return "zstd, which this Node can't read: Node 22.15 and newer can";
  if (unknown !== undefined) return `content-encoding "${unknown}", which is not known here`;
  return `content-encoding ${named.join(', ')}, but no text is in it`;
}

/** Bytes with content codings; null when one of them is not known here. */
export function encodeBody(bytes: Uint8Array, named: readonly string[]): Uint8Array | null {
  let coded = bytes;
  for (const name of named) {
    if (!Object.hasOwn(codings, name)) return null;
    coded = codings[name]!.encode(coded);
  }
  return coded;
}

function decodeOne(bytes: Uint8Array, coding: Coding): { bytes: Uint8Array; whole: boolean } | null {
  const whole = attempt(bytes, coding, {});
  if (whole.bytes) return { bytes: whole.bytes, whole: true };
  if (coding.flush === undefined) return null;
  const partly = { finishFlush: coding.flush };
  if (!whole.tooLong) {
    const cut = attempt(bytes, coding, partly);
    if (cut.bytes?.length) return { bytes: cut.bytes, whole: false };
    if (!cut.tooLong) return null;
  }
  // zlib keeps nothing of what is too long, so as much of the input is taken as gives no more than is looked at.
  let found: Uint8Array | null = null;
  for (let size = Math.ceil(maxDecoded / maxRatio); size < bytes.length; size *= 2) {
    const part = attempt(bytes.subarray(0, size), coding, partly);
    if (!part.bytes) break;
    found = part.bytes;
  }
  return { bytes: found ?? new Uint8Array(), whole: false };
}

function attempt(
  bytes: Uint8Array,
  coding: Coding,
  options: Partial<Options>,
): { bytes: Uint8Array | null; tooLong: boolean } {
  try {
    return { bytes: coding.decode(bytes, { maxOutputLength: maxDecoded, ...options }), tooLong: false };
  } catch (error) {
    // Anything else: the bytes are not what their headers say.
    return { bytes: null, tooLong: (error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE' };
  }
}
