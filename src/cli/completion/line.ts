/** The shells that can be helped. */
export const shellNames = ['bash', 'zsh', 'fish', 'powershell'] as const;
export type ShellName = (typeof shellNames)[number];

/** What a shell takes for quoting. */
interface Quoting {
  /** Takes the meaning from the character after it. */
  escape: string;
  /** What can be escaped in double and in single quotes. */
  inDouble: RegExp;
  inSingle: RegExp;
  /** Whether a quote that is doubled stands for itself between such quotes. */
  doubled: boolean;
}

const nothing = /[^\s\S]/;
const posix: Quoting = { escape: '\\', inDouble: /["\\$`]/, inSingle: nothing, doubled: false };
const quoting: Readonly<Record<ShellName, Quoting>> = {
  bash: posix,
  zsh: posix,
  fish: { ...posix, inDouble: /["\\$]/, inSingle: /['\\]/ },
  powershell: { escape: '`', inDouble: /[\s\S]/, inSingle: nothing, doubled: true },
};

/** A command line up to the cursor. */
export interface Line {
  /** The words before the one at the cursor, without their quotes. */
  words: string[];
  /** The one at the cursor; '' where a new one begins. */
  typed: string;
  /** The quote that is open at the cursor; '' for none. */
  quote: string;
  /** How much of `typed` stands before the last character of `breaks`, or the last quote: bash leaves that alone. */
  kept: number;
}

/**
 * Reads a command line as a shell does, as far as quotes and blanks go; nothing in it is run or looked up.
 * @param breaks characters that end a word for bash's completion (COMP_WORDBREAKS)
 */
export function readLine(text: string, shell: ShellName, breaks = ''): Line {
  const { escape: mark, inDouble, inSingle, doubled } = quoting[shell];
  const line: Line = { words: [], typed: '', quote: '', kept: 0 };
  let begun = false;
  for (let at = 0; at < text.length; at += 1) {
    const char = text[at]!;
    const next = text[at + 1];
    const escapes = line.quote === '' ? /[\s\S]/ : line.quote === '"' ? inDouble : inSingle;
    if (char === mark && next !== undefined && escapes.test(next)) {
      line.typed += next;
      begun = true;
      at += 1;
    } else if (char === line.quote && doubled && next === char) {
      line.typed += char;
      at += 1;
    } else if (char === line.quote || (line.quote === '' && (char === '"' || char === "'"))) {
      line.quote = line.quote === '' ? char : '';
      line.kept = line.typed.length;
      begun = true;
    } else if (line.quote === '' && /\s/.test(char)) {
      if (begun) line.words.push(line.typed);
      Object.assign(line, { typed: '', kept: 0 });
      begun = false;
    } else {
      line.typed += char;
      begun = true;
      if (line.quote === '' && breaks.includes(char)) line.kept = line.typed.length;
    }
  }
  return line;
}

/** What needs no quotes in any of them. */
const plain = /^[\w@%+:,./-][\w@%+=:,./-]*$/;

/** `text` as it goes on after an open quote (bash), or as a word of its own. */
export function quoted(text: string, shell: 'bash' | 'powershell', open = ''): string {
  if (shell === 'powershell') return plain.test(text) ? text : `'${text.replaceAll("'", "''")}'`;
  if (open === "'") return text.replaceAll("'", `'\\''`);
  if (open === '"') return text.replace(/["\\$`]/g, '\\$&');
  return text.replace(/[^\w@%+=:,./\p{L}\p{N}-]/gu, '\\$&');
}
