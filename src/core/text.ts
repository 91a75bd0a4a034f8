// What a terminal, or a reader of the text, would obey or not see: control characters (C0, DEL, C1), those that turn the
// direction of writing, line separators, marks of an annotation, and halves of a surrogate pair.
const unsafe = /[\p{Cc}\p{Bidi_Control}\u2028\u2029\ufeff\ufff9-\ufffb]|[\ud800-\udfff]/gu;
const unsafeInLines = new RegExp(`(?![\\n\\t])(?:${unsafe.source})`, 'u');
const names: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/**
 * Text from outside, safe to print in a terminal: control, escape and direction-changing characters are shown
 * as escapes (`\x1b`, `\u202e`) and are never executed. Line breaks and tabs too, unless `keepLines`; the lines are
 * then safe in the log of a CI job as well (see {@link logSafe}).
 */
export function printable(text: string, keepLines = false): string {
  const safe = text.replace(unsafe, (char) => {
    if (keepLines && (char === '\n' || char === '\t')) return char;
    const code = char.codePointAt(0)!;
    return names[char] ?? (code < 256 ? `\\x${hex(code, 2)}` : unicodeEscape(code));
  });
  return keepLines ? logSafe(safe) : safe;
}

/** Whether {@link printable} would leave text as it is: megabytes need not be escaped to be found out about. */
export const isPrintable = (text: string, keepLines = false): boolean =>
  keepLines ? !unsafeInLines.test(text) && logSafe(text) === text : text.search(unsafe) === -1;

/**
 * Lines of which none is a command to the CI job in whose log they stand: GitHub's runner obeys `::name::` at the
 * beginning of a line, white space before it or not, and `##[name]` anywhere in it (its ActionCommand.cs); Azure's
 * `##vso[`, TeamCity's `##teamcity[`. The first character of such a thing is shown as an escape.
 */
export const logSafe = (lines: string): string =>
  lines
    // Not /^/m, which would begin anew at each of a million carriage returns that it had just passed.
    .replace(/(^|[\n\r\u2028\u2029])([^\S\n\r\u2028\u2029]*):(?=:)/g, '$1$2\\x3a')
    .replace(/##(?=\w*\[)/g, '\\x23#');

/** JSON whose strings hold what {@link printable} and {@link logSafe} take out as JSON's own escapes: the same value. */
export function printableJson(json: string): string {
  // Most of it is ASCII, of which JSON has escaped what matters, and may be tens of megabytes.
  const safe = /[^\n\x20-\x7e]/.test(json)
    ? json.replace(unsafe, (char) => (char in names ? char : unicodeEscape(char.codePointAt(0)!)))
    : json;
  return safe.includes('##') ? safe.replace(/##(?=\w*\[)/g, '\\u0023#') : safe;
}

const hex = (code: number, digits: number): string => code.toString(16).padStart(digits, '0');

// Of the few that there are, a hostile text has millions: each is written once.
const unicodeEscapes = new Map<number, string>();
function unicodeEscape(code: number): string {
  const known = unicodeEscapes.get(code);
  if (known !== undefined) return known;
  const made = `\\u${hex(code, 4)}`;
  unicodeEscapes.set(code, made);
  return made;
}
