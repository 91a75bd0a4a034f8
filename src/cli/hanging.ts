import { Help } from 'commander';

/**
 * `text` after `head`, broken between words where the terminal ends, and indented as far as its first line: a terminal
 * would break within a word. What reads a pipe gets one line.
 * @param columns of the terminal; endless where there is none
 */
export function hanging(
  head: string,
  text: string,
  columns = process.stdout.isTTY ? process.stdout.columns : Number.POSITIVE_INFINITY,
): string {
  const lines = new Help().boxWrap(text, columns - head.length);
  return head + lines.replaceAll('\n', `\n${' '.repeat(head.length)}`);
}
