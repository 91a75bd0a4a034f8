/**
 * Text from outside, safe to print in a terminal: control, escape and direction-changing characters are shown
 * as escapes (`\x1b`, `\u202e`) and are never executed. Line breaks and tabs too, unless `keepLines`.
 */
export function printable(text: string, keepLines = false): string {
  return text.replace(/[\p{Cc}\p{Bidi_Control}\u2028\u2029\ufeff\ufff9-\ufffb]|[\ud800-\udfff]/gu, (char) => {
    if (keepLines && (char === '\n' || char === '\t')) return char;
    const named = { '\n': '\\n', '\r': '\\r', '\t': '\\t' }[char];
    const code = char.codePointAt(0)!;
    return (
      named ??
      (code < 256 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u${code.toString(16).padStart(4, '0')}`)
    );
  });
}
