import { keysOf } from '../view/keys.ts';
import { contextOf, type Notice, type ViewState } from '../view/state.ts';
import type { Tone } from '../view/text.ts';
import { fitSpans, graphemes, type Span, span, textWidth, visible, wrap } from '../view/text.ts';
import type { ScreenLine } from './screen.ts';

/** The foot of the screen: the filter being typed, a question, a notice, or the keys. */
export function footerLines(state: ViewState, width: number): ScreenLine[] {
  const { question, notice, filter } = state;
  if (question)
    return [
      line(
        [
          span(` ${question.text} `, 'warn', true),
          span('y', 'accent', true),
          span(' yes  '),
          span('n', 'accent', true),
          span(' no'),
        ],
        width,
      ),
    ];
  if (filter.editor && !state.sheet) return editorLines(state, width);
  return [notice ? line(noticeSpans(notice), width) : line(hints(state, width), width)];
}

const line = (spans: Span[], width: number): ScreenLine => ({ spans: fitSpans(spans, width) });

const tones: Record<Notice['tone'], Tone | undefined> = {
  plain: undefined,
  good: 'good',
  bad: 'bad',
  warn: 'warn',
};
const marks: Record<Notice['tone'], string> = { plain: '', good: '✓ ', bad: '✗ ', warn: '! ' };

const noticeSpans = ({ text, tone }: Notice): Span[] => [
  span(` ${marks[tone]}${visible(text)}`, tones[tone]),
];

/** As many hints as fit; help and quit always do. */
function hints(state: ViewState, width: number): Span[] {
  const all = keysOf(contextOf(state)).filter(({ row }) => row.hint !== undefined);
  const parts = all.map(({ keys, row }) => [span(` ${keys[0]}`, 'accent'), span(` ${row.hint} `, 'dim')]);
  const last = all.map(({ row }) => row.hint === 'help' || row.hint === 'quit');
  const size = (part: Span[]): number => part.reduce((sum, { text }) => sum + textWidth(text), 0);
  let left = width - parts.filter((_, i) => last[i]).reduce((sum, part) => sum + size(part), 0);
  return parts
    .filter((part, i) => {
      if (last[i]) return true;
      left -= size(part);
      return left >= 0;
    })
    .flat();
}

function editorLines({ filter }: ViewState, width: number): ScreenLine[] {
  const { text, cursor } = filter.editor!;
  const lead = ' / ';
  const { before, at, after } = aroundCursor(text, cursor, width - lead.length - 1);
  const hint = 'e.g. status:failed AND metadata.user_id:123 · Enter applies · Esc cancels';
  const { error } = filter;
  // The place of the error, where it is in sight.
  const column =
    error?.offset == null
      ? null
      : lead.length +
        textWidth(before) +
        textWidth(text.slice(0, error.offset)) -
        textWidth(text.slice(0, cursor));
  const caret = column !== null && column >= lead.length && column < width ? `${' '.repeat(column)}^` : '';
  const below =
    error === null
      ? [span(`   ${hint}`, 'dim')]
      : [span(`   ${wrap(visible(error.message), width - 3)[0]}`, 'bad')];
  return [
    { spans: [span(lead, 'accent', true), span(before), { text: at, inverse: true }, span(after)] },
    line([span(caret, 'bad', true)], width),
    line(below, width),
  ];
}

/** The part of a long line that is shown, with the cursor in it. */
function aroundCursor(
  text: string,
  cursor: number,
  width: number,
): { before: string; at: string; after: string } {
  const [first] = graphemes(text.slice(cursor));
  const at = first?.text ?? ' ';
  const all = [...graphemes(text.slice(0, cursor))];
  let used = textWidth(at);
  let start = all.length;
  while (start > 0 && used + all[start - 1]!.width <= width) used += all[--start]!.width;
  let after = '';
  for (const grapheme of graphemes(text.slice(cursor + (first?.text.length ?? 0)))) {
    used += grapheme.width;
    if (used > width) break;
    after += grapheme.text;
  }
  return {
    before: all
      .slice(start)
      .map((grapheme) => grapheme.text)
      .join(''),
    at,
    after,
  };
}
