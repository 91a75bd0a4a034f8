import type { Tone } from '../view/tone.ts';
import type { Span } from './text.ts';

// The terminal's own sixteen colours, so that every theme keeps its contrast. One accent: cyan.
const colours: Record<Tone, string> = {
  dim: '2',
  accent: '36',
  good: '32',
  bad: '31',
  warn: '33',
  key: '36',
  string: '',
  number: '33',
  literal: '35',
};

/** Without colour: weight alone, the words carry the meaning. */
const weights: Partial<Record<Tone, string>> = { dim: '2' };

/** How a terminal line is made from spans. */
export type Paint = (spans: readonly Span[], look?: { selected?: boolean }) => string;

/** Makes terminal lines: with colour codes, or with bold, dim and inverse only. */
export function createPaint(color: boolean): Paint {
  const codeOf = (tone: Tone): string => (color ? colours[tone] : (weights[tone] ?? ''));
  return (spans, { selected = false } = {}) => {
    // A selected line is one calm bar; its words say what its colours said.
    if (selected) return sgr('7', spans.map(({ text }) => text).join(''));
    return spans.map((part) => paintSpan(part, part.tone ? codeOf(part.tone) : '')).join('');
  };
}

const paintSpan = ({ text, bold, inverse }: Span, code: string): string =>
  sgr([bold ? '1' : '', inverse ? '7' : '', code].filter((part) => part !== '').join(';'), text);

const sgr = (codes: string, text: string): string =>
  codes === '' || text === '' ? text : `\x1b[${codes}m${text}\x1b[0m`;
