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
      for (const part of segments(text.slice(at, end), end < text.length && end - at >= slice - 1)) {
        at += part.length;
        yield part;
      }
    }
  }
}

/** Whether the unit at `at` is a character of its own: it and its successor are of a kind that never combines. */
const standsAlone = (text: string, at: number): boolean =>
  isSimple(text.charCodeAt(at)) && (at + 1 === text.length || isSimple(text.charCodeAt(at + 1)));

function intricateEnd(text: string, start: number): number {
  let end = start + 1;
  while (end < text.length && end - start < slice && !standsAlone(text, end)) end++;
  const half = end < text.length && /[\ud800-\udbff]/.test(text[end - 1]!);
  return half && end - start > 1 ? end - 1 : end;
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

/** Whether a UTF-16 unit is a character by itself unless a mark follows: Latin, Greek, Cyrillic, kana, Chinese. */
export function isSimple(unit: number): boolean {
  if (unit < 0x7f) return unit >= 0x20;
  if (unit < 0x0530)
    return unit >= 0xa1 && unit !== 0xad && (unit < 0x0300 || unit >= 0x0370) && !isUnassigned(unit);
  if (unit < 0x3041) return false;
  const kana = unit <= 0x3096 || (unit >= 0x30a1 && unit <= 0x30fa);
  return kana || (unit >= 0x4e00 && unit <= 0x9fff) || (unit >= 0x3400 && unit <= 0x4dbf);
}

// Of Greek and Cyrillic: marks, and what has no character yet.
const isUnassigned = (unit: number): boolean =>
  unit >= 0x0370 &&
  (unit <= 0x0385 ||
    unit === 0x038b ||
    unit === 0x038d ||
    unit === 0x03a2 ||
    (unit >= 0x0482 && unit <= 0x0489));
