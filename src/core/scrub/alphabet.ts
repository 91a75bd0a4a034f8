/** Characters that may stand for each other: letters of one script and case, or its digits. */
export interface Alphabet {
  readonly size: number;
  /** Place of a character in it. */
  indexOf(char: string): number;
  /** @param like the character that stood there, whose case is kept */
  at(index: number, like: string): string;
}

const ascii = (chars: string): Alphabet => {
  const indexes = new Map([...chars].map((char, i) => [char, i]));
  return {
    size: chars.length,
    indexOf: (char) => indexes.get(char.toLowerCase())!,
    at(index, like) {
      const char = chars[index]!;
      return like >= 'A' && like <= 'Z' ? char.toUpperCase() : char;
    },
  };
};

// One alphabet for both cases, so that "Ada" and "ada@example.com" have the same stand-in.
const letters = ascii('abcdefghijklmnopqrstuvwxyz');
const digits = ascii('0123456789');
/** A number that does not begin with 0 has a stand-in that does not either. */
export const leadingDigits: Alphabet = ascii('123456789');
// Of a hexadecimal id.
const hexLetters = ascii('abcdef');

/** General categories (unicode.org/reports/tr44, "General_Category") whose characters say something. */
const categories = ['Ll', 'Lu', 'Lo', 'Lt', 'Lm', 'Nd', 'Nl', 'No', 'Mn', 'Mc', 'Me'].map(
  (name) => new RegExp(`\\p{${name}}`, 'u'),
);
const blockSize = 256;
/** By block of code points, the alphabet of each of them; made when one of a block is met. */
const blocks = new Map<number, ReadonlyMap<string, Alphabet>>();

/** That of the same category in the same block of 256, which UTF-8 and UTF-16 write with as many bytes. */
function otherAlphabet(char: string): Alphabet | null {
  const number = Math.floor(char.codePointAt(0)! / blockSize);
  let block = blocks.get(number);
  if (block === undefined) {
    block = blockOf(number);
    blocks.set(number, block);
  }
  return block.get(char) ?? null;
}

function blockOf(number: number): Map<string, Alphabet> {
  const all = Array.from({ length: blockSize }, (_, i) => number * blockSize + i)
    .filter((code) => code >= 0x80 && !(code >= 0xd800 && code <= 0xdfff))
    .map((code) => String.fromCodePoint(code));
  const block = new Map<string, Alphabet>();
  for (const category of categories) {
    const chars = all.filter((char) => category.test(char));
    const indexes = new Map(chars.map((char, i) => [char, i]));
    const alphabet = {
      size: chars.length,
      indexOf: (char: string) => indexes.get(char)!,
      at: (i: number) => chars[i]!,
    };
    for (const char of chars) block.set(char, alphabet);
  }
  return block;
}

/** What a character may be replaced by; null where it stays: spaces, punctuation, symbols. */
export function alphabetOf(char: string, hex = false): Alphabet | null {
  if (char >= '0' && char <= '9') return digits;
  if ((char >= 'a' && char <= 'z') || (char >= 'A' && char <= 'Z')) return hex ? hexLetters : letters;
  return char <= '\x7f' ? null : otherAlphabet(char);
}
