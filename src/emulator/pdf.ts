import { promisify } from 'node:util';
import { inflate } from 'node:zlib';

// Above this a PDF's pages are not counted: a search through it would hold up everything else.
const maxBytes = 30 * 1024 * 1024;
// What is inflated of a PDF in all, however much it would come to.
const maxInflated = 16 * 1024 * 1024;

const maxStreams = 5000;

const inflated = promisify(inflate);

/** What a stream holds; nothing of one that is damaged, and `limit` empty bytes of one that is longer. */
const contentOf = (stream: Buffer, limit: number): Promise<Buffer> =>
  inflated(stream, { maxOutputLength: limit }).catch((error: NodeJS.ErrnoException) =>
    Buffer.alloc(error.code === 'ERR_BUFFER_TOO_LARGE' ? limit : 0),
  );

/** Whether bytes begin as a PDF does. */
const looksLikePdf = (bytes: Uint8Array): boolean =>
  Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, 1024)).includes('%PDF-');

/**
 * How many pages a PDF has; null when it is none, or none can be found. Counts the page objects (ISO 32000-1,
 * 7.7.3.3) in the file and in its object streams, and reads nothing else: a PDF library builds the whole document,
 * which a hostile file makes as large and as slow as it likes.
 */
export async function countPages(bytes: Uint8Array): Promise<number | null> {
  if (bytes.length > maxBytes || !looksLikePdf(bytes)) return null;
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  let pages = pageObjects(file.toString('latin1'));
  let left = maxInflated;
  let streams = 0;
  for (const stream of objectStreams(file)) {
    if (++streams > maxStreams || left <= 0) break;
    const content = await contentOf(stream, left);
    pages += pageObjects(content.toString('latin1'));
    left -= content.length;
  }
  return pages === 0 ? null : pages;
}

const pageObjects = (text: string): number => text.match(/\/Type\s*\/Page(?![A-Za-z0-9])/g)?.length ?? 0;

/** The compressed bytes of each object stream (7.5.7), one after the other. */
function* objectStreams(file: Buffer): Generator<Buffer> {
  for (let at = 0; ; ) {
    const type = file.indexOf('/ObjStm', at);
    const start = type === -1 ? -1 : file.indexOf('stream', type);
    const end = start === -1 ? -1 : file.indexOf('endstream', start);
    if (end === -1) return;
    const begin = start + 'stream'.length;
    yield file.subarray(begin + (file[begin] === 0x0d ? 2 : 1), end);
    at = end;
  }
}

/** A plain PDF with so many empty pages and a line of text on the first (PDF 1.4, ISO 32000-1). */
export function plainPdf(pages: number, text: string): Buffer {
  const line = text.replace(/[^\x20-\x7e]/g, '?').replace(/[\\()]/g, '\\$&');
  const content = `BT /F1 12 Tf 72 720 Td (${line}) Tj ET`;
  const kids = Array.from({ length: pages }, (_, i) => `${5 + i} 0 R`);
  const objects = [
    '<< /Type /Catalog /Pages 2 0 R >>',
    `<< /Type /Pages /Count ${pages} /Kids [${kids.join(' ')}] >>`,
    '<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>',
    `<< /Length ${content.length} >>\nstream\n${content}\nendstream`,
    ...kids.map(
      (_, i) =>
        `<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792]${
          i === 0 ? ' /Contents 4 0 R /Resources << /Font << /F1 3 0 R >> >>' : ''
        } >>`,
    ),
  ];
  let file = '%PDF-1.4\n';
  const offsets = objects.map((object, i) => {
    const offset = file.length;
    file += `${i + 1} 0 obj\n${object}\nendobj\n`;
    return `${String(offset).padStart(10, '0')} 00000 n \n`;
  });
  const table = `xref\n0 ${objects.length + 1}\n0000000000 65535 f \n${offsets.join('')}`;
  const trailer = `trailer\n<< /Size ${objects.length + 1} /Root 1 0 R >>\nstartxref\n${file.length}\n%%EOF\n`;
  return Buffer.from(file + table + trailer, 'latin1');
}
