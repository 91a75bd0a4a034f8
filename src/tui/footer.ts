import { formOf } from '../view/forms.ts';
import { keysOf } from '../view/keys.ts';
import { contextOf, type Notice, type ViewState } from '../view/state.ts';
import type { Tone } from '../view/tone.ts';
import { formLines } from './form.ts';
import { editorView } from './line-editor.ts';
import type { ScreenLine } from './screen.ts';
import { fitSpans, oneLine, type Span, span, textWidth, visible, wrap, wrapWords } from './text.ts';

/** The foot of the screen: a form, the filter being typed, a question, a notice, or the keys. */
export function footerLines(state: ViewState, width: number, height: number): ScreenLine[] {
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
  const last = notice ? noticeLines(notice, width) : [line(hints(state, width), width)];
  if (state.form && !state.sheet)
    return [...formLines(state, width, Math.max(3, height - leastAbove - last.length)), ...last];
  if (filter.editor && !state.sheet) return editorLines(state, width);
  return last;
}

/** Lines that a form leaves to what stands above it: the head of a low screen, and a few deliveries. */
const leastAbove = 6;

const line = (spans: Span[], width: number): ScreenLine => ({ spans: fitSpans(spans, width) });

const tones: Record<Notice['tone'], Tone | undefined> = {
  plain: undefined,
  good: 'good',
  bad: 'bad',
  warn: 'warn',
};
const marks: Record<Notice['tone'], string> = { plain: '', good: '✓ ', bad: '✗ ', warn: '! ' };

/** A notice; what the user may have to act on is not cut off at the end of a line. */
function noticeLines({ text, tone }: Notice, width: number): ScreenLine[] {
  const rows = tone === 'bad' || tone === 'warn' ? wrapWords(visible(text), width - 4) : [oneLine(text)];
  return rows.slice(0, 3).map((row, i) => {
    const lead = i === 0 ? ` ${marks[tone]}` : '   ';
    return line([span(`${lead}${row}${i === 2 && rows.length > 3 ? '…' : ''}`, tones[tone])], width);
  });
}

/** As many hints as fit; help and quit always do. */
function hints(state: ViewState, width: number): Span[] {
  const hinted = keysOf(contextOf(state)).filter(({ row }) => row.hint !== undefined);
  const { work } = state.status;
  const now = { work: work.length > 0, wait: work.some(({ nextAt }) => nextAt !== null) };
  const all = [
    ...hinted.filter(({ row }) => row.hintWhile !== undefined && now[row.hintWhile]),
    ...hinted.filter(({ row }) => row.hintWhile === undefined),
  ];
  // A form says itself what Enter does.
  const verb = state.form && !state.sheet ? formOf(state.form.state.id).verb : null;
  const parts = all.map(({ keys, row }) => [
    span(` ${keys[0]}`, 'accent'),
    span(` ${verb !== null && row.action.type === 'submit' ? verb : row.hint} `, 'dim'),
  ]);
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
  const lead = ' / ';
  const { spans, columnOf } = editorView(filter.editor!, width - lead.length - 1);
  const hint = 'e.g. status:failed AND metadata.user_id:123 · Enter applies · Esc cancels';
  const { error } = filter;
  // The place of the error, where it is in sight.
  const column = error?.offset == null ? null : columnOf(error.offset);
  const caret = column === null ? '' : `${' '.repeat(lead.length + column)}^`;
  const below =
    error === null
      ? [span(`   ${hint}`, 'dim')]
      : [span(`   ${wrap(visible(error.message), width - 3)[0]}`, 'bad')];
  return [
    { spans: [span(lead, 'accent', true), ...spans] },
    line([span(caret, 'bad', true)], width),
    line(below, width),
  ];
}
