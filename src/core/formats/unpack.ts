import { constants, gunzipSync } from 'node:zlib';
import { systemCode, UserError } from '../errors.ts';
import { formatSize } from '../units.ts';

/** What was in a compressed file. */
export interface Unpacked {
  bytes: Uint8Array;
  /** What is missing of it, a line each. */
  warnings: string[];
}

/**
 * The bytes of a file without its gzip (RFC 1952), if it has any; what can be had of one that was cut off, with a
 * warning.
 * @param most bytes that it may hold
 * @throws UserError when it holds more, is damaged, or is a zip archive
 */
export function unpacked(bytes: Uint8Array, most: number): Unpacked {
  if (startsWith(bytes, [0x50, 0x4b, 3, 4]))
    throw new UserError('import', 'The file is a zip archive: unpack it, and import what is in it.');
  if (!startsWith(bytes, [0x1f, 0x8b])) return { bytes, warnings: [] };
  const whole = gunzip(bytes, { maxOutputLength: most });
  if (whole !== null) return { bytes: whole, warnings: [] };
  const part = gunzip(bytes, { maxOutputLength: most, finishFlush: constants.Z_SYNC_FLUSH });
  if (part === null) throw new UserError('import', "The file's gzip is damaged: it can't be unpacked.");
  return { bytes: part, warnings: ['The gzip file was cut off: what is left of it was read.'] };
}

/** Null when it is cut off or damaged. */
function gunzip(
  bytes: Uint8Array,
  options: { maxOutputLength: number; finishFlush?: number },
): Uint8Array | null {
  try {
    return gunzipSync(bytes, options);
  } catch (error) {
    if (systemCode(error) !== 'ERR_BUFFER_TOO_LARGE') return null;
    const most = formatSize(options.maxOutputLength);
    throw new UserError('import', `The file holds over ${most} unpacked: split it and import the parts.`);
  }
}

const startsWith = (bytes: Uint8Array, magic: readonly number[]): boolean =>
  magic.every((byte, i) => bytes[i] === byte);
