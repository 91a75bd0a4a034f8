import { printable } from '../../core/text.ts';
import { type Line, quoted, type ShellName } from './line.ts';
import type { Suggestion } from './place.ts';

/** What a shell is told: to complete paths itself, or what there is to choose from. */
export type Answer = 'files' | 'dirs' | readonly Suggestion[];

/** Suggestions at most. */
const most = 200;

/**
 * An answer as the script of a shell reads it, in lines. Job ids and metadata come from outside: a shell must take them
 * for text, whatever they hold, and a terminal too.
 */
export function answerText(shell: ShellName, line: Line, answer: Answer): string {
  if (typeof answer === 'string') return `${answer}\n`;
  return answer
    .filter(({ text }) => text.startsWith(line.typed) && printable(text) === text)
    .slice(0, most)
    .map((suggestion) => `${formats[shell](suggestion, line)}\n`)
    .join('');
}

const helpOf = ({ help }: Suggestion): string => printable(help).replace(/\s+/g, ' ').slice(0, 200);

const formats: Readonly<Record<ShellName, (suggestion: Suggestion, line: Line) => string>> = {
  // What bash puts in place of the word's last part, space included: it knows no help.
  bash: ({ text, open }, { kept, quote }) =>
    quoted(text.slice(kept), 'bash', quote) + (open ? '' : quote || ' '),
  // As _describe takes it, after a letter for whether the word goes on. zsh quotes it.
  zsh: (suggestion) =>
    `${suggestion.open ? 'o' : 'c'}${suggestion.text.replace(/[\\:]/g, '\\$&')}:${helpOf(suggestion)}`,
  // fish quotes it, and puts no space after what ends in : or =.
  fish: (suggestion) => `${suggestion.text}\t${helpOf(suggestion)}`,
  powershell: (suggestion) =>
    `${quoted(suggestion.text, 'powershell')}\t${helpOf(suggestion) || suggestion.text}`,
};
