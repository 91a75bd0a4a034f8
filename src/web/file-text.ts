import { UserError } from '../core/errors.ts';
import { formatSize } from '../core/units.ts';
import { fileText } from '../core/utf8.ts';

/** Bytes of a file that are read, once unpacked: it becomes one string, which must fit. */
const maxBytes = 256 * 1024 * 1024;

/**
 * The text of a file that was dropped on the page, without its gzip if it has any.
 * @param most bytes that it may hold
 * @throws UserError when it holds no text, or is too large
 */
export async function textOf(file: File, most = maxBytes): Promise<string> {
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  let size = 0;
  try {
    // A browser's stream of bytes is no async iterable everywhere.
    const reader = (await unpacked(file)).getReader();
    for (let step = await reader.read(); !step.done && size <= most; step = await reader.read()) {
      chunks.push(step.value);
      size += step.value.length;
    }
    await reader.cancel();
  } catch (cause) {
    throw new UserError('import', `${file.name} can't be read: is it a folder, or damaged?`, 1, { cause });
  }
  if (size > most)
    throw new UserError('import', `${file.name} is over ${formatSize(most)}: split it and import the parts.`);
  const text = fileText(new Uint8Array(await new Blob(chunks).arrayBuffer()));
  if (text === null) throw new UserError('import', `${file.name} is not UTF-8 text.`);
  return text;
}

/** RFC 1952: a gzip file begins with 1f 8b. */
async function unpacked(file: File): Promise<ReadableStream<Uint8Array<ArrayBuffer>>> {
  const [first, second] = new Uint8Array(await file.slice(0, 2).arrayBuffer());
  const stream = file.stream();
  return first === 0x1f && second === 0x8b ? stream.pipeThrough(new DecompressionStream('gzip')) : stream;
}
