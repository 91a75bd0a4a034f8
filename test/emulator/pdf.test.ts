import { constants, deflateRawSync, deflateSync, inflateSync } from 'node:zlib';
import { PDFDocument } from '@cantoo/pdf-lib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { countPages, plainPdf } from '../../src/emulator/pdf.ts';
import { expectLinear } from '../support/growth.ts';

const objectStream = (content: string | Buffer): Buffer =>
  Buffer.concat([
    Buffer.from('1 0 obj\n<< /Type /ObjStm /Filter /FlateDecode >>\nstream\r\n'),
    typeof content === 'string' ? deflateSync(content) : content,
    Buffer.from('\nendstream\nendobj\n'),
  ]);

/** So many megabytes of spaces, deflated: one of them, again and again, where to deflate them all takes seconds. */
function deflatedSpaces(megabytes: number): Buffer {
  const one = deflateRawSync(Buffer.alloc(1_000_000, ' '), { finishFlush: constants.Z_FULL_FLUSH });
  const size = BigInt(megabytes) * 1_000_000n;
  const [a, b] = [1n + 32n * size, size + 16n * size * (size + 1n)]; // Adler-32 of as many spaces
  const sum = Buffer.alloc(4);
  sum.writeUInt32BE(Number((b % 65521n) * 65536n + (a % 65521n)));
  return Buffer.concat([
    Buffer.from('789c', 'hex'),
    ...Array<Buffer>(megabytes).fill(one),
    Buffer.from('0300', 'hex'),
    sum,
  ]);
}

const pdf = (...parts: (string | Buffer)[]): Buffer =>
  Buffer.concat([Buffer.from('%PDF-1.5\n'), ...parts.map((part) => Buffer.from(part as string))]);

describe('the pages of a PDF', () => {
  test.each([true, false])(
    'are those that a library counts, with object streams or without: %s',
    async (streams) => {
      const document = await PDFDocument.create();
      for (let i = 0; i < 130; i++) document.addPage().drawRectangle();
      const bytes = await document.save({ useObjectStreams: streams });
      expect(await countPages(bytes)).toBe((await PDFDocument.load(bytes)).getPageCount());
    },
  );

  test('are counted in a plain one, and not in what is none', async () => {
    expect(await countPages(plainPdf(12, 'x'))).toBe(12);
    expect(await countPages(Buffer.from('/Type /Page'))).toBeNull();
    expect(await countPages(pdf('hello'))).toBeNull();
    expect(await countPages(pdf('<< /Type /Pages >> << /Type /PageLabel >>'))).toBeNull();
  });

  test('of a damaged stream are left out, the others counted', async () => {
    const damaged = objectStream('<< /Type /Page >>').fill(0, 60, 64);
    expect(await countPages(pdf(damaged, objectStream('<</Type/Page>><</Type /Page>>')))).toBe(2);
  });

  test('cost no more than a bounded part of what would inflate without end', async () => {
    expect(inflateSync(deflatedSpaces(3))).toEqual(Buffer.alloc(3_000_000, ' '));
    const bomb = objectStream(deflatedSpaces(400));
    expect(await countPages(pdf('<< /Type /Page >>', bomb, bomb))).toBe(1);
    const many = Array<Buffer>(500).fill(objectStream(deflatedSpaces(20)));
    expect(await countPages(pdf('<< /Type /Page >>', ...many))).toBe(1); // seconds, if each were inflated
  });

  test.each([
    ['objects without an end', '1 0 obj\n<<'],
    ['streams without an end', '<< /Type /ObjStm >>\nstream\n'],
    ['object streams of nothing', '/ObjStm'],
    ['empty object streams', '/ObjStm stream\nendstream'],
    ['types of nothing', '/Type '],
  ])('cost linear time: %s', (_, piece) =>
    expectLinear((count) => {
      const bytes = pdf(piece.repeat(count));
      return () => countPages(bytes);
    }, 100_000),
  );

  test('never make it fail, whatever the bytes', async () => {
    const piece = fc.oneof(
      fc.constantFrom('/Type', '/Page', '/ObjStm', 'stream\n', 'endstream', 'obj', '<<', '\r\n', ' '),
      fc.string({ unit: 'binary', maxLength: 20 }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(piece, { maxLength: 40 }), async (pieces) => {
        const pages = await countPages(pdf(pieces.join('')));
        expect(pages === null || pages > 0).toBe(true);
      }),
    );
  });
});
