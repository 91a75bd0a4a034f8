import { UserError } from '../errors.ts';
import { formatSize } from '../units.ts';
import { fileText } from '../utf8.ts';
import { readBroken } from './broken-json.ts';
import { curl } from './curl.ts';
import { fixture } from './fixture.ts';
import type { Format, ImportText, Reading } from './format.ts';
import { har } from './har.ts';
import { httpie } from './httpie.ts';
import { ndjson } from './ndjson.ts';
import { unpacked } from './unpack.ts';

/** Every format that deliveries can be written in, or read from. */
export const formats = { har, ndjson, fixture, curl, httpie } as const satisfies Record<string, Format>;

export type FormatName = keyof typeof formats;

/** Bytes of a file that can be imported: it is read as one string, which must fit. */
export const maxImportBytes = 256 * 1024 * 1024;

/**
 * Reads a file of any format that can be read, compressed with gzip or not; which one, its content tells. What can't be
 * read of it is left out and told in the warnings.
 * @param now ms since the epoch, for what carries no time of its own
 * @param most bytes that are read, once unpacked
 * @throws UserError when nothing of it can be read: names the place and what is wrong
 */
export function readDeliveries(file: Uint8Array, now: number, most = maxImportBytes): Reading {
  if (file.length > most)
    throw failure(`The file is over ${formatSize(most)}: split it and import the parts.`);
  const { bytes, warnings } = unpacked(file, most);
  const reading = readUnpacked(bytes, now);
  return { ...reading, warnings: [...warnings, ...reading.warnings] };
}

function readUnpacked(bytes: Uint8Array, now: number): Reading {
  const text = fileText(bytes);
  if (text === null) throw failure('The file is not UTF-8 text.');
  const file = toImport(text);
  const rows: Format[] = Object.values(formats);
  const reader = rows.find(({ read }) => read?.accepts(file))?.read;
  if (!reader) throw failure(unknownFormat(file));
  const reading = reader.parse(file, now);
  const [first, ...more] = reading.warnings;
  if (reading.deliveries.length === 0)
    throw failure(
      first === undefined
        ? 'The file holds no delivery.'
        : `${first}${more.length > 0 ? ` (and ${more.length} more like it)` : ''}`,
    );
  return reading;
}

const failure = (message: string): UserError => new UserError('import', message);

/** The text with its JSON: all of it, or what is whole where it is broken. */
function toImport(text: string): ImportText {
  try {
    return { text, json: JSON.parse(text) };
  } catch {
    // Of lines each is a document of its own.
    if (ndjson.read!.accepts({ text, json: undefined })) return { text, json: undefined };
  }
  const { place, entries, har: isHar } = readBroken(text);
  const broken = [
    `${place}: broken JSON${entries.length > 0 ? '; what is whole of it was read, the rest left out' : ''}`,
  ];
  return { text, json: isHar ? { log: { entries } } : entries.length > 0 ? entries : undefined, broken };
}

function unknownFormat({ text, broken }: ImportText): string {
  const readable = Object.entries<Format>(formats).flatMap(([name, { read }]) => (read ? [name] : []));
  const why = broken && /^\s*[{[]/.test(text) ? `${broken[0]}. ` : '';
  return `${why}The file is in no format that can be read: ${readable.join(', ')}.`;
}
