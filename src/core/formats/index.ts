import { usageError } from '../errors.ts';
import { formatSize } from '../units.ts';
import { decodeUtf8 } from '../utf8.ts';
import { curl } from './curl.ts';
import { fixture } from './fixture.ts';
import type { Format, ImportedDelivery } from './format.ts';
import { har } from './har.ts';
import { httpie } from './httpie.ts';
import { ndjson } from './ndjson.ts';

/** Every format that deliveries can be written in, or read from. */
export const formats = { har, ndjson, fixture, curl, httpie } as const satisfies Record<string, Format>;

export type FormatName = keyof typeof formats;

/** Bytes of a file that can be imported: it is read as one string, which must fit. */
export const maxImportBytes = 256 * 1024 * 1024;

/**
 * Reads a file of any format that can be read; which one, its content tells.
 * @param now ms since the epoch, for what carries no time of its own
 * @throws UserError when it is none of them, or broken: names the line or entry and what is wrong
 */
export function readDeliveries(bytes: Uint8Array, now: number): ImportedDelivery[] {
  if (bytes.length > maxImportBytes)
    throw usageError(
      'import',
      `The file is over ${formatSize(maxImportBytes)}: split it and import the parts.`,
    );
  const text = decodeUtf8(bytes)?.replace(/^\ufeff/, '');
  if (text === undefined) throw usageError('import', 'The file is not UTF-8 text.');
  const file = { text, json: parseJson(text) };
  const rows: Format[] = Object.values(formats);
  const reader = rows.find(({ read }) => read?.accepts(file))?.read;
  if (reader) return reader.parse(file, now);
  const readable = Object.entries<Format>(formats).flatMap(([name, { read }]) => (read ? [name] : []));
  throw usageError('import', `The file is in no format that can be read: ${readable.join(', ')}.`);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // not one document: ndjson, or no format at all, which is told apart by content
  }
}
