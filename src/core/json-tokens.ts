/** What a token of JSON is: a character of its own, a string with its quotes, any other word, or the end of the text. */
export type TokenKind = '{' | '}' | '[' | ']' | ',' | ':' | 'string' | 'word' | 'end';

const [quote, backslash, slash, star, lineFeed, carriageReturn] = [0x22, 0x5c, 0x2f, 0x2a, 0x0a, 0x0d];
const own: Readonly<Record<number, TokenKind>> = {
  123: '{',
  125: '}',
  91: '[',
  93: ']',
  44: ',',
  58: ':',
};

/**
 * The tokens of a JSON text, one at a time, by their places: it makes no values, so that a text of megabytes costs
 * some ms. Comments and white space are passed over, and what is no JSON is a word, for text from outside may be
 * anything. A string that is not closed ends with its line.
 */
export class JsonTokens {
  kind: TokenKind = 'end';
  /** Where the token begins. */
  from = 0;
  /** Where the one after it may begin. */
  to = 0;

  constructor(private readonly source: string) {}

  /** Goes on to the next token. @returns its kind */
  next(): TokenKind {
    this.from = this.#afterTrivia(this.to);
    const code = this.source.charCodeAt(this.from);
    const single = own[code];
    if (Number.isNaN(code)) this.#set('end', this.from);
    else if (single !== undefined) this.#set(single, this.from + 1);
    else if (code === quote) this.#set('string', this.#stringEnd(this.from + 1));
    else this.#set('word', this.#wordEnd(this.from + 1));
    return this.kind;
  }

  /** The token as it is written. */
  get text(): string {
    return this.source.slice(this.from, this.to);
  }

  #set(kind: TokenKind, to: number): void {
    this.kind = kind;
    this.to = to;
  }

  #afterTrivia(from: number): number {
    const { source } = this;
    for (let at = from; ; ) {
      while (isSpace(source.charCodeAt(at))) at += 1;
      if (!opensComment(source, at)) return at;
      const end = source.charCodeAt(at + 1) === star ? source.indexOf('*/', at + 2) : lineEnd(source, at + 2);
      at = end === -1 ? source.length : end + (source.charCodeAt(end) === star ? 2 : 0);
    }
  }

  #stringEnd(from: number): number {
    const { source } = this;
    for (let at = from; at < source.length; at++) {
      const code = source.charCodeAt(at);
      if (code === quote) return at + 1;
      if (code === lineFeed || code === carriageReturn) return at;
      if (code === backslash) at += 1;
    }
    return source.length;
  }

  #wordEnd(from: number): number {
    const { source } = this;
    for (let at = from; at < source.length; at++) {
      const code = source.charCodeAt(at);
      if (code === quote || endsWord(code) || isSpace(code) || opensComment(source, at)) return at;
    }
    return source.length;
  }
}

/** A token of the kind `string` as the text that it stands for; of one that is no JSON, what is between its quotes. */
export function stringValue(token: string): string {
  try {
    return JSON.parse(token) as string;
  } catch {
    return token.slice(1).replace(/"$/, ''); // the parser has one way to fail: it is no JSON
  }
}

// Spelt out, since it is asked for each character of what may be megabytes.
const endsWord = (code: number): boolean =>
  code === 0x2c || code === 0x3a || code === 0x5b || code === 0x5d || code === 0x7b || code === 0x7d;

const opensComment = (source: string, at: number): boolean => {
  if (source.charCodeAt(at) !== slash) return false;
  const next = source.charCodeAt(at + 1);
  return next === slash || next === star;
};

function lineEnd(source: string, from: number): number {
  let at = from;
  while (at < source.length) {
    const code = source.charCodeAt(at);
    if (code === lineFeed || code === carriageReturn) return at;
    at += 1;
  }
  return -1;
}

/** JSON's white space, and what lenient readers take for it (JSON5). */
const isSpace = (code: number): boolean =>
  code <= 0x20 ||
  (code >= 0xa0 &&
    (code === 0xa0 ||
      code === 0x1680 ||
      (code >= 0x2000 && code <= 0x200b) ||
      code === 0x2028 ||
      code === 0x2029 ||
      code === 0x202f ||
      code === 0x205f ||
      code === 0x3000 ||
      code === 0xfeff));
