import { describe, expect, test } from 'vitest';
import {
  clip,
  clipSpans,
  fitSpans,
  fitText,
  graphemes,
  span,
  spansWidth,
  textWidth,
  visible,
  wrap,
  wrapSpans,
  wrapWords,
} from '../../src/tui/text.ts';

const family = '👩‍👩‍👧';

describe('width', () => {
  test.each([
    ['abc', 3],
    ['日本', 4],
    [family, 2],
    ['🇫🇷', 2],
    ['❤️', 2],
    ['e\u0301', 1],
    ['●▲…✓', 4],
  ])('%s takes %i columns', (text, width) => expect(textWidth(text)).toBe(width));

  test('a character is never cut in two, even where text is taken in slices', () => {
    const text = `${'x'.repeat(255)}${family}${'y'.repeat(300)}`;
    const parts = [...graphemes(text)];
    expect(parts.map((part) => part.text).join('')).toBe(text);
    expect(parts).toContainEqual({ text: family, width: 2 });
  });

  test('300,000 wide characters are measured in a moment', () => {
    expect(textWidth('日本語😀'.repeat(60_000))).toBe(8 * 60_000);
  });
});

describe('visible', () => {
  test.each([
    ['\x1b[31mred', '\\x1b[31mred'],
    ['a\u200bb', 'a\\u200bb'],
    ['\u202eevil', '\\u202eevil'],
    ['\u0301alone', '\\u0301alone'],
    ['a\tb', 'a    b'],
    ['e\u0301', 'e\u0301'],
    [family, family],
  ])('%j is shown as %s', (text, shown) => expect(visible(text)).toBe(shown));
});

describe('fitting', () => {
  test('cuts with a mark, at whole characters, to the width asked for', () => {
    expect(clip('abcdef', 4)).toBe('abc…');
    expect(clip('abcd', 4)).toBe('abcd');
    expect(clip('日本語', 4)).toBe('日…');
    expect(clip('abcdef', 4, '')).toBe('abcd');
    expect(fitText('日本語', 4)).toBe('日… ');
    expect(fitText('7', 3, 'right')).toBe('  7');
  });

  test('a line keeps its tones and gets the mark where it was cut', () => {
    expect(clipSpans([span('abc', 'good'), span('defg')], 5)).toEqual([span('abc', 'good'), span('d…')]);
    expect(clipSpans([span('abc', 'good'), span('defg')], 3)).toEqual([span('ab…', 'good')]);
    expect(clipSpans([span('abc', 'good'), span('de')], 5)).toEqual([span('abc', 'good'), span('de')]);
  });

  test('what stands at the right gives way to what is left of it', () => {
    const text = (spans: { text: string }[]): string => spans.map((part) => part.text).join('');
    expect(text(fitSpans([span('left')], 12, [span('right')]))).toBe('left   right');
    expect(text(fitSpans([span('left')], 8, [span('right')]))).toBe('left    ');
    expect(spansWidth(fitSpans([span('日本語')], 5))).toBe(5);
  });
});

describe('wrapping', () => {
  test('loses nothing', () => {
    expect(wrap('abcdefg', 3)).toEqual(['abc', 'def', 'g']);
    expect(wrap('日本語x', 5)).toEqual(['日本', '語x']);
    expect(wrap('', 5)).toEqual(['']);
  });

  test('prose is broken between words, and within a word that is too long', () => {
    expect(wrapWords('one two three', 7)).toEqual(['one two', 'three']);
    expect(wrapWords('a bcdefghij k', 4)).toEqual(['a', 'bcde', 'fghi', 'j k']);
  });

  test('the rest of a line is moved to the right', () => {
    const rows = wrapSpans([span('key: ', 'key'), span('abcdefgh', 'string')], 8, 2);
    expect(rows).toEqual([
      [span('key: ', 'key'), span('abc', 'string')],
      [span('  '), span('defgh', 'string')],
    ]);
  });
});
