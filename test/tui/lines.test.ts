import { expect, test } from 'vitest';
import { hexLines, type Lines, lines, stack, textLimit, textLine, textLines } from '../../src/tui/lines.ts';
import { span } from '../../src/tui/text.ts';

const rows = (all: Lines): string[] =>
  Array.from({ length: all.count }, (_, i) =>
    all
      .at(i)
      .spans.map(({ text }) => text)
      .join(''),
  );

test('a hex dump shows offsets, bytes and text', () => {
  const bytes = Uint8Array.from([0, 31, 32, 65, 126, 127, 200, 255, 66, 67, 68, 69, 70, 71, 72, 73, 10]);
  expect(rows(hexLines(bytes, 80))).toEqual([
    '00000000  00 1f 20 41 7e 7f c8 ff  42 43 44 45 46 47 48 49  ·· A~···BCDEFGHI',
    '00000010  0a                                                ·',
  ]);
  expect(rows(hexLines(bytes, 50))[1]).toBe('00000008  42 43 44 45 46 47 48 49  BCDEFGHI');
});

test('ten megabytes are dumped when looked at, not before', () => {
  const all = hexLines(new Uint8Array(10_000_000), 80);
  expect(all.count).toBe(625_000);
  expect(all.at(624_999).spans[0]!.text).toBe('00989670  ');
});

test('text keeps its lines, is wrapped, and executes nothing', () => {
  expect(rows(textLines('one\r\ntwo \x1b[2Jthree\n\nfour', 10))).toEqual([
    'one',
    'two \\x1b[2',
    'Jthree',
    '',
    'four',
  ]);
});

test('of very long text the beginning is shown, and said to be only that', () => {
  const shown = rows(textLines('x'.repeat(textLimit + 5), 100));
  expect(shown).toHaveLength(textLimit / 100 + 1);
  expect(shown.at(-1)).toBe('… only the first 256,000 of 256,005 characters are shown');
});

test('panes are stacked', () => {
  const one = lines([textLine(span('a'))]);
  expect(rows(stack([one, lines([]), lines([textLine(span('b')), textLine(span('c'))])]))).toEqual([
    'a',
    'b',
    'c',
  ]);
});
