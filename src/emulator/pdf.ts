// Above this a PDF's pages are not counted: reading it would hold up everything else for seconds.
const maxBytes = 30 * 1024 * 1024;

/** Whether bytes begin as a PDF does. */
const looksLikePdf = (bytes: Uint8Array): boolean =>
  Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, 1024)).includes('%PDF-');

/** How many pages a PDF has; null when it is none, or is damaged. */
export async function countPages(bytes: Uint8Array): Promise<number | null> {
  if (bytes.length > maxBytes || !looksLikePdf(bytes)) return null;
  const { PDFDocument } = await import('@cantoo/pdf-lib'); // heavy: only for those who upload a PDF
  try {
    const document = await PDFDocument.load(bytes, { ignoreEncryption: true, updateMetadata: false });
    return Math.max(1, document.getPageCount());
  } catch {
    return null; // the library throws many kinds of errors, all of which say that this is no PDF it can read
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
