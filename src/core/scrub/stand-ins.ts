import { type Alphabet, alphabetOf, leadingDigits } from './alphabet.ts';
import { maxPermuted, Permutation } from './permutation.ts';

/** Stand-ins that are remembered, so that what comes again and again costs nothing. */
const maxRemembered = 10_000;
/** Characters of what is remembered. */
const maxWord = 32;
/** Characters of what may have so few letters and digits that two might meet. */
const maxShort = 64;
// Two bytes of randomness for each character.
const randomRange = 65_536;

/** How a value is replaced. */
interface Shape {
  /** Letters are those of hexadecimal digits. */
  hex?: boolean;
  /** Places that stay, such as the version of a UUID. */
  kept?: (index: number) => boolean;
}

/**
 * Stand-ins of the same shape: a letter for a letter of the same script and case, a digit for a digit, all else as it
 * is. The same value has the same one wherever it stands, and two values never share one.
 */
export class StandIns {
  readonly #permutation: Permutation;
  readonly #known = new Map<string, string>();

  /** @param key random, and thrown away with this: with it one could go back */
  constructor(key: Uint8Array) {
    this.#permutation = new Permutation(key);
  }

  /** Of a word: a run of letters and digits. */
  word(word: string): string {
    const known = this.#known.get(word);
    if (known !== undefined) return known;
    const hex = isHex(word);
    let standIn = word;
    // On from what looks like an id, where the word does not: an id may have that stand-in.
    do standIn = this.like(standIn, { hex });
    while (isHex(standIn) !== hex);
    if (word.length > maxWord) return standIn;
    if (this.#known.size >= maxRemembered) this.#known.clear();
    this.#known.set(word, standIn);
    return standIn;
  }

  /** Of a text as one value, whatever stands between its letters and digits. */
  like(text: string, shape: Shape = {}): string {
    const alphabetAt = alphabets(text, shape);
    if (text.length > maxShort) return this.#shifted(text, alphabetAt);
    const chars = [...text];
    const own = chars.map(alphabetAt);
    const radices: number[] = [];
    const digits: number[] = [];
    for (const [at, alphabet] of own.entries()) {
      if (alphabet === null || alphabet.size === 1) continue;
      radices.push(alphabet.size);
      digits.push(alphabet.indexOf(chars[at]!));
    }
    if (digits.length > maxPermuted) return this.#shifted(text, alphabetAt);
    if (digits.length === 0) return text;
    const others = this.#permutation.of(digits, radices);
    let next = 0;
    let standIn = '';
    for (const [at, alphabet] of own.entries())
      standIn +=
        alphabet === null || alphabet.size === 1 ? chars[at] : alphabet.at(others[next++]!, chars[at]!);
    return standIn;
  }

  /** What is one of so many that no two have the same: each character is moved by what the key makes of the whole. */
  #shifted(text: string, alphabetAt: AlphabetAt): string {
    const random = this.#randomFor(text.toLowerCase());
    let at = 0;
    let shifted = '';
    for (const char of text) shifted += moved(char, alphabetAt(char, at), random(at++));
    return shifted;
  }

  /**
   * Stand-ins for the words of a long text, which are others each time that a word comes: by how often it does, it could
   * be guessed.
   */
  prose(text: string): (word: string, at: number) => string {
    const random = this.#randomFor(text);
    return (word, at) => {
      let shifted = '';
      for (const char of word) shifted += moved(char, alphabetOf(char), random(at++));
      return shifted;
    };
  }

  /** Numbers from 0 up to 1, for each character of a text. */
  #randomFor(text: string): (at: number) => number {
    const random = this.#permutation.bytes(2 * text.length, text);
    return (at) => random.readUInt16LE(2 * at) / randomRange;
  }

  /** Numbers below their limits as one value, such as the four of an IPv4 address. */
  numbers(values: readonly number[], limits: readonly number[]): number[] {
    return this.#permutation.of([...values], limits);
  }

  /** As many bytes that look random; the same ones for the same bytes. */
  bytes(bytes: Uint8Array): Uint8Array {
    return this.#permutation.bytes(bytes.length, bytes);
  }
}

type AlphabetAt = (char: string, at: number) => Alphabet | null;

/** What each character of a text may be replaced by. */
function alphabets(text: string, { hex, kept }: Shape): AlphabetAt {
  const numeric = /^\d+$/.test(text);
  return (char, at) => {
    if (kept?.(at)) return null;
    // A number that begins with 0 has a stand-in that does so too.
    if (numeric && at === 0) return char === '0' ? null : leadingDigits;
    return alphabetOf(char, hex);
  };
}

/** A character moved on in its alphabet. @param by from 0 up to 1 */
const moved = (char: string, alphabet: Alphabet | null, by: number): string =>
  alphabet
    ? alphabet.at((alphabet.indexOf(char) + Math.floor(by * alphabet.size)) % alphabet.size, char)
    : char;

/** Whether a word is a hexadecimal id: long enough that it is none by chance. */
const isHex = (word: string): boolean =>
  word.length >= 8 && /^(?:[\da-f]+|[\dA-F]+)$/.test(word) && /\d/.test(word) && /[a-f]/i.test(word);
