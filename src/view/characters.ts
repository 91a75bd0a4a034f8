const segmenter = new Intl.Segmenter('en', { granularity: 'grapheme' });
// Node 20 takes minutes to segment some 100,000 characters at once, and no time for them in slices.
const slice = 256;
/** No character that people write is longer; a heap of marks that claims to be one is taken apart. */
const longest = 32;

/** The characters of `text` as a reader counts them. Takes time for what is read of it only, whatever it holds. */
export function* characters(text: string): Generator<string> {
  for (let at = 0; at < text.length; ) {
    if (standsAlone(text, at)) yield text[at++]!;
    else {
      const end = intricateEnd(text, at);
      // The last one may go on beyond the slice.
      for (const part of segments(text.slice(at, end), end < text.length && end - at === slice)) {
        at += part.length;
        yield part;
      }
    }
  }
}

/** Whether the unit at `at` is a character of its own: it and its successor are of a kind that never combines. */
const standsAlone = (text: string, at: number): boolean =>
  simpleWidth(text.charCodeAt(at)) > 0 &&
  (at + 1 === text.length || simpleWidth(text.charCodeAt(at + 1)) > 0);

function intricateEnd(text: string, start: number): number {
  let end = start + 1;
  while (end < text.length && end - start < slice && !standsAlone(text, end)) end++;
  return end;
}

function segments(text: string, goesOn: boolean): string[] {
  const parts = [...segmenter.segment(text)].map(({ segment }) => segment);
  if (goesOn && parts.length > 1) parts.pop();
  return parts.flatMap((part) => (part.length > longest ? pieces(part) : [part]));
}

function pieces(part: string): string[] {
  const cut: string[] = [''];
  for (const letter of part) {
    if (cut.at(-1)!.length + letter.length > longest) cut.push('');
    cut[cut.length - 1] += letter;
  }
  return cut;
}

/**
 * Columns of a UTF-16 unit that is a character by itself unless a mark follows: Latin, Greek, Cyrillic take one, kana
 * and Chinese two. 0 for every other, which needs a closer look.
 */
export function simpleWidth(unit: number): 0 | 1 | 2 {
  if (unit < 0x7f) return unit >= 0x20 ? 1 : 0;
  if (unit < 0x0530) {
    const odd = unit < 0xa1 || unit === 0xad || (unit >= 0x0300 && unit < 0x0370) || isUnassigned(unit);
    return odd ? 0 : 1;
  }
  if (unit < 0x3041) return 0;
  const kana = unit <= 0x3096 || (unit >= 0x30a1 && unit <= 0x30fa);
  return kana || (unit >= 0x4e00 && unit <= 0x9fff) || (unit >= 0x3400 && unit <= 0x4dbf) ? 2 : 0;
}

// Of Greek and Cyrillic: marks, and what has no character yet.
const isUnassigned = (unit: number): boolean =>
  unit >= 0x0370 &&
  (unit <= 0x0385 ||
    unit === 0x038b ||
    unit === 0x038d ||
    unit === 0x03a2 ||
    (unit >= 0x0482 && unit <= 0x0489));
